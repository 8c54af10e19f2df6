"""What goes by the time of day. Asks no clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import time as clock_time
from typing import Final

from device.config.arming import HoursTable
from device.core.arming.hours import Calendar, OpeningHours, Span


@dataclass(frozen=True, slots=True)
class Time:
    """What rules about the time of day go by."""

    calendar: Calendar = Calendar()
    clock_synced: Callable[[], bool] = lambda: True


ANY_TIME: Final = Time()
"""Without holidays, in UTC."""


def hours_of(tables: Iterable[HoursTable], calendar: Calendar) -> OpeningHours:
    """The hours of a week."""
    spans = tuple(
        Span(frozenset(it.days), clock_time.fromisoformat(it.opens), clock_time.fromisoformat(it.closes))
        for it in tables
    )
    return OpeningHours(spans, calendar)
