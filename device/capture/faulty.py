"""A drawn camera that fails as it is told, for tests of what the guard does then. No camera for an owner."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from device.capture.mode import Mode
from device.capture.pace import Pace
from device.capture.scene import Scene
from device.capture.synthetic import SyntheticSource
from device.core.stamp import Stamp
from device.errors import CameraError

if TYPE_CHECKING:
    from device.ports import Clock  # at run time it would bring OpenCV into the camera's process

SCENE = Scene(width_px=320, height_px=240, fps=10.0, duration_s=60.0)
SLOW_S = 2.0
"""From one picture to the next of a camera that is slow."""
_FOREVER_S = 1e6


class FaultySource:
    """Draws a room without end; a file says, at each picture, what is wrong.

    ``none``; ``frozen``: the same picture again; ``stuck``: new pictures with the time of an old one; ``slow``;
    ``hang``: never comes back. Without the file the camera is unplugged.
    """

    def __init__(self, control: Path, mode: Mode, clock: "Clock") -> None:
        self._control, self._clock = control, clock
        self._source = SyntheticSource(SCENE, Pace(mode, clock), loop=True)
        self._fault = "none"
        self._kept: NDArray[np.uint8] | None = None
        self._stamp: Stamp | None = None

    def open(self) -> tuple[int, int]:
        """Draw the room.

        Raises:
            CameraError: the camera is not plugged in.
        """
        self._fault = self._told()
        return self._source.open()

    def grab(self) -> Stamp:
        """The next moment, or what the fault makes of it.

        Raises:
            CameraError: the camera was unplugged.
        """
        self._fault = self._told()
        if self._fault == "hang":
            self._clock.wait(_FOREVER_S)
        if self._fault == "slow":
            self._clock.wait(SLOW_S)
        stamp = self._source.grab()
        if self._fault == "stuck" and self._stamp is not None:
            return Stamp(stamp.seq, self._stamp.t, stamp.wall)
        self._stamp = stamp
        return stamp

    def copy_to(self, i420: NDArray[np.uint8]) -> None:
        """Draw it, or the one from before again."""
        if self._fault == "frozen" and self._kept is not None:
            i420[...] = self._kept
            return
        self._source.copy_to(i420)
        self._kept = i420.copy()

    def faults(self) -> int:
        """None is counted."""
        return 0

    def close(self) -> None:
        """Forget the room."""
        self._source.close()

    def _told(self) -> str:
        try:
            return self._control.read_text(encoding="ascii").strip()
        except OSError as error:
            raise CameraError(f"faulty:{self._control}: is unplugged ({error.strerror})") from error
