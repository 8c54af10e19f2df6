"""How a place and its uncertainty go on between looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.tracking.body import Axis, Step

gaps = st.floats(0.01, 15.0)


@given(st.lists(st.tuples(gaps, st.booleans(), st.floats(0.1, 1.0)), max_size=20))
def test_uncertainty_is_never_negative(story: list[tuple[float, bool, float]]) -> None:
    """Whatever comes between looks, place and pace can have been drawn from some distribution."""
    axis = Axis(0.5, 0.01, 0.04)
    for gap_s, seen, part in story:
        axis.advance(Step(0.0, gap_s, 3.0), 0.05)
        if seen:
            axis.correct(0.5, 0.002)
        axis.shrink(part)
        assert axis.at_var > 0.0
        assert axis.pace_var > 0.0
        assert axis.cross_var**2 <= axis.at_var * axis.pace_var


@given(gaps, gaps)
def test_two_steps_are_one(first_s: float, second_s: float) -> None:
    """How often nobody looked on the way makes no difference."""
    once, twice = Axis(0.5, 0.01, 0.04), Axis(0.5, 0.01, 0.04)
    once.pace = twice.pace = 0.2
    once.advance(Step(0.0, first_s + second_s, 3.0), 0.05)
    for gap_s in (first_s, second_s):
        twice.advance(Step(0.0, gap_s, 3.0), 0.05)
    for name in ("at", "pace", "at_var", "cross_var", "pace_var"):
        assert getattr(once, name) == pytest.approx(getattr(twice, name), rel=1e-6), name
