"""Tells which events no broker will ever have, once each. Gives up none."""

from typing import Any, Final

from device.core.event import Draft, Event, RuleRef, State
from device.core.lasting import Lasting
from device.core.shedding import Ranges, count_of

MAX_RANGES: Final = 1000
"""Stretches in one message: some 20 KiB. What is left is for the next."""
TOLD_EVERY_S: Final = 60.0
"""The least time from one message to the next: they wait in the outbox as well."""
# A dot is in no name that an owner can give, so no rule of theirs decides what this is worth.
RULE: Final = RuleRef(name="outbox.full", version=1)


class DropWatch:
    """The dropped messages of one device, as events: a ``start`` with the first, an ``end`` once there is room again.

    Each message lists what none before it has listed, in ``data.dropped``: together they are everything.
    """

    def __init__(self) -> None:
        self._told: Lasting | None = None
        self._told_t = float("-inf")
        self._count = 0

    def look(self, t: float, *, untold: Ranges, room: bool) -> tuple[Draft, ...]:
        """What is to be told now.

        Args:
            t: monotonic, s.
            untold: dropped, and not yet told; from the lowest number on.
            room: whether the outbox has room again.
        """
        if t - self._told_t < TOLD_EVERY_S:
            return ()
        if self._told is None:
            return self._begin(t, untold[:MAX_RANGES]) if untold else ()
        if not room:
            # While the broker is away nobody could read of it, and each message takes room from another.
            return ()
        self._told_t = t
        if len(untold) > MAX_RANGES:
            return (_draft(self._told, "update", t, untold[:MAX_RANGES], "there are more than one message can list"),)
        return self.stop(t, "the outbox has room again", untold=untold)

    def stop(self, t: float, why: str, *, untold: Ranges = ()) -> tuple[Draft, ...]:
        """The end of what has been told."""
        if self._told is None:
            return ()
        told, self._told = self._told, None
        return (_draft(told, "end", t, untold[:MAX_RANGES], why),)

    def _begin(self, t: float, untold: Ranges) -> tuple[Draft, ...]:
        self._count += 1
        self._told, self._told_t = Lasting("health", RULE, self._count, t), t
        why = "the outbox is full: of what waits for the broker the least important and oldest is given up"
        return (_draft(self._told, "start", t, untold, why),)


def dropped_in(event: Event) -> Ranges:
    """The stretches that an event lists; nothing where it is about something else."""
    if event.rule != RULE:
        return ()
    return tuple((int(first), int(last)) for first, last in event.data.get("dropped", ()))


def _draft(told: Lasting, state: State, t: float, dropped: Ranges, why: str) -> Draft:
    count = count_of(dropped)
    data: dict[str, Any] = {"dropped": [list(it) for it in dropped], "count": count}
    reasons = (why, f"{count} events no broker will have") if count else (why,)
    return told.draft(state, t, reasons, "warning", data)
