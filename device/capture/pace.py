"""When a recorded or drawn picture may come out, and on which clock. Knows nothing of pixels."""

from typing import TYPE_CHECKING

from device.capture.mode import Mode
from device.core.stamp import Stamp

if TYPE_CHECKING:
    from device.ports import Clock  # at run time it would bring OpenCV into the camera's process

_MAX_LATE_S = 1.0  # slower than life for longer than this: give up catching up
_MAX_GAP_S = 5.0  # a hole in a recording is not sat through


class Pace:
    """Turns media time into stamps; in live mode waits until each picture is due."""

    def __init__(self, mode: Mode, clock: "Clock") -> None:
        self._live = mode is Mode.LIVE
        self._clock = clock
        self._origin: float | None = None

    def stamp(self, seq: int, media_s: float) -> Stamp:
        """The stamp of the picture at this media time (strictly rising from call to call), once it is due."""
        if not self._live:
            return Stamp(seq, media_s, None)
        now = self._clock.monotonic()
        if self._origin is None:
            self._origin = now - media_s
        delay_s = self._origin + media_s - now
        if delay_s < -_MAX_LATE_S:
            self._origin, delay_s = now - media_s, 0.0
        elif delay_s > _MAX_GAP_S:
            self._origin, delay_s = now + _MAX_GAP_S - media_s, _MAX_GAP_S
        self._clock.wait(delay_s)
        wall = self._clock.wall() if self._clock.synced() else None
        return Stamp(seq, self._origin + media_s, wall)
