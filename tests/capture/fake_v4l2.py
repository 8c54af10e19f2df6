"""A kernel with one video device, made of answers to ioctl calls. Holds no test."""

import errno
import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from device.capture import v4l2_abi as abi

T = TypeVar("T")
BUFFER_BYTES = mmap.PAGESIZE * 8
Mode = tuple[str, int, int, tuple[int, ...]]
"""Format, width, height, rates: as ``v4l2-ctl --list-formats-ext`` prints them."""


@dataclass
class FakeKernel:
    """Answers ``V4l2Device`` as a driver would; its memory is a file."""

    path: Path
    modes: tuple[Mode, ...]
    pictures: list[NDArray[np.uint8]] = field(default_factory=list)
    capabilities: int = abi.CAP_CAPTURE | abi.CAP_STREAMING
    fails: dict[int, int] = field(default_factory=dict)
    """Call -> error number."""
    padding: int = 0
    monotonic_t: float | None = 1234.5
    damaged: frozenset[int] = frozenset()
    ready: int = 1
    """Pictures that lie there when it is asked."""
    given: int = 0
    asked_fps: float = 0.0
    buffer_bytes: int = BUFFER_BYTES
    queued: list[int] = field(default_factory=list)
    _left: int = 0
    _granted: tuple[str, int, int] = ("", 0, 0)

    def __post_init__(self) -> None:
        self.path.write_bytes(bytes(4 * self.buffer_bytes))

    def ioctl(self, _: int, call: int, found: object) -> None:  # noqa: C901 - a table of answers
        """Answer a call."""
        if call in self.fails:
            raise OSError(self.fails[call], os.strerror(self.fails[call]))
        match call, found:
            case abi.QUERYCAP, abi.Capability():
                found.card, found.capabilities = b"Fake", self.capabilities
            case abi.ENUM_FMT, abi.FormatDescription():
                names = list(dict.fromkeys(mode[0] for mode in self.modes))
                found.pixelformat = abi.fourcc(_nth(names, found.index))
            case abi.ENUM_FRAMESIZES, abi.FrameSize():
                sizes = [mode[1:3] for mode in self.modes if abi.fourcc(mode[0]) == found.pixel_format]
                found.type = abi.DISCRETE
                found.values[0], found.values[1] = _nth(sizes, found.index)
            case abi.ENUM_FRAMEINTERVALS, abi.FrameInterval():
                here = (abi.name_of(found.pixel_format), found.width, found.height)
                rates = [rate for mode in self.modes if mode[:3] == here for rate in mode[3]]
                found.type = abi.DISCRETE
                found.values[0], found.values[1] = 1, _nth(rates, found.index)
            case abi.S_FMT, abi.Format():
                self._grant(found.fmt.pix)
            case abi.S_PARM, abi.CaptureParameters():
                self.asked_fps = found.denominator / found.numerator
            case abi.QUERYBUF, abi.Buffer():
                found.length, found.offset = self.buffer_bytes, found.index * self.buffer_bytes
            case abi.QBUF, abi.Buffer():
                self.queued.append(found.index)
            case abi.DQBUF, abi.Buffer():
                self._fill(found)
            case _:
                pass

    def _grant(self, pix: abi.PixelFormat) -> None:
        name = abi.name_of(pix.pixelformat)
        self._granted = (name, pix.width, pix.height)
        pix.bytesperline = {"YUYV": 2, "YU12": 1}.get(name, 0) * pix.width + self.padding

    def _fill(self, buffer: abi.Buffer) -> None:
        if not self._left:
            self._left = self.ready
            raise BlockingIOError(errno.EAGAIN, "nothing yet")
        self._left -= 1
        picture = self.pictures[self.given % len(self.pictures)]
        buffer.index, buffer.sequence, buffer.bytesused = self.queued.pop(0), self.given, picture.size
        buffer.flags = abi.FLAG_ERROR if self.given in self.damaged else 0
        if self.monotonic_t is not None:
            buffer.flags |= abi.FLAG_MONOTONIC
            t = self.monotonic_t + self.given / 10
            buffer.seconds, buffer.microseconds = int(t), round(t % 1 * 1e6)
        with self.path.open("r+b") as memory:
            memory.seek(buffer.index * self.buffer_bytes)
            memory.write(picture.tobytes())
        self.given += 1


def _nth(items: Sequence[T], index: int) -> T:
    if index >= len(items):
        raise OSError(errno.EINVAL, "the list is over")
    return items[index]
