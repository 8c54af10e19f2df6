"""Notices that a camera gives no pictures any more, and that it does again. Knows no process and no driver."""

from typing import Final

from device.core.event import Draft, RuleRef
from device.core.lasting import Lasting

LOST_AFTER_S = 7.0
"""Ten seconds are promised, and closing another camera that hangs may take two of them."""
BACK_AFTER_S = 2.0
"""A camera that gives a picture and dies again is not back: its alarm would start and end at every try."""
# A dot is in no name that an owner can give, so no rule of theirs decides what this is worth.
RULE = RuleRef(name="camera.watch", version=1)
# Armed but blind is an alarm, and so is blind at any other time: theft happens by day.
_PRIORITY: Final = "alarm"


class CameraWatch:
    """One camera's silence, as events."""

    def __init__(self, t: float) -> None:
        """Begin to watch at a time, s; a camera that never gives a picture is lost as well."""
        self._last_t = t
        self._lost: Lasting | None = None
        self._back_since = t
        self._count = 0

    @property
    def lost(self) -> bool:
        """Whether it has been told that the camera is lost."""
        return self._lost is not None

    def picture(self, t: float) -> tuple[Draft, ...]:
        """A picture came."""
        if t - self._last_t >= LOST_AFTER_S:
            self._back_since = t
        self._last_t = t
        lost, back = self._lost, self._back_since
        if lost is None or t - back < BACK_AFTER_S:
            return ()
        self._lost = None
        reasons = (f"pictures again after {back - lost.t_start:.1f} s", "the camera is back")
        return (lost.draft("end", t, reasons, _PRIORITY, t_end=back),)

    def silence(self, t: float, why: str) -> tuple[Draft, ...]:
        """No picture came; ``why`` is what the camera's process said last, or empty."""
        if self._lost is not None or t - self._last_t < LOST_AFTER_S:
            return ()
        self._count += 1
        self._lost = Lasting("camera_lost", RULE, self._count, self._last_t)
        reasons = (f"no picture for {t - self._last_t:.1f} s", why or "its process runs, and delivers nothing")
        return (self._lost.draft("start", t, reasons, _PRIORITY),)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """The end of what has been told: nobody watches any more, whether or not it is back."""
        lost, self._lost = self._lost, None
        return () if lost is None else (lost.draft("end", t, (why,), _PRIORITY),)
