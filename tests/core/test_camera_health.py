"""The numbers of one camera."""

import pytest

from device.core.camera_health import CameraHealth, CameraMeter
from device.core.camera_stats import CameraStats

STATS = CameraStats(arrived=400, dropped=3, faults=2, last_picture_s=None, last_change_s=None)


def health_at(meter: CameraMeter, t: float) -> CameraHealth:
    """How it fares."""
    return meter.health(t, STATS, lost=False, frozen=False, why="")


def test_rates_are_of_the_last_ten_seconds() -> None:
    """Fifteen pictures a second, every third of them looked at."""
    meter = CameraMeter()
    for turn in range(600):
        meter.note(turn / 15, age_s=0.02, looked=turn % 3 == 0, picture=None)
    health = health_at(meter, 40.0)
    assert health.fps == pytest.approx(15.0, abs=0.2)
    assert health.looks_per_s == pytest.approx(5.0, abs=0.2)
    assert (health.arrived, health.dropped, health.faults) == (400, 3, 2)


def test_a_camera_that_stopped_has_no_rate() -> None:
    """The rate of an hour ago is not told as if it were now."""
    meter = CameraMeter()
    for turn in range(60):
        meter.note(turn / 15, age_s=0.02, looked=True, picture=None)
    health = health_at(meter, 100.0)
    assert (health.fps, health.looks_per_s, health.delay_s, health.worst_delay_s) == (0.0, 0.0, None, None)


def test_right_after_the_start_the_rate_is_honest() -> None:
    """Not a tenth of it because ten seconds have not gone by."""
    meter = CameraMeter()
    for turn in range(30):
        meter.note(turn / 15, age_s=0.02, looked=False, picture=None)
    assert health_at(meter, 2.0).fps == pytest.approx(15.0, abs=0.5)
    assert health_at(CameraMeter(), 2.0).fps == 0.0


def test_delays_are_told_by_the_middle_and_by_the_worst() -> None:
    """One picture that waited is seen."""
    meter = CameraMeter()
    for turn in range(45):
        meter.note(turn / 15, age_s=0.4 if turn == 20 else 0.02, looked=False, picture=None)
    health = health_at(meter, 3.0)
    assert (health.delay_s, health.worst_delay_s) == (0.02, 0.4)


def test_it_remembers_a_window_and_no_more() -> None:
    """At any rate, for any time."""
    meter = CameraMeter()
    for turn in range(20_000):
        meter.note(turn / 1000, age_s=0.0, looked=False, picture=None)
    assert len(meter._turns) <= 4096
