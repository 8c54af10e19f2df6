"""Whether a shop is open at a moment, by weekday, through holidays, midnight and daylight saving. Reads no clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from device.core.arming.schedule import DAYS, Day

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What weekdays and wall times mean here."""

    holidays: frozenset[date] = frozenset()
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Span:
    """Open on some days from one wall time to another; one that closes no later than it opens closes the next day."""

    days: frozenset[Day]
    opens: time
    closes: time


class OpeningHours:
    """The hours of a week.

    On a holiday the spans with ``holiday`` count and no others; one that began the evening before goes on to its end.
    Times that a change to summer time leaves out, or that come twice, count as in the schedule of the panel.
    """

    def __init__(self, spans: tuple[Span, ...], calendar: Calendar) -> None:
        self._spans, self._calendar = spans, calendar

    def open_at(self, wall: float) -> bool:
        """Whether it is open at a moment, Unix time, s."""
        today = self._local(wall).date()
        return any(begin <= wall < end for day in (today - _DAY, today) for begin, end in self._of(day))

    def told(self, wall: float) -> str:
        """A moment for a person: day and time in the shop's zone."""
        local = self._local(wall)
        return f"{self._name(local.date())} {local:%Y-%m-%d %H:%M}"

    def _local(self, wall: float) -> datetime:
        return datetime.fromtimestamp(wall, self._calendar.zone)

    def _name(self, day: date) -> Day:
        return "holiday" if day in self._calendar.holidays else DAYS[day.weekday()]

    def _of(self, day: date) -> list[tuple[float, float]]:
        name, zone, found = self._name(day), self._calendar.zone, []
        for span in self._spans:
            if name in span.days:
                last = day + _DAY if span.closes <= span.opens else day
                begin, end = datetime.combine(day, span.opens, zone), datetime.combine(last, span.closes, zone)
                found.append((begin.timestamp(), end.timestamp()))
        return found
