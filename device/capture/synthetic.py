"""Pictures of a scene that is drawn, with known truth. Does not know who takes them or when."""

import numpy as np
from numpy.typing import NDArray

from device.capture.draw import Painter
from device.capture.pace import Pace
from device.capture.scene import Scene
from device.core.stamp import Stamp
from device.errors import EndOfStream


class SyntheticSource:
    """Draws a scene, picture after picture; the camera for whoever has none."""

    def __init__(self, scene: Scene, pace: Pace, *, loop: bool = False) -> None:
        self._scene = scene
        self._pace = pace
        self._loop = loop
        self._painter: Painter | None = None
        self._next = 0

    def open(self) -> tuple[int, int]:
        """Prepare the room; the size of its pictures."""
        self._painter = Painter(self._scene)
        return self._scene.width_px, self._scene.height_px

    def grab(self) -> Stamp:
        """The next moment, once it is due.

        Raises:
            EndOfStream: the scene is over, and does not loop.
        """
        if self._next >= self._scene.pictures and not self._loop:
            raise EndOfStream(f"synthetic: the scene is over after {self._next} pictures")
        stamp = self._pace.stamp(self._next, self._next / self._scene.fps)
        self._next += 1
        return stamp

    def copy_to(self, i420: NDArray[np.uint8]) -> None:
        """Draw the grabbed moment."""
        painter = self._painter or Painter(self._scene)
        index = max(0, self._next - 1)
        painter.draw(index, index % self._scene.pictures / self._scene.fps, i420)

    def faults(self) -> int:
        """None, ever."""
        return 0

    def close(self) -> None:
        """Forget the room."""
        self._painter = None
