"""Weekday schedules: holidays, midnight, daylight saving, clocks that jump."""

from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.core.arming.schedule import DAYS, Entry, Schedule
from device.core.arming.timetable import Timetable
from device.core.event import ArmedState
from tests.core.arming.panels import AT_THE_DOOR, ask, make_panel

ZURICH = ZoneInfo("Europe/Zurich")
WEEK = frozenset(DAYS[:5])
OPENS = Entry(WEEK, time(8), "disarmed")
CLOSES = Entry(WEEK, time(19, 30), "away")
SUNDAYS = frozenset(DAYS[6:7])
HOUR, DAY = 3600.0, 86400.0
DST_DAYS = [date(2026, 3, 29), date(2026, 10, 25)]
"""Sundays on which the clock is put on, and back."""


def at(*parts: int) -> float:
    """Unix time of a moment in Zurich."""
    return datetime(*parts, tzinfo=ZURICH).timestamp()  # type: ignore[arg-type, misc]


def local(schedule: Schedule, after: float, until: float) -> list[str]:
    """What a schedule does between two moments."""
    return [f"{it.local} {it.state}" for it in schedule.between(after, until)]


def test_a_week() -> None:
    """Weekdays have theirs, the week-end has none."""
    schedule = Schedule((OPENS, CLOSES), frozenset(), ZURICH)
    told = local(schedule, at(2026, 11, 20, 12, 0), at(2026, 11, 23, 12, 0))

    assert told == ["fri 2026-11-20 19:30 away", "mon 2026-11-23 08:00 disarmed"]
    following = schedule.next_after(at(2026, 11, 20, 20, 0))
    assert following is not None
    assert following.wall == at(2026, 11, 23, 8, 0)


def test_a_holiday_has_entries_of_its_own() -> None:
    """On a holiday the weekday's entries rest: a shop that stays shut stays armed."""
    opens_late = Entry(frozenset({"holiday"}), time(10), "home")
    schedule = Schedule((OPENS, CLOSES, opens_late), frozenset({date(2026, 12, 25)}), ZURICH)
    told = local(schedule, at(2026, 12, 25, 0, 0), at(2026, 12, 26, 0, 0))

    assert told == ["holiday 2026-12-25 10:00 home"]


def test_midnight() -> None:
    """00:00 belongs to the day that it begins."""
    schedule = Schedule((Entry(SUNDAYS, time(0), "night"),), frozenset(), ZURICH)

    assert local(schedule, at(2026, 11, 21, 23, 59), at(2026, 11, 22, 0, 0)) == ["sun 2026-11-22 00:00 night"]
    assert schedule.between(at(2026, 11, 22, 0, 0), at(2026, 11, 28, 23, 59)) == ()


def test_the_hour_that_is_left_out_and_the_one_that_comes_twice() -> None:
    """02:30 counts at 03:30 summer time in spring, and the first time in autumn."""
    schedule = Schedule((Entry(SUNDAYS, time(2, 30), "night"),), frozenset(), ZURICH)
    (spring,) = schedule.between(at(2026, 3, 29, 0, 0), at(2026, 3, 29, 12, 0))
    (autumn,) = schedule.between(at(2026, 10, 25, 0, 0), at(2026, 10, 25, 12, 0))

    assert spring.wall == at(2026, 3, 29, 3, 30)
    assert autumn.wall == datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()


@settings(max_examples=40)
@given(
    day=st.sampled_from(DST_DAYS),
    moments=st.sets(st.times(), min_size=1, max_size=5),
    steps=st.lists(st.floats(60.0, 9000.0), min_size=1, max_size=40),
)
def test_each_change_happens_once_on_days_when_the_clock_changes(
    day: date, moments: set[time], steps: list[float]
) -> None:
    """However the looks at the clock fall, every entry of the day comes due exactly once."""
    entries = tuple(Entry(SUNDAYS, moment.replace(tzinfo=None, fold=0), "night") for moment in moments)
    schedule = Schedule(entries, frozenset(), ZURICH)
    start = at(day.year, day.month, day.day) - HOUR
    looks = [start]
    while looks[-1] < start + DAY + 6 * HOUR:
        looks.append(looks[-1] + steps[len(looks) % len(steps)])
    found = [it for after, until in pairwise(looks) for it in schedule.between(after, until)]

    assert len(found) == len(entries)
    assert found == sorted(found, key=lambda it: it.wall)


def follow(schedule: Schedule, looks: list[tuple[float, float | None]], done_to: float | None) -> list[ArmedState]:
    """What a timetable says at some looks."""
    table = Timetable(schedule, done_to, 0.0)
    return [due.state for t, wall in looks if (due := table.due(t, wall)) is not None]


