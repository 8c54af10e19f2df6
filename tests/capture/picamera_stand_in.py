"""Stands in for picamera2 and libcamera in unit tests: the calls that the device makes, with 0.3.38's signatures.

It owns no truth: the contract suite on a Pi, and in the virtual machine, is run on the real ones, and compares the
signatures below with theirs.
"""

# ruff: noqa: ARG002, ARG004, PLR0913, PLR0917 - the arguments are the vendor's

import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

SENSOR_MODES: list[dict[str, Any]] = [
    {"format": "SRGGB10", "bit_depth": 10, "size": (640, 480), "fps": 206.65, "crop_limits": (1000, 752, 1280, 960)},
    {"format": "SRGGB10", "bit_depth": 10, "size": (1640, 1232), "fps": 41.85, "crop_limits": (0, 0, 3280, 2464)},
    {"format": "SRGGB10", "bit_depth": 10, "size": (1920, 1080), "fps": 47.57, "crop_limits": (680, 692, 1920, 1080)},
    {"format": "SRGGB10", "bit_depth": 10, "size": (3280, 2464), "fps": 21.19, "crop_limits": (0, 0, 3280, 2464)},
]
"""What picamera2 tells of a Camera Module 2, the IMX219."""
TUNING: dict[str, Any] = {
    "version": 2.0,
    "algorithms": [
        {
            "rpi.agc": {
                "exposure_modes": {"normal": {"shutter": [100, 10000, 30000, 60000], "gain": [1.0, 2.0, 4.0, 8.0]}}
            }
        }
    ],
}


class Transform:
    """libcamera's, as far as it is used."""

    def __init__(self, hflip: bool = False, vflip: bool = False, transpose: bool = False) -> None:
        self.hflip, self.vflip, self.transpose = hflip, vflip, transpose


class ColorSpace:
    """libcamera's, as far as it is used."""

    @staticmethod
    def Smpte170m() -> str:  # noqa: N802 - the vendor's name
        """BT.601, limited range."""
        return "SMPTE170M"


class Request:
    """A completed request over plain memory."""

    def __init__(self, buffers: dict[str, NDArray[np.uint8]], metadata: dict[str, Any]) -> None:
        self.buffers, self._metadata = buffers, metadata
        self.users = 1

    def acquire(self) -> None:
        """One user more."""
        self.users += 1

    def release(self) -> None:
        """One user less."""
        assert self.users > 0
        self.users -= 1

    def get_metadata(self) -> dict[str, Any]:
        """What the camera tells of the picture."""
        return self._metadata


class MappedArray:
    """A stream's buffer as a flat array while the context lasts."""

    def __init__(self, request: Request, stream: str, reshape: bool = True, write: bool = True) -> None:
        assert not reshape
        self.array: NDArray[np.uint8] = request.buffers[stream]
        self.array.flags.writeable = write

    def __enter__(self) -> "MappedArray":
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, exc_traceback: Any) -> None:
        del self.array


