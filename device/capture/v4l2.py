"""Pictures from a USB camera, or whatever else has a /dev/video node. Does not talk to the kernel itself."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from device.capture.mode import Mode
from device.capture.planes import Plane, i420_planes
from device.capture.request import CameraRequest
from device.capture.v4l2_choice import choose, listed
from device.capture.v4l2_device import Filled, Granted, V4l2Device
from device.capture.yuyv import write_planar, write_yuyv
from device.core.stamp import Stamp
from device.errors import CameraError

if TYPE_CHECKING:
    from device.capture.jpeg import JpegDecoder
    from device.ports import Clock  # at run time it would bring OpenCV into the camera's process

_PATIENCE_S = 5.0
"""A web camera needs two seconds to begin; ``camera_lost`` is told within ten."""


class V4l2Source:
    """Implements ``device.ports.Source``; the newest picture wins here already, before any work is done on it."""

    def __init__(
        self, path: str, request: CameraRequest, clock: "Clock", make_device: Callable[[str], V4l2Device] = V4l2Device
    ) -> None:
        self._path, self._wish, self._clock, self._make_device = path, request.picture, clock, make_device
        self._live = request.mode is Mode.LIVE
        self._turns = -(request.picture.rotation // 90) % 4
        self._device: V4l2Device | None = None
        self._granted: Granted | None = None
        self._decoder: JpegDecoder | None = None
        self._filled: Filled | None = None
        self._seq = -1
        self._sequence: int | None = None
        self._last_t: float | None = None
        self._first_t = 0.0
        self._faults = 0

    def open(self) -> tuple[int, int]:
        """Agree on a format and start; the size of the upright pictures.

        Raises:
            CameraError: it is not there, in use, or offers nothing that can be read.
        """
        self._device = device = self._make_device(self._path)
        offers = device.offers()
        chosen = choose(offers, self._wish)
        if chosen is None:
            raise CameraError(f"{self._path}: offers nothing that can be read here: {listed(offers)}")
        self._granted = granted = device.configure(chosen, self._wish.fps)
        if granted.name not in {"YUYV", "YU12", "MJPG", "JPEG"} or granted.width < 2 or granted.height < 2:
            got = f"{granted.name} {granted.width}x{granted.height}"
            raise CameraError(f"{self._path}: was asked for {chosen.name} and gives {got}; it offers {listed(offers)}")
        if granted.name in {"MJPG", "JPEG"}:
            from device.capture.jpeg import JpegDecoder  # noqa: PLC0415 - FFmpeg is 18 MB that plain pictures do not need

            self._decoder = JpegDecoder(self._wish.rotation)
        device.start()
        width, height = granted.width // 2 * 2, granted.height // 2 * 2
        return (height, width) if self._turns % 2 else (width, height)

    def grab(self) -> Stamp:
        """Wait for the next whole picture.

        Raises:
            CameraError: the camera has gone or gives nothing.
        """
        deadline = self._clock.monotonic() + _PATIENCE_S
        while self._clock.monotonic() < deadline:
            filled = self._next()
            self._count(filled.sequence)
            if self._is_whole(filled):
                return self._stamp(filled.t)
            self._faults += 1
        raise CameraError(f"{self._path}: every picture for {_PATIENCE_S:g} s was damaged; use another cable or port")

    def copy_to(self, i420: Plane) -> None:
        """Write the grabbed picture, upright, straight from the driver's buffer or the decoder's picture."""
        if self._filled is None or self._granted is None:
            raise CameraError(f"{self._path}: no picture has been grabbed")
        granted = self._granted
        size = granted.width // 2 * 2, granted.height // 2 * 2
        if self._decoder is not None:
            self._decoder.write(i420)
        elif granted.name == "YUYV":
            write_yuyv(self._filled.data, granted.row_bytes or granted.width * 2, size, self._turns, i420)
        else:
            write_planar(self._filled.data, granted.row_bytes or granted.width, size, self._turns, i420)
        if granted.full_range and self._decoder is None:
            _limit(i420)

    def faults(self) -> int:
        """Pictures that came damaged."""
        return self._faults

    def close(self) -> None:
        """Let go of the device."""
        self._filled = None
        device, self._device = self._device, None
        if device is not None:
            device.close()

    def _next(self) -> Filled:
        if self._device is None:
            raise CameraError(f"{self._path}: is closed")
        if self._filled is not None:
            before, self._filled = self._filled, None
            self._device.give_back(before)
        self._filled = self._device.newest(_PATIENCE_S)
        return self._filled

    def _is_whole(self, filled: Filled) -> bool:
        if filled.damaged or self._granted is None:
            return False
        if self._decoder is not None:
            return self._decoder.decode(filled.data)
        granted = self._granted
        row_bytes = granted.row_bytes or granted.width * (2 if granted.name == "YUYV" else 1)
        rows = granted.height if granted.name == "YUYV" else granted.height * 3 // 2
        return filled.data.size >= row_bytes * rows

    def _count(self, sequence: int) -> None:
        """The driver counts what it had to drop, too."""
        gap = 1 if self._sequence is None else sequence - self._sequence
        self._seq += gap if 1 <= gap < 1000 else 1
        self._sequence = sequence
        if self._last_t is None:
            self._seq = 0

    def _stamp(self, t: float | None) -> Stamp:
        now = self._clock.monotonic()
        # A driver whose stamps are not of the last seconds has another clock.
        t = now if t is None or not now - 2 * _PATIENCE_S < t <= now else t
        if self._last_t is None:
            self._first_t = t
        else:
            t = max(t, self._last_t + 0.0005)
        self._last_t = t
        if not self._live:
            return Stamp(self._seq, t - self._first_t, None)
        return Stamp(self._seq, t, self._clock.wall() - (now - t) if self._clock.synced() else None)


def _limit(i420: Plane) -> None:
    """From full to limited range, in place."""
    luma, *chroma = i420_planes(i420)
    luma[...] = _LIMITED_LUMA[luma]
    for plane in chroma:
        plane[...] = _LIMITED_CHROMA[plane]


_FULL = np.arange(256, dtype=np.float32)
_LIMITED_LUMA = np.rint(_FULL * np.float32(219 / 255) + 16).astype(np.uint8)
_LIMITED_CHROMA = np.rint((_FULL - 128) * np.float32(224 / 255) + 128).astype(np.uint8)
