"""A device that looks less often says so, once."""

from device.core.event import Draft
from device.core.look_rate import BoardState, LookRate
from device.core.rate_watch import TOLD_AFTER_S, RateWatch


def seconds(watch: RateWatch, rate: LookRate, begin: int, end: int) -> list[Draft]:
    """One picture and one question a second."""
    told = list[Draft]()
    for t in range(begin, end):
        rate.note(float(t), busy_s=0.01, age_s=0.01)
        told += watch.look(float(t), rate)
    return told


def test_what_lasts_is_told_once_and_so_is_the_way_back() -> None:
    """With the reason and the rate, as a warning."""
    watch, rate = RateWatch(), LookRate(5.0)
    assert seconds(watch, rate, 0, 60) == []
    rate.board(BoardState(temperature_c=83.0))
    (start,) = seconds(watch, rate, 60, 200)
    assert (start.kind, start.state, start.priority) == ("health", "start", "warning")
    assert start.t_emitted - start.t_start >= TOLD_AFTER_S
    assert start.reasons == ("1.0 looks a second and camera instead of 5", "the board is at 83 degrees")
    assert start.data == {"looks_per_s": 1.0}
    rate.board(BoardState(temperature_c=60.0))
    (end,) = seconds(watch, rate, 200, 400)
    assert (end.state, end.happening) == ("end", start.happening)
    assert end.reasons == ("5 looks a second and camera again",)


def test_a_load_that_has_passed_is_told_with_its_reason() -> None:
    """Half a minute later the rate is on its way back: what lowered it is still the reason."""
    watch, rate = RateWatch(), LookRate(5.0)
    told = list[Draft]()
    for turn in range(80):
        t = turn / 2
        rate.note(t, busy_s=0.5 if t < 9 else 0.01, age_s=0.1)
        told += watch.look(t, rate)
    (start,) = told
    assert start.reasons[1].startswith("busy for")
    assert start.data["looks_per_s"] < 5.0


def test_a_short_strain_is_not_told() -> None:
    """It has passed before anybody could do something."""
    watch, rate = RateWatch(), LookRate(5.0)
    rate.board(BoardState(throttled=True))
    assert seconds(watch, rate, 0, 4) == []
    rate.board(BoardState())
    assert rate.is_slowed
    assert seconds(watch, rate, 4, 30) == []
    assert not rate.is_slowed
    assert seconds(watch, rate, 30, 200) == []
