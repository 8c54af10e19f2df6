"""A video device of the kernel: its offers, its buffers, its errors in words. Does not choose and does not convert."""

import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import select
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from device.capture import v4l2_abi as abi
from device.capture.planes import Plane
from device.capture.v4l2_choice import STANDARD_SIZES, Offer
from device.errors import CameraError

_BUFFERS = 4  # one is filled, one waits, one is read, one to spare
_MOST = 64  # of formats, sizes, rates: a driver that never ends its list is broken


@dataclass(frozen=True, slots=True)
class Granted:
    """What the driver agreed to."""

    name: str
    width: int
    height: int
    row_bytes: int
    full_range: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """A buffer with a picture in it, until it is queued again."""

    index: int
    data: Plane
    t: float | None
    """When it was taken, monotonic s; None where the driver has another clock."""
    sequence: int
    damaged: bool


class V4l2Device:
    """One device, opened. The ``ioctl`` can be another one than the system's, for tests."""

    def __init__(self, path: str, ioctl: abi.Ioctl = fcntl.ioctl) -> None:
        self._path, self._ioctl = path, ioctl
        self._maps: list[mmap.mmap] = []
        self._file = -1
        with self._errors():
            self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._check()

    def offers(self) -> tuple[Offer, ...]:
        """Every format, size and highest rate that the driver lists.

        Raises:
            CameraError: the device has gone.
        """
        found: list[Offer] = []
        for index in range(_MOST):
            wanted = abi.FormatDescription(index=index, type=abi.CAPTURE)
            if not self._asked(abi.ENUM_FMT, wanted):
                break
            for width, height in self._sizes(wanted.pixelformat):
                rate = self._best_rate(wanted.pixelformat, width, height)
                found.append(Offer(abi.name_of(wanted.pixelformat), width, height, rate))
        return tuple(found)

    def configure(self, offer: Offer, fps: float | None) -> Granted:
        """Ask for this; what the driver made of it.

        Raises:
            CameraError: it is in use, or refuses.
        """
        asked = abi.Format(type=abi.CAPTURE)
        pix = asked.fmt.pix
        pix.width, pix.height, pix.pixelformat, pix.field = offer.width, offer.height, abi.fourcc(offer.name), 0
        with self._errors():
            self._ioctl(self._file, abi.S_FMT, asked)
        if fps:
            # Not every driver can: then pictures come at its own rate.
            self._asked(
                abi.S_PARM, abi.CaptureParameters(type=abi.CAPTURE, numerator=1000, denominator=round(fps * 1000))
            )
        full = pix.quantization == abi.QUANTIZATION_FULL
        return Granted(abi.name_of(pix.pixelformat), pix.width, pix.height, pix.bytesperline, full)

    def start(self) -> None:
        """Share buffers with the driver, and let it fill them.

        Raises:
            CameraError: it is in use, or has no memory.
        """
        with self._errors():
            wanted = abi.BufferRequest(count=_BUFFERS, type=abi.CAPTURE, memory=abi.MMAP)
            self._ioctl(self._file, abi.REQBUFS, wanted)
            for index in range(wanted.count):
                buffer = abi.Buffer(index=index, type=abi.CAPTURE, memory=abi.MMAP)
                self._ioctl(self._file, abi.QUERYBUF, buffer)
                self._maps.append(mmap.mmap(self._file, buffer.length, mmap.MAP_SHARED, offset=buffer.offset))
                self._ioctl(self._file, abi.QBUF, buffer)
            self._ioctl(self._file, abi.STREAMON, ctypes.c_int(abi.CAPTURE))

    def newest(self, timeout_s: float) -> Filled:
        """The newest picture; those that it overtook are given back.

        Raises:
            CameraError: none came in time, or the device has gone.
        """
        filled = self._filled()
        if filled is None:
            poll = select.poll()
            poll.register(self._file, select.POLLIN | select.POLLERR)
            if not poll.poll(timeout_s * 1000):
                raise CameraError(f"{self._path}: no picture for {timeout_s:g} s; unplug it and plug it in again")
            filled = self._filled()
        while filled is not None:
            newer = self._filled()
            if newer is None:
                return filled
            self.give_back(filled)
            filled = newer
        raise CameraError(f"{self._path}: gives no pictures any more; is it still plugged in?")

    def give_back(self, filled: Filled) -> None:
        """Let the driver fill a buffer again.

        Raises:
            CameraError: the device has gone.
        """
        buffer = abi.Buffer(index=filled.index, type=abi.CAPTURE, memory=abi.MMAP)
        with self._errors():
            self._ioctl(self._file, abi.QBUF, buffer)

    def close(self) -> None:
        """Let go of it; twice as well."""
        if self._file < 0:
            return
        self._asked(abi.STREAMOFF, ctypes.c_int(abi.CAPTURE))
        self._maps.clear()  # a picture that is still looked at keeps its memory
        os.close(self._file)
        self._file = -1

    def _check(self) -> None:
        found = abi.Capability()
        try:
            with self._errors():
                self._ioctl(self._file, abi.QUERYCAP, found)
            able = found.device_caps if found.capabilities & abi.CAP_DEVICE_CAPS else found.capabilities
            if not able & abi.CAP_CAPTURE or not able & abi.CAP_STREAMING:
                hint = "use picamera2 for a ribbon camera" if able & abi.CAP_CAPTURE_MPLANE else "use another node"
                card = bytes(found.card).decode(errors="replace")
                raise CameraError(f"{self._path}: {card!r} gives no pictures here; {hint} of {_nodes()}")
        except CameraError:
            self.close()
            raise

    def _filled(self) -> Filled | None:
        buffer = abi.Buffer(type=abi.CAPTURE, memory=abi.MMAP)
        try:
            self._ioctl(self._file, abi.DQBUF, buffer)
        except BlockingIOError:
            return None
        except OSError as fault:
            raise self._translated(fault) from fault
        data = np.frombuffer(self._maps[buffer.index], np.uint8)[: buffer.bytesused]
        is_monotonic = buffer.flags & abi.FLAG_CLOCK == abi.FLAG_MONOTONIC
        t = buffer.seconds + buffer.microseconds / 1e6 if is_monotonic else None
        return Filled(buffer.index, data, t, buffer.sequence, bool(buffer.flags & abi.FLAG_ERROR))

    def _sizes(self, pixel_format: int) -> list[tuple[int, int]]:
        sizes = []
        for index in range(_MOST):
            found = abi.FrameSize(index=index, pixel_format=pixel_format)
            if not self._asked(abi.ENUM_FRAMESIZES, found):
                break
            width, height, *rest = found.values
            if found.type != abi.DISCRETE:
                # From, to, step of the width, then of the height.
                low, high = (width, rest[1]), (height, rest[2])
                return [s for s in STANDARD_SIZES if low[0] <= s[0] <= high[0] and low[1] <= s[1] <= high[1]]
            sizes.append((width, height))
        return sizes

    def _best_rate(self, pixel_format: int, width: int, height: int) -> float:
        best = 0.0
        for index in range(_MOST):
            found = abi.FrameInterval(index=index, pixel_format=pixel_format, width=width, height=height)
            if not self._asked(abi.ENUM_FRAMEINTERVALS, found):
                break
            numerator, denominator = found.values[0], found.values[1]
            best = max(best, denominator / numerator if numerator else 0.0)
            if found.type != abi.DISCRETE:
                break  # the shortest interval of a range comes first
        return best

    def _asked(self, call: int, structure: "ctypes.Structure | ctypes.c_int") -> bool:
        """Whether the driver answers: a list has an end, and not everything can be set."""
        try:
            self._ioctl(self._file, call, structure)
        except OSError as fault:
            if fault.errno in {errno.EINVAL, errno.ENOTTY, errno.EBUSY, errno.ENODEV, errno.EIO}:
                return False
            raise self._translated(fault) from fault
        return True

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise self._translated(fault) from fault

    def _translated(self, fault: OSError) -> CameraError:
        match fault.errno:
            case errno.ENOENT | errno.ENXIO | errno.ENODEV if self._file < 0:
                why = f"there is no such device; there are: {_nodes()}"
            case errno.EACCES | errno.EPERM:
                why = "may not be opened; add the user to the group video"
            case errno.EBUSY:
                why = "is in use by another program; stop it (motion, a browser, a second Shopwarden)"
            case errno.ENODEV | errno.ENXIO | errno.EIO:
                why = "has been unplugged, or its driver has failed"
            case errno.ENOTTY:
                why = "is no video device"
            case _:
                why = fault.strerror or "does not work"
        return CameraError(f"{self._path}: {why}")


def _nodes() -> str:
    return ", ".join(sorted(str(node) for node in Path("/dev").glob("video*"))) or "none; is the camera plugged in?"
