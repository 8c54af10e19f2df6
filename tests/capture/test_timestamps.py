import itertools
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from device.capture.timestamps import MediaTime, advance, start_again

STAMPS = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-10, 10),
    st.integers(-40, 400).map(lambda ticks: ticks / 40),
)
STEPS = st.floats(1 / 240, 10)


def times_of(stamps: list[float | None], step_s: float) -> list[float]:
    """The repaired times of these stamps."""
    now, times = MediaTime(), []
    for stamp in stamps:
        now = advance(now, stamp, step_s)
        assert now.t is not None
        times.append(now.t)
    return times


@given(st.lists(STAMPS, max_size=60), STEPS)
def test_time_starts_at_zero_and_strictly_rises_whatever_the_file_says(
    stamps: list[float | None], step_s: float
) -> None:
    """Missing, equal, backward, infinite and absurd stamps all give rising times."""
    times = times_of(stamps, step_s)
    assert times[:1] in ([], [0.0])
    assert all(after > before for before, after in itertools.pairwise(times))


@given(st.lists(st.integers(1, 500), min_size=1, max_size=50), st.floats(-1000, 1000))
def test_good_stamps_are_kept(gaps_ms: list[int], start_s: float) -> None:
    """Rising stamps come out as they are, counted from the first."""
    stamps = [start_s + sum(gaps_ms[:count]) / 1000 for count in range(len(gaps_ms) + 1)]
    times = times_of(list(stamps), 0.04)
    assert all(abs(t - (stamp - start_s)) < 1e-6 for t, stamp in zip(times, stamps, strict=True))


def test_one_bad_stamp_does_not_shift_those_after_it() -> None:
    """A stamp that is a little early counts as one step, then the file is believed again."""
    times = times_of([0.0, 0.1, 0.05, 0.3, 0.4], 0.1)
    assert times == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_a_restarted_clock_goes_on_from_where_it_was() -> None:
    """Two recordings joined in one file play one after the other, with the second one's own gaps."""
    times = times_of([5.0, 7.0, 9.0, 0.0, 0.5, 2.5], 0.1)
    assert [round(t, 6) for t in times] == [0.0, 2.0, 4.0, 4.1, 4.6, 6.6]


def test_starting_again_continues_one_step_later() -> None:
    """A loop's first picture follows its last one, even in a clip shorter than any leap."""
    first = reduce(lambda now, stamp: advance(now, stamp, 0.1), [0.0, 0.1, 0.2], MediaTime())
    assert round(advance(start_again(first), 0.0, 0.1).t or 0.0, 6) == 0.3
