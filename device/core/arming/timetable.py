"""Follows a schedule through a clock that may be wrong, step or stand unset. Changes no state itself."""

from typing import Final

from device.core.arming.schedule import Schedule, Transition

SET_BACK_S: Final = 3600.0
"""A clock set back by more starts the schedule anew from there; by less, nothing happens a second time."""
GRACE_S: Final = 60.0
"""How long after a start the clock may stay unset before anybody is told: time servers answer sooner."""


class Timetable:
    """Where in its schedule a guard is."""

    def __init__(self, schedule: Schedule, done_to: float | None, t: float) -> None:
        """Go on from a moment, Unix time, up to which all was done; None begins with the first look."""
        self._schedule = schedule
        self.done_to = done_to
        self._waits_since: float | None = t
        self.waits = False
        """Whether it has waited for a trusted clock for so long that it is worth telling."""

    def due(self, t: float, wall: float | None) -> Transition | None:
        """The newest change that has come due since the last call, once; ``wall`` is None while it is not trusted.

        Of several only the last counts: what a guard slept through is history.
        """
        if not self._schedule:
            return None
        if wall is None:
            self._wait(t)
            return None
        self._waits_since, self.waits = None, False
        if self.done_to is None or wall < self.done_to - SET_BACK_S:
            self.done_to = wall
        missed = self._schedule.between(self.done_to, wall)
        self.done_to = max(self.done_to, wall)
        return missed[-1] if missed else None

    def _wait(self, t: float) -> None:
        if self._waits_since is None:
            self._waits_since = t
        self.waits = t - self._waits_since >= GRACE_S
