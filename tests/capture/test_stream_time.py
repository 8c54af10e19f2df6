import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.capture.stream_time import StreamTime, advance

STEP_S = 0.1
stamps = st.none() | st.floats(-1e6, 1e6)


def run(packets: list[tuple[float | None, float]]) -> list[StreamTime]:
    """Where a stream is after each of its packets, (stamp, arrival)."""
    times = [StreamTime()]
    for stamp, arrived in packets:
        times.append(advance(times[-1], stamp, arrived, STEP_S))
    return times[1:]


@given(st.lists(st.tuples(stamps, st.floats(0, 2)), max_size=40))
def test_time_rises_and_stays_in_the_past(steps: list[tuple[float | None, float]]) -> None:
    """Whatever a camera writes, t rises strictly, and leads arrival by no more than the least steps."""
    arrivals = itertools.accumulate((wait for _, wait in steps), initial=1000.0)
    times = run([(stamp, arrived) for (stamp, _), arrived in zip(steps, arrivals, strict=False)])
    ts = [time.t for time in times if time.t is not None]
    assert len(ts) == len(steps)
    assert all(after > before for before, after in itertools.pairwise(ts))
    assert all(time.t <= time.arrived_s + 0.0005 * len(steps) + 1e-6 for time in times if time.t is not None)


def test_the_shortest_way_counts() -> None:
    """A packet that was held up on its way keeps the time at which it was taken."""
    late = [0.0, 0.3, 0.05, 0.0, 0.2]
    times = run([(index * STEP_S, 100 + index * STEP_S + wait) for index, wait in enumerate(late)])
    assert [time.t for time in times] == pytest.approx([100 + index * STEP_S for index in range(5)], abs=0.002)
    assert times[1].lag_s == pytest.approx(0.3, abs=0.002)


def test_a_clock_that_goes_wrong_by_little_is_followed() -> None:
    """A camera whose clock is slow by 100 ppm is not behind after a day."""
    times = run([(index * 0.9999, 5.0 + index) for index in range(86_400)])
    assert times[-1].lag_s < 0.01


@pytest.mark.parametrize("leap_s", [-3600.0, 3600.0, -5.0])
def test_a_clock_that_is_set_changes_nothing(leap_s: float) -> None:
    """The camera learns the date: time goes on as before."""
    packets = [(index * STEP_S + (leap_s if index >= 10 else 0.0), 50 + index * STEP_S) for index in range(20)]
    times = run(list(packets))
    assert [time.t for time in times] == pytest.approx([50 + index * STEP_S for index in range(20)], abs=0.01)


def test_a_clock_that_stood_still_is_believed_after_a_while() -> None:
    """Pictures that stay late without catching up are of the present after all."""
    before = [(index * STEP_S, 50 + index * STEP_S) for index in range(10)]
    after = [(1 + index * STEP_S, 60 + 1 + index * STEP_S) for index in range(60)]
    times = run([*before, *after])
    assert times[10].lag_s == pytest.approx(10, abs=0.1)
    assert times[-1].lag_s < 0.01


def test_missing_stamps_count_as_steps() -> None:
    """A packet without a stamp stands between its neighbours."""
    times = run([(None, 100.0), (None, 100.1), (0.2, 100.2), (None, 100.3), (0.4, 100.4)])
    assert [time.t for time in times] == pytest.approx([100.0, 100.1, 100.2, 100.3, 100.4], abs=0.002)


@pytest.mark.parametrize("rate_hz", [2.0, 5.0, 10.0, 60.0])
def test_a_camera_that_never_says_a_time_is_stamped_by_arrival(rate_hz: float) -> None:
    """Whatever rate was guessed: no delay piles up that nobody has."""
    times = run([(None, 100 + index / rate_hz) for index in range(300)])
    assert max(time.lag_s for time in times) < 0.001


def test_a_guessed_step_does_not_add_up() -> None:
    """A camera that has said a time only once, and is slower than was guessed, falls back no further."""
    times = run([(0.0, 100.0), *((None, 100.0 + index) for index in range(1, 60))])
    assert max(time.lag_s for time in times) < 1.0


@pytest.mark.parametrize("leap_s", [-0.9, -0.6, -0.35])
def test_a_clock_that_is_set_back_by_little_is_no_delay(leap_s: float) -> None:
    """Times of decoding never go back by themselves: it is no load, which would slow the looks."""
    times = [StreamTime()]
    for index in range(20):
        media_s = index * STEP_S + (leap_s if index >= 10 else 0.0)
        times.append(advance(times[-1], media_s, 50 + index * STEP_S, STEP_S, in_order=True))
    assert max(time.lag_s for time in times) < 0.01