CLOSING = at(2026, 11, 20, 19, 30)
DAILY = Schedule((OPENS, CLOSES), frozenset(), ZURICH)


def test_what_was_slept_through_counts_once() -> None:
    """After an outage the last change that was missed is made up for, and no older one."""
    assert follow(DAILY, [(0.0, CLOSING + 600.0), (1.0, CLOSING + 601.0)], CLOSING - 12 * HOUR) == ["away"]


def test_what_was_missed_right_after_the_first_start_is_made_up_for() -> None:
    """Where the schedule began is saved, though nothing has changed yet."""
    panel = make_panel("disarmed", schedule=DAILY)
    panel.tick(0.0, CLOSING - 60.0)
    assert panel.changes == 1
    again = make_panel(saved=panel.saved(0.0), schedule=DAILY, exit_delay_s=0.0)
    again.tick(0.0, CLOSING + HOUR)
    assert again.standing.panel == "armed_away"


def test_a_first_start_begins_with_its_configuration() -> None:
    """Nothing is made up for that nobody has promised."""
    assert follow(DAILY, [(0.0, CLOSING + 600.0)], None) == []


def test_a_clock_that_is_put_back_a_little_repeats_nothing() -> None:
    """A time server corrects seconds; nobody wants to be armed twice for that."""
    assert follow(DAILY, [(0.0, CLOSING), (1.0, CLOSING - 5.0), (6.0, CLOSING)], CLOSING - 60.0) == ["away"]


def test_a_clock_that_was_years_ahead_does_not_stop_the_schedule() -> None:
    """Put back by more than an hour, it begins anew from there."""
    looks: list[tuple[float, float | None]] = [(0.0, CLOSING + 400 * DAY), (1.0, CLOSING - 5.0), (6.0, CLOSING + 1.0)]
    assert follow(DAILY, looks, CLOSING + 399.9 * DAY)[-1] == "away"


def test_without_a_trusted_clock_it_waits_and_says_so() -> None:
    """After a minute it is told, once; when the clock is set, what is due comes."""
    panel = make_panel("disarmed", schedule=DAILY)
    panel.begin(0.0)
    assert [panel.tick(t, None) for t in (0.0, 59.0)] == [(), ()]
    (told,) = panel.tick(60.0, None)
    assert (told.kind, told.priority, told.state) == ("health", "warning", "start")
    assert panel.tick(61.0, None) == ()
    assert [draft.state for draft in panel.tick(62.0, CLOSING - 1.0)] == ["end"]
    (armed,) = panel.tick(63.5, CLOSING + 0.5)
    assert armed.reasons[0] == "armed away by the schedule of fri 2026-11-20 19:30"


def test_a_schedule_arms_with_an_exit_delay_and_opens_no_gap() -> None:
    """Whoever is still there can leave; from one armed state to the next nothing is left open."""
    to_night = Entry(WEEK, time(22), "night")
    schedule = Schedule((CLOSES, to_night), frozenset(), ZURICH)
    panel = make_panel("disarmed", schedule=schedule)
    panel.tick(0.0, CLOSING - 1.0)
    panel.tick(1.0, CLOSING)
    assert panel.standing.panel == "arming"
    panel.tick(9000.0, CLOSING + 2.4 * HOUR)
    panel.tick(9001.0, CLOSING + 2.6 * HOUR)
    assert panel.standing.panel == "armed_night"


def test_a_schedule_ends_no_alarm() -> None:
    """Opening time comes while the siren sounds: it is disarmed when the alarm is over."""
    opening = at(2026, 11, 20, 8, 0)
    panel = make_panel("away", schedule=DAILY, entry_delay_s=0.0)
    panel.tick(0.0, opening - 1.0)
    panel.alarm(AT_THE_DOOR, 0.5)
    panel.tick(1.0, opening)
    assert panel.standing.panel == "triggered"
    panel.tick(100.5, opening + 99.5)
    assert panel.standing.panel == "disarmed"


def test_what_a_person_did_after_the_schedule_holds() -> None:
    """The schedule speaks at its moments and is silent between them, over a restart too."""
    panel = make_panel("disarmed", schedule=DAILY)
    panel.tick(0.0, CLOSING - 1.0)
    panel.tick(1.0, CLOSING)
    panel.command(ask("disarm"), 2.0, CLOSING + 1.0)
    again = make_panel(saved=panel.saved(2.0), schedule=DAILY)
    again.tick(0.0, CLOSING + HOUR)
    assert again.standing.panel == "disarmed"


@pytest.mark.parametrize("years", [1, 50])
def test_a_jump_of_years_is_cheap(years: int) -> None:
    """A clock from 1970 that is set looks back a month, no further."""
    found = DAILY.between(CLOSING - years * 365 * DAY, CLOSING)
    assert 40 <= len(found) <= 50
