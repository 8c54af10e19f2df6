"""How often the detector looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.pace import LookPace


def looks(pace: LookPace, times: list[float]) -> list[float]:
    """Those times at which a wanted look is due."""
    return [t for t in times if pace.due(t, wanted=True)]


def test_without_a_limit_every_picture_is_looked_at() -> None:
    """Wanted or not."""
    pace = LookPace(None)

    assert all(pace.due(t / 100, wanted=False) for t in range(10))


def test_nothing_is_looked_at_unwanted() -> None:
    """Time alone makes no look due."""
    pace = LookPace(5.0)

    assert not any(pace.due(float(t), wanted=False) for t in range(100))


@pytest.mark.parametrize("pictures_per_s", [5, 6, 7, 10, 12.5, 15, 25, 30])
def test_the_rate_is_kept(pictures_per_s: float) -> None:
    """Over ten seconds the looks are as many as asked, whatever the camera's rate is."""
    times = [n / pictures_per_s for n in range(int(10 * pictures_per_s))]

    assert len(looks(LookPace(5.0), times)) == pytest.approx(50, abs=1)


def test_a_slow_camera_is_looked_at_always() -> None:
    """Where pictures come more seldom than looks may, none is left out."""
    times = [n / 3 for n in range(30)]

    assert looks(LookPace(5.0), times) == times


@given(st.lists(st.floats(-0.0095, 0.0095), min_size=20, max_size=60))
def test_a_jittering_camera_loses_no_look(jitter: list[float]) -> None:
    """Pictures that come up to a tenth of the beat before it are the ones meant."""
    times = [n * 0.2 + off for n, off in enumerate(jitter)]

    assert looks(LookPace(5.0), times) == times


@given(st.lists(st.tuples(st.floats(0.01, 2.0), st.booleans()), min_size=1, max_size=200), st.floats(0.5, 30.0))
def test_never_more_than_asked(steps: list[tuple[float, bool]], max_per_s: float) -> None:
    """In no stretch of time are there more looks than the rate allows, but for its two ends and the tenth of a beat."""
    pace, t, taken = LookPace(max_per_s), 0.0, list[float]()
    for gap, wanted in steps:
        t += gap
        if pace.due(t, wanted=wanted):
            taken.append(t)

    for first, start in enumerate(taken):
        for last, end in enumerate(taken[first:], start=1):
            assert last < (end - start) * max_per_s + 2.1 + 1e-6


def test_nothing_is_owed_after_a_pause() -> None:
    """After a minute without motion there is one look at once, and then the beat."""
    pace = LookPace(2.0)
    looks(pace, [0.0, 0.5, 1.0])

    assert looks(pace, [60.0 + n / 10 for n in range(11)]) == [60.0, 60.5, 61.0]
