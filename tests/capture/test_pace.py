import itertools

import pytest

from device.capture.mode import Mode
from device.capture.pace import Pace
from device.clock import SimulatedClock


def test_a_late_reader_catches_up_without_waiting() -> None:
    """Pictures that are a little late come at once, still with the time at which they were due."""
    clock = SimulatedClock(monotonic=100.0)
    pace = Pace(Mode.LIVE, clock)
    pace.stamp(0, 0.0)
    clock.advance(0.5)
    assert [pace.stamp(index, index / 10).t for index in range(1, 5)] == pytest.approx([100.1, 100.2, 100.3, 100.4])
    assert clock.monotonic() == 100.5
    pace.stamp(10, 1.0)
    assert clock.monotonic() == pytest.approx(101.0)


def test_a_reader_that_cannot_keep_up_does_not_fall_behind_for_ever() -> None:
    """Beyond a second the recording is taken to have paused, so that t never strays from the present."""
    clock = SimulatedClock(monotonic=100.0)
    pace = Pace(Mode.LIVE, clock)
    times = []
    for index in range(100):
        times.append(pace.stamp(index, index / 10).t)
        clock.advance(0.25)
        assert clock.monotonic() - times[-1] <= 1.3
    assert all(after > before for before, after in itertools.pairwise(times))


def test_a_hole_in_a_recording_is_not_sat_through() -> None:
    """An hour without pictures takes five seconds; time still rises."""
    clock = SimulatedClock(monotonic=100.0)
    pace = Pace(Mode.LIVE, clock)
    times = [pace.stamp(index, media_s).t for index, media_s in enumerate([0.0, 0.1, 3600.0, 3600.1])]
    assert times == pytest.approx([100.0, 100.1, 105.1, 105.2])
    assert clock.monotonic() == pytest.approx(105.2)