class Picamera2:
    """A Camera Module 2 whose pictures are pushed by the test."""

    cameras: tuple[dict[str, Any], ...] = ({"Model": "imx219", "Num": 0},)
    fault: Exception | None = None
    """Raised where the real one opens its camera."""
    opened: "list[Picamera2]" = []  # noqa: RUF012 - made anew by ``installed``
    padding = 32
    """Bytes behind each luma row."""
    close_hook: Callable[[], None] = staticmethod(lambda: None)

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        """All cameras there are."""
        return list(Picamera2.cameras)

    @staticmethod
    def load_tuning_file(tuning_file: str, dir: str | None = None) -> dict[str, Any]:
        """One file is installed."""
        if tuning_file != "imx219.json":
            raise RuntimeError("Tuning file not found")
        return TUNING

    def __init__(
        self, camera_num: int = 0, verbose_console: Any = None, tuning: Any = None, allocator: Any = None
    ) -> None:
        if Picamera2.fault is not None:
            raise RuntimeError("Camera __init__ sequence did not complete.") from Picamera2.fault
        self.camera_num, self.tuning = camera_num, tuning
        self.camera_properties: dict[str, Any] = {"Model": "imx219", "ColorFilterArrangement": 0}
        self.camera_controls: dict[str, tuple[Any, Any, Any]] = {
            "FrameDurationLimits": (23895, 11767556, None),
            "AwbEnable": (False, True, None),
            "AwbMode": (0, 7, 0),
            "Saturation": (0.0, 32.0, 1.0),
        }
        self.sensor_modes = SENSOR_MODES
        self.pre_callback: Callable[[Request], None] | None = None
        self.post_callback: Callable[[Request], None] | None = None
        self.encoders: set[Any] = set()
        self.controls: dict[str, Any] = {}
        self.wanted: dict[str, Any] = {}
        self.is_started = self.is_closed = False
        Picamera2.opened.append(self)

    def create_video_configuration(
        self,
        main: Any = {},  # noqa: B006 - the vendor's own
        lores: Any = None,
        raw: Any = {},  # noqa: B006
        transform: Any = None,
        colour_space: Any = None,
        buffer_count: int = 6,
        controls: Any = {},  # noqa: B006
        display: Any = "main",
        encode: Any = "main",
        queue: bool = True,
        sensor: Any = {},  # noqa: B006
        use_case: str = "video",
    ) -> dict[str, Any]:
        """What is asked for."""
        return {"main": main, "lores": lores, "transform": transform, "controls": controls, "sensor": sensor}

    def configure(self, camera_config: Any = None) -> None:
        """Take it, with rows padded."""
        self.wanted = camera_config
        self.controls = dict(camera_config["controls"])

    def camera_configuration(self) -> dict[str, Any]:
        """What came of it."""
        return {
            name: {**self.wanted[name], "stride": self.wanted[name]["size"][0] + Picamera2.padding}
            for name in ("main", "lores")
            if self.wanted[name]
        }

    def start(self, config: Any = None, show_preview: Any = False) -> None:
        """Pictures come from now on."""
        self.is_started = True

    def set_controls(self, controls: dict[str, Any]) -> None:
        """From the next picture on."""
        assert controls.keys() <= self.camera_controls.keys()
        self.controls |= controls

    def start_encoder(
        self, encoder: Any = None, output: Any = None, pts: Any = None, quality: Any = None, name: Any = None
    ) -> None:
        """The encoder gets every picture of a stream."""
        encoder.output, encoder.name = output, name
        self.encoders.add(encoder)

    def stop_encoder(self, encoders: Any = None) -> None:
        """No more packets."""
        self.encoders.clear()

    def close(self) -> None:
        """Gone."""
        Picamera2.close_hook()
        self.is_closed = True

    def push(self, luma: int, metadata: dict[str, Any] | None = None) -> Request:
        """A picture comes, of one grey and as the sensor delivers it: padded by another."""
        buffers = {}
        for name, told in self.camera_configuration().items():
            width, height = told["size"]
            rows = np.full((height * 3 // 2, told["stride"]), 255, np.uint8)
            rows[:height, :width] = luma
            chroma = rows[height:].reshape(height, -1)
            chroma[:, : width // 2] = 128
            buffers[name] = rows.reshape(-1)
        request = Request(buffers, metadata or {})
        if self.pre_callback is not None:
            self.pre_callback(request)
        if self.post_callback is not None:
            self.post_callback(request)
        request.release()
        return request


class Output:
    """picamera2's base of outputs."""

    def outputframe(
        self, frame: Any, keyframe: bool = True, timestamp: Any = None, packet: Any = None, audio: bool = False
    ) -> None:
        """Take a packet."""


class H264Encoder:
    """picamera2's encoder on the board."""

    def __init__(
        self,
        bitrate: Any = None,
        repeat: bool = True,
        iperiod: Any = None,
        framerate: Any = None,
        enable_sps_framerate: bool = False,
        qp: Any = None,
        profile: Any = None,
    ) -> None:
        self.bitrate, self.repeat, self.iperiod = bitrate, repeat, iperiod
        self.framerate = framerate
        self.firsttimestamp: int | None = None
        self.output: Any = None
        self.name = ""
        self.forced = 0

    def force_key_frame(self) -> None:
        """The next picture is a keyframe."""
        self.forced += 1


class LibavH264Encoder(H264Encoder):
    """picamera2's encoder in software."""

    def __init__(
        self,
        bitrate: Any = None,
        repeat: bool = True,
        iperiod: Any = 30,
        framerate: Any = 30,
        qp: Any = None,
        profile: Any = None,
    ) -> None:
        super().__init__(bitrate, repeat, iperiod, framerate)


@contextmanager
def installed(patch: pytest.MonkeyPatch) -> Iterator[type[Picamera2]]:
    """The stand-in where the device looks for the real one."""
    contents: dict[str, dict[str, Any]] = {
        "libcamera": {"Transform": Transform, "ColorSpace": ColorSpace},
        "picamera2": {"Picamera2": Picamera2, "MappedArray": MappedArray},
        "picamera2.outputs": {"Output": Output},
        "picamera2.encoders": {},
        "picamera2.encoders.h264_encoder": {"H264Encoder": H264Encoder},
        "picamera2.encoders.libav_h264_encoder": {"LibavH264Encoder": LibavH264Encoder},
    }
    for name, attributes in contents.items():
        module = types.ModuleType(name)
        module.__dict__.update(attributes)
        patch.setitem(sys.modules, name, module)
    patch.setattr(Picamera2, "opened", [])
    yield Picamera2
