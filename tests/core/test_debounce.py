"""Steady signals out of bouncing contacts."""

import math

from hypothesis import given
from hypothesis import strategies as st

from device.core.debounce import Debounce


def fed(debounce: Debounce, *levels: tuple[float, bool]) -> list[float]:
    """When changes were noticed."""
    return [t for t, active in levels if debounce.feed(t, active=active)]


def test_the_first_level_is_no_change() -> None:
    """A door that is open when the guard starts is no news."""
    debounce = Debounce(0.05)
    assert fed(debounce, (0.0, True), (0.06, True)) == []
    assert debounce.active is True


def test_bounces_are_one_press() -> None:
    """A contact that chatters for a while is believed once it is steady."""
    debounce = Debounce(0.05)
    fed(debounce, (0.0, False), (0.1, False))
    bounces = [(1.0 + i / 100, i % 2 == 0) for i in range(9)]
    assert fed(debounce, *bounces, (1.09, True), (1.12, True), (1.135, True), (1.2, True)) == [1.135]
    assert debounce.due() == math.inf


def test_a_glitch_is_nothing() -> None:
    """A spike on a long wire is no press, also where it is seen again late."""
    debounce = Debounce(0.05)
    fed(debounce, (0.0, False), (0.1, False))
    assert fed(debounce, (1.0, True), (1.2, False), (1.3, False)) == []


def test_it_says_when_to_look_again() -> None:
    """Neither early nor never."""
    debounce = Debounce(0.05)
    fed(debounce, (0.0, False), (0.1, False))
    fed(debounce, (1.0, True))
    assert debounce.due() == 1.05


def test_a_sensor_is_held() -> None:
    """Movement that pauses for less than the hold is one movement."""
    debounce = Debounce(0.05, 10.0)
    fed(debounce, (0.0, False), (10.1, False))
    levels = [(11.0, True), (11.1, True), (12.0, False), (15.0, True), (15.1, True), (16.0, False), (25.9, False)]
    assert fed(debounce, *levels) == [11.1]
    assert fed(debounce, (26.0, False)) == [26.0]


@given(st.lists(st.tuples(st.floats(0.001, 0.2), st.booleans()), max_size=60))
def test_what_is_believed_has_lasted(steps: list[tuple[float, bool]]) -> None:
    """No change without a level that was seen for the whole time; changes alternate."""
    debounce, t, seen_since, seen, believed = Debounce(0.05), 0.0, 0.0, None, None
    for step, active in steps:
        t += step
        if active != seen:
            seen, seen_since = active, t
        before = debounce.active
        if debounce.feed(t, active=active):
            assert t >= seen_since + 0.05
            assert debounce.active is seen
            assert debounce.active is not believed
        believed = debounce.active if debounce.active is not before else believed
