"""Opening hours, through all that a calendar does."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from device.core.arming.hours import Calendar, OpeningHours, Span

ZONE = ZoneInfo("Europe/Zurich")
WEEK = (
    Span(frozenset({"mon", "tue", "wed", "thu", "fri"}), time(9), time(18, 30)),
    Span(frozenset({"sat"}), time(18), time(2, 30)),
    Span(frozenset({"holiday"}), time(10), time(12)),
)
HOURS = OpeningHours(WEEK, Calendar(frozenset({date(2026, 12, 25), date(2026, 3, 29)}), ZONE))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        pytest.param("2026-11-27 08:59:59", False, id="before it opens"),
        pytest.param("2026-11-27 09:00", True, id="as it opens"),
        pytest.param("2026-11-27 18:29:59", True, id="before it closes"),
        pytest.param("2026-11-27 18:30", False, id="as it closes"),
        pytest.param("2026-11-28 12:00", False, id="saturday noon"),
        pytest.param("2026-11-28 23:59", True, id="before midnight"),
        pytest.param("2026-11-29 02:29", True, id="after midnight"),
        pytest.param("2026-11-29 02:30", False, id="closed in the night"),
        pytest.param("2026-11-29 18:30", False, id="sunday"),
        pytest.param("2026-12-25 09:30", False, id="a holiday is no friday"),
        pytest.param("2026-12-25 11:00", True, id="open on a holiday"),
        pytest.param("2026-03-29 01:30", True, id="saturday's evening goes on into a holiday"),
        pytest.param("2026-03-29 03:29", True, id="the hour that summer time leaves out"),
        pytest.param("2026-03-29 03:31", False, id="closed after it"),
    ],
)
def test_when_it_is_open(moment: str, is_open: bool) -> None:
    """By the wall clock of the shop, whatever the offset."""
    assert HOURS.open_at(datetime.fromisoformat(moment).replace(tzinfo=ZONE).timestamp()) == is_open


def test_an_hour_that_comes_twice_counts_the_first_time() -> None:
    """As in the schedule of the panel."""
    first = datetime(2026, 10, 25, 2, 29, tzinfo=ZONE)
    assert HOURS.open_at(first.timestamp())
    assert not HOURS.open_at(first.replace(fold=1).timestamp())


def test_without_hours_it_is_always_closed() -> None:
    """And a moment is told by the wall clock."""
    never = OpeningHours((), Calendar(zone=ZONE))
    moment = datetime(2026, 11, 27, 12, tzinfo=ZONE).timestamp()
    assert not never.open_at(moment)
    assert never.told(moment) == "fri 2026-11-27 12:00"
