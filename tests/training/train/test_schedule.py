"""The learning rate."""

import pytest

from training.train.schedule import Schedule, ema_decay


def test_the_rate_rises_straight_and_falls_by_a_cosine() -> None:
    """Four steps up, the top, the middle of the way down, the end."""
    schedule = Schedule(warmup_steps=4, steps=24, last=0.1)
    assert [schedule.factor(step) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert schedule.factor(14) == pytest.approx(0.55)
    assert schedule.factor(24) == pytest.approx(0.1)
    assert schedule.factor(99) == pytest.approx(0.1)


def test_a_rate_without_warm_up_begins_at_the_top() -> None:
    """And a schedule of warm-up alone divides by nothing."""
    assert Schedule(0, 10, 0.0).factor(0) == 1.0
    assert Schedule(3, 3, 0.5).factor(3) == 1.0


def test_the_average_forgets_its_start_quickly() -> None:
    """A tenth stays after the first step; later it is as slow as asked for."""
    assert ema_decay(0, 0.99) == pytest.approx(0.1)
    assert ema_decay(10_000, 0.99) == 0.99
