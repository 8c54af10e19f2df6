"""Memory that two processes share, divided into slots of one picture each. Does not know which slot is free."""

import fcntl
import mmap
import os

import numpy as np
from numpy.typing import NDArray

from device.capture.planes import Plane
from device.errors import CameraError


def create_memory(name: str) -> int:
    """Shared memory without a size and without a place in any file system: it goes with its last user.

    Raises:
        OSError: the system has none to give.
    """
    return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


class Ring:
    """The slots, as pictures. The memory is given back when the last picture in use is forgotten."""

    def __init__(self, memory: mmap.mmap, width: int, height: int, slots: int) -> None:
        stride = slot_bytes(width, height)
        pixels = np.frombuffer(memory, np.uint8).reshape(slots, stride)
        self._pictures: NDArray[np.uint8] = pixels[:, : width * height * 3 // 2].reshape(slots, height * 3 // 2, width)

    def __getitem__(self, slot: int) -> Plane:
        """The I420 picture in this slot: a view."""
        picture: Plane = self._pictures[slot]
        return picture

    def __len__(self) -> int:
        return len(self._pictures)


def slot_bytes(width: int, height: int) -> int:
    """Size of a slot: a picture, rounded up to a page."""
    return -(-width * height * 3 // 2 // mmap.PAGESIZE) * mmap.PAGESIZE


def make_ring(memory: int, width: int, height: int, slots: int) -> Ring:
    """Give the memory its size, to write to it.

    Raises:
        CameraError: there is not so much memory.
    """
    size = slot_bytes(width, height) * slots
    try:
        os.ftruncate(memory, size)
        return Ring(mmap.mmap(memory, size), width, height, slots)
    except OSError as fault:
        raise CameraError(f"no memory for {slots} pictures of {width} x {height} px ({fault.strerror})") from fault


def join_ring(memory: int, width: int, height: int, slots: int) -> Ring:
    """Look at memory that another process has given its size; its pictures cannot be written to.

    Raises:
        CameraError: its size is not as said.
    """
    try:
        # Sealed first: were it made smaller later, a look at a picture would kill this process.
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        size = slot_bytes(width, height) * slots
        if not size or os.fstat(memory).st_size != size:
            raise CameraError(f"its process keeps no {slots} pictures of {width} x {height} px")
        return Ring(mmap.mmap(memory, size, access=mmap.ACCESS_READ), width, height, slots)
    except OSError as fault:
        raise CameraError(f"its pictures cannot be reached ({fault.strerror})") from fault
