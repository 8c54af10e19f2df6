"""What a camera's process is asked for, and the same as text for its way there. Opens nothing, checks no device."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from device.capture.mode import Mode

Polygon = Sequence[tuple[float, float]]
"""Corners in fractions of the picture."""


@dataclass(frozen=True, slots=True)
class PiWish:
    """What only the Pi's own camera can do; None = as the camera decides."""

    exposure_max_s: float | None = None
    gain_max: float | None = None
    white_balance: str | None = None
    """A name of picamera2: auto, tungsten, fluorescent, indoor, daylight, cloudy."""
    night: Literal["auto", "day", "night"] = "auto"
    night_below_lux: float = 10.0
    """A lit shop has some 300 lux, a street at night some 10."""
    day_above_lux: float = 40.0
    ir_cut_pin: int | None = None
    """GPIO number of the infrared-cut filter; None where there is none."""
    tuning_file: str | None = None
    record_scale: float = 2.0
    """How many times wider and higher than the pictures the recording is."""


@dataclass(frozen=True, slots=True)
class PictureWish:
    """Size, rate and turn of the pictures; None = the source's own choice."""

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    rotation: int = 0
    """Degrees clockwise by which the picture is turned: 0, 90, 180, 270."""
    pi: PiWish = PiWish()


@dataclass(frozen=True, slots=True)
class RecordWish:
    """How packets for the recorder are made."""

    how: Literal["off", "copy", "encode", "auto"] = "off"
    """auto: copied where the source has packets and nothing is masked, else encoded."""
    bit_rate: int = 1_500_000
    """Bits per second, where packets are encoded."""
    keyframe_s: float = 1.0
    """Time from one keyframe to the next, where packets are encoded."""


@dataclass(frozen=True, slots=True)
class CameraRequest:
    """Everything that the process of a camera needs to know when it starts."""

    source: str
    """A ``source`` line of the configuration; may hold a password."""
    mode: Mode = Mode.LIVE
    masks: tuple[Polygon, ...] = ()
    """Blackened always."""
    extra_masks: Mapping[str, tuple[Polygon, ...]] = field(default_factory=dict)
    """Blackened while the set of that name is in force, as in an armed state; beside ``masks``."""
    extra_in_force: str = ""
    """Name of the set in force at the start; empty = none."""
    slots: int = 4
    """Pictures that exist at one time."""
    source_small: str | None = None
    """A second stream of the same camera, from which the pictures are taken; packets come from ``source``."""
    picture: PictureWish = PictureWish()
    record: RecordWish = RecordWish()

    @property
    def is_masked(self) -> bool:
        """Whether anything is ever blackened."""
        return bool(self.masks) or any(self.extra_masks.values())

    @property
    def copies_packets(self) -> bool:
        """Whether packets of a stream may go to the recorder as they come: they cannot be masked, and not be turned."""
        return self.record.how in {"copy", "auto"} and not self.is_masked and not self.picture.rotation

    def polygons(self, number: int) -> tuple[Polygon, ...]:
        """All masks while the extra set of that number is in force: 0 = none, else in the order of ``extra_masks``."""
        return self.masks + ((), *self.extra_masks.values())[number]

    def set_number(self, name: str) -> int:
        """The number of a set of extra masks; 0 for the empty name.

        Raises:
            ValueError: there is no such set.
        """
        names = ("", *self.extra_masks)
        if name not in names:
            raise ValueError(f"no set of masks is called {name!r}")
        return names.index(name)


def encode_request(request: CameraRequest) -> str:
    """A request as JSON."""
    return json.dumps(asdict(request))


def decode_request(text: str) -> CameraRequest:
    """The request that was encoded.

    Raises:
        ValueError: this is no request.
    """
    try:
        values = json.loads(text)
        picture = dict(values.pop("picture"))
        return CameraRequest(
            mode=Mode(values.pop("mode")),
            masks=_polygons(values.pop("masks")),
            extra_masks={name: _polygons(found) for name, found in values.pop("extra_masks").items()},
            picture=PictureWish(pi=PiWish(**picture.pop("pi")), **picture),
            record=RecordWish(**values.pop("record")),
            **values,
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"no request to a camera: {fault}") from fault


def _polygons(found: Any) -> tuple[Polygon, ...]:
    return tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in found)
