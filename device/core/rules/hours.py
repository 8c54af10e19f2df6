"""The rule ``after_hours``: somebody is there while the shop is closed. Knows no calendar and asks no clock."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

from device.core.arming.hours import OpeningHours
from device.core.arming.timetable import GRACE_S
from device.core.event import Draft, RuleRef
from device.core.geometry import Polygon
from device.core.lasting import Lasting
from device.core.rules.dwell import DwellRule
from device.core.rules.scene import RuleSettings, Scene

# A dot is in no name that an owner can give.
_RULE: Final = RuleRef(name="after_hours.clock", version=1)


class AfterHours:
    """A stay in a zone, or on the picture, that counts outside of opening hours alone."""

    def __init__(
        self, settings: RuleSettings, area: Polygon | None, hours: OpeningHours, clock_synced: Callable[[], bool]
    ) -> None:
        """``area`` None watches the whole picture; while the clock is not to be trusted the rule waits, and says so."""
        self.settings = settings
        self._area, self._hours, self._synced = area, hours, clock_synced
        self._stays = DwellRule(settings, area, per="zone")
        self._waits_since: float | None = None
        self._waiting: Lasting | None = None
        self._count = 0

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        wall = scene.frame.wall if scene.frame is not None and self._synced() else None
        if wall is None:
            return (*self._ended(scene.t, "the clock is not to be trusted any more"), *self._wait(scene.t))
        trusted = self._trust(scene.t)
        if self._hours.open_at(wall):
            return (*trusted, *self._ended(scene.t, "the shop is open"))
        closed = f"closed on {self._hours.told(wall)} by the opening hours"
        return (*trusted, *(self._worth(draft, closed) for draft in self._stays.update(scene)))

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """Nobody watches any more: what was told to last is told to end."""
        told = () if self._waiting is None else (self._told(self._waiting, "end", t, why),)
        self._waiting = None
        return (*self._ended(t, why), *told)

    def finish(self, t: float) -> tuple[Draft, ...]:
        """A recording is over: stays that were never sure enough."""
        return self._stays.finish(t)

    def _ended(self, t: float, why: str) -> tuple[Draft, ...]:
        return tuple(replace(draft, priority="warning") for draft in self._stays.stop(t, why))

    def _worth(self, draft: Draft, closed: str) -> Draft:
        reasons = draft.reasons if draft.state == "end" else (*draft.reasons, closed)
        return replace(draft, priority="warning", reasons=reasons)

    def _wait(self, t: float) -> tuple[Draft, ...]:
        self._waits_since = t if self._waits_since is None else self._waits_since
        if self._waiting is not None or t - self._waits_since < GRACE_S:
            return ()
        self._count += 1
        self._waiting = Lasting("health", _RULE, self._count, self._waits_since)
        why = f"rule {self.settings.name} waits: the clock is not set, so nobody knows whether the shop is open"
        return (self._told(self._waiting, "start", t, why),)

    def _trust(self, t: float) -> tuple[Draft, ...]:
        self._waits_since = None
        if self._waiting is None:
            return ()
        end = self._told(self._waiting, "end", t, f"rule {self.settings.name} goes on: the clock is set")
        self._waiting = None
        return (end,)

    def _told(self, waiting: Lasting, state: Literal["start", "end"], t: float, why: str) -> Draft:
        draft = waiting.draft(state, t, (why,), "warning", {"rule": self.settings.name})
        # Two rules of a camera wait at the same time.
        return replace(draft, happening=f"{draft.happening}/{self.settings.name}")
