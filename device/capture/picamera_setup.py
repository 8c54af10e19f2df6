"""What is asked of the Pi's camera: sizes, sensor mode, turn, controls. Pure; knows no vendor, opens nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from device.capture.request import PictureWish, RecordWish

_USUAL_SIZE_PX = (640, 480)  # 4:3 as the sensors are, and all that a 416 px detector can use
_USUAL_FPS = 15.0
_MAX_RECORD_PX = (1920, 1080)  # what the encoder of a Pi 4 can take
_FULL_VIEW_FRAC = 0.95  # sensor modes that round their crop still see the whole picture
_WHITE_BALANCE = ("auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy")  # AwbModeEnum
_CONTINUOUS_FOCUS = 2  # AfModeEnum.Continuous


@dataclass(frozen=True, slots=True)
class SensorMode:
    """One way in which the sensor can be read."""

    width: int
    height: int
    bit_depth: int
    fps: float
    """The most that it gives."""
    is_whole: bool
    """Whether it sees all that the lens shows, or cuts the middle out."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Which streams are asked for; before the picture is turned."""

    main: tuple[int, int]
    """Size of the stream that is recorded, or of the only one, px."""
    lores: tuple[int, int] | None
    """Size of the pictures for gate and detector, px; None = they come from ``main``."""
    fps: float
    is_half_turned: bool
    """Turned by 180 degrees by the sensor, at no cost."""
    quarter_turns: int
    """Turns to the left that are left to whoever copies the picture: 0, 1 or 3."""

    @property
    def pictures(self) -> str:
        """Name of the stream for gate and detector."""
        return "lores" if self.lores else "main"


def make_setup(wish: PictureWish, record: RecordWish) -> Setup:
    """Streams for what is wished.

    Both have one aspect ratio, because the image processor squeezes the small one into shape. Packets are made only of
    pictures that need no quarter turn: the encoder cannot turn them.
    """
    upright = _picture_size(wish)
    quarter_turns = {90: 3, 270: 1}.get(wish.rotation, 0)
    pictures = (upright[1], upright[0]) if quarter_turns else upright
    has_packets = record.how in {"copy", "auto"} and not quarter_turns
    main = _scaled(pictures, wish.pi.record_scale) if has_packets else pictures
    return Setup(
        main=main,
        lores=pictures if has_packets else None,
        fps=wish.fps or _USUAL_FPS,
        is_half_turned=wish.rotation == 180,
        quarter_turns=quarter_turns,
    )


def read_modes(found: Sequence[Mapping[str, Any]]) -> tuple[SensorMode, ...]:
    """The sensor's modes as picamera2 tells them; entries without a size, as of USB cameras, are left out."""
    told = [mode for mode in found if {"size", "fps", "bit_depth"} <= mode.keys()]
    views = [_view_px(mode) for mode in told]
    widest = max(views, default=0)
    return tuple(
        SensorMode(width, height, mode["bit_depth"], mode["fps"], view >= _FULL_VIEW_FRAC * widest)
        for mode, (width, height), view in zip(told, (mode["size"] for mode in told), views, strict=True)
    )


def choose_mode(modes: Sequence[SensorMode], size: tuple[int, int], fps: float) -> SensorMode | None:
    """The smallest mode that sees everything and is big and fast enough; the nearest to that if none is.

    Left alone the vendor takes the one nearest in size: on many sensors a cut-out of a quarter of the view.
    """
    return min(
        modes,
        key=lambda mode: (
            mode.fps < fps * 0.99,  # sensors tell 29.97 where they mean 30
            not mode.is_whole,
            max(0, size[0] - mode.width) + max(0, size[1] - mode.height),
            mode.width * mode.height,
            -mode.bit_depth,
        ),
        default=None,
    )


def start_controls(wish: PictureWish, fps: float, offered: Collection[str]) -> dict[str, Any]:
    """The controls at the start, of those that this camera has."""
    wanted: dict[str, Any] = {"FrameDurationLimits": frame_duration_us(fps)}
    if wish.pi.white_balance is not None:
        wanted |= {"AwbEnable": True, "AwbMode": _WHITE_BALANCE.index(wish.pi.white_balance)}
    wanted["AfMode"] = _CONTINUOUS_FOCUS
    return {name: value for name, value in wanted.items() if name in offered}


def frame_duration_us(fps: float, longest_s: float = 0.0) -> tuple[int, int]:
    """Least and most time from picture to picture, microseconds.

    Args:
        fps: pictures a second.
        longest_s: what an exposure may take in the dark; pictures come more slowly then.
    """
    usual = round(1e6 / fps)
    return usual, max(usual, round(longest_s * 1e6))


def _picture_size(wish: PictureWish) -> tuple[int, int]:
    match (wish.width, wish.height):
        case (None, None):
            width, height = _USUAL_SIZE_PX
        case (None, int() as height):
            width = height * 4 // 3
        case (int() as width, None):
            height = width * 3 // 4
        case (width, height):
            pass
    return width // 2 * 2, height // 2 * 2


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """So many times the size, or as much of it as can be encoded."""
    fitting = min(scale, *(most / px for most, px in zip(_MAX_RECORD_PX, size, strict=True)))
    width, height = (round(px * max(1.0, fitting) / 2) * 2 for px in size)
    return width, height


def _view_px(mode: Mapping[str, Any]) -> int:
    *_, width, height = mode.get("crop_limits", (0, 0, *mode["size"]))
    return int(width) * int(height)
