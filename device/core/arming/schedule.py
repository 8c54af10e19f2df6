"""At which moments a weekday schedule changes the armed state, through holidays, midnight and daylight saving."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, Literal, get_args

from device.core.event import ArmedState

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]
DAYS: Final[tuple[Day, ...]] = get_args(Day)

_HORIZON: Final = timedelta(days=31)
"""How far a look goes, back or ahead: a clock that jumps by years costs no more than one that jumps by a month."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a schedule."""

    days: frozenset[Day]
    at: time
    """Wall time in the schedule's zone, without a zone of its own."""
    state: ArmedState


@dataclass(frozen=True, slots=True)
class Transition:
    """One moment at which the state is to change."""

    wall: float
    """Unix time, s."""
    state: ArmedState
    local: str
    """The same moment for a person: day and time in the schedule's zone."""


class Schedule:
    """Entries, holidays and a time zone.

    On a holiday the entries with ``holiday`` count and no others. A time that the change to summer time leaves out
    counts as much later as the clock was put on; one that comes twice in autumn counts the first time.
    """

    def __init__(self, entries: tuple[Entry, ...], holidays: frozenset[date], zone: tzinfo) -> None:
        """``zone`` says what wall time is at a moment."""
        self._entries, self._holidays, self._zone = entries, holidays, zone

    def __bool__(self) -> bool:
        return bool(self._entries)

    def between(self, after: float, until: float) -> tuple[Transition, ...]:
        """What falls after one moment and not after another, Unix time, in order."""
        if until <= after:
            return ()
        after = max(after, until - _HORIZON.total_seconds())
        found = (it for it in self._of_days(after, until) if after < it.wall <= until)
        return tuple(sorted(found, key=lambda it: it.wall))

    def next_after(self, wall: float) -> Transition | None:
        """The first after a moment; None where there is none within a month."""
        return next(iter(self.between(wall, wall + _HORIZON.total_seconds())), None)

    def _of_days(self, after: float, until: float) -> Iterator[Transition]:
        # A day more on both sides: a zone may be put back over midnight.
        day = datetime.fromtimestamp(after, self._zone).date() - timedelta(days=1)
        last = datetime.fromtimestamp(until, self._zone).date() + timedelta(days=1)
        while day <= last:
            name: Day = "holiday" if day in self._holidays else DAYS[day.weekday()]
            for entry in self._entries:
                if name in entry.days:
                    moment = datetime.combine(day, entry.at, self._zone)
                    yield Transition(moment.timestamp(), entry.state, f"{name} {moment:%Y-%m-%d %H:%M}")
            day += timedelta(days=1)
