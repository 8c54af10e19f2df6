"""Which events become messages to people, and when: the first at once, what follows in one. Sends nothing."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

from device.core.event import PRIORITIES, Event, Priority

_RANKS: Final = {priority: rank for rank, priority in enumerate(PRIORITIES)}
_KINDS_NAMED: Final = 5
"""How many kinds and places a summary names."""
MAX_PLACES: Final = 256
"""Kinds and places that are counted apart; more are counted together."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to people."""

    title: str
    body: str
    priority: Priority
    camera: str | None
    """Whose picture goes with it."""


class Digest:
    """Told of events and of the time; ``t`` never goes back."""

    def __init__(self, device: str, gap_s: float) -> None:
        """Speak for a device; after each message, gather for so long."""
        self._device, self._gap_s = device, gap_s
        self._until = -math.inf
        self._spoken: Priority = "info"
        self._held: Counter[tuple[str, str]] = Counter()
        self._highest: Event | None = None
        self._first_time = ""

    def due(self) -> float:
        """When a summary is due, s; infinity where nothing is held back."""
        return self._until if self._held else math.inf

    def hear(self, event: Event, t: float) -> Notice | None:
        """What to say to an event now; None where it is held back."""
        if event.data.get("test"):
            # Somebody waits for it, and it is no reason to hold anything back.
            return self._single(event)
        if t < self._until and _RANKS[event.priority] <= _RANKS[self._spoken]:
            self._hold(event)
            return None
        notice = self._single(event)
        if self._held:
            # What was held back goes along, so that nobody hears of it after what came later.
            notice = Notice(notice.title, f"{notice.body}\n\n{self._summary()}", notice.priority, notice.camera)
        self._speak(event.priority, t)
        return notice

    def tick(self, t: float) -> Notice | None:
        """The summary of what was held back, once the gap is over."""
        highest = self._highest
        if highest is None or t < self._until:
            return None
        count = self._held.total()
        title = f"{self._device}: {count} more event{'s' if count > 1 else ''}, {highest.priority} the highest"
        notice = Notice(title, self._summary(), highest.priority, highest.camera)
        self._speak(highest.priority, t)
        return notice

    def _speak(self, priority: Priority, t: float) -> None:
        self._until, self._spoken = t + self._gap_s, priority
        self._held.clear()
        self._highest = None

    def _hold(self, event: Event) -> None:
        if not self._held:
            self._first_time = event.time
        what: tuple[str, str] = (event.kind, _place(event))
        if what not in self._held and len(self._held) >= MAX_PLACES:
            what = ("other", "")
        self._held[what] += 1
        if self._highest is None or _RANKS[event.priority] >= _RANKS[self._highest.priority]:
            self._highest = event

    def _summary(self) -> str:
        named = [
            f"{count} x {kind.replace('_', ' ')}{f' at {place}' if place else ''}"
            for (kind, place), count in self._held.most_common(_KINDS_NAMED)
        ]
        more = self._held.total() - sum(count for _, count in self._held.most_common(_KINDS_NAMED))
        rest = [f"{more} more"] if more else []
        return f"Held back since {self._first_time[11:19]} UTC:\n" + "\n".join([*named, *rest])

    def _single(self, event: Event) -> Notice:
        place, test = _place(event), "TEST, " if event.data.get("test") else ""
        where = f" at {place}" if place else ""
        title = f"{test}{event.priority.upper()} {self._device}: {event.kind.replace('_', ' ')}{where}"
        clock = "" if event.clock_synced else " (the clock was not set)"
        body = "\n".join([f"{event.time[:10]} {event.time[11:19]} UTC{clock}", *(f"- {it}" for it in event.reasons)])
        return Notice(title, body, event.priority, event.camera)


def _place(event: Event) -> str:
    return "/".join(part for part in (event.camera, event.zone) if part)
