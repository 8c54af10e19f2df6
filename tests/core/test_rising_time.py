"""A clock that steps back, or starts at 1970, takes no event before the one that was kept last."""

from device.core.rising_time import RisingTime
from tests.events import make_event

NOON, ONE, TWO = (f"2026-05-01T{hour}:00:00.000+00:00" for hour in (12, 13, 14))


def test_what_rises_stays_as_it_is() -> None:
    """Nothing is touched where the clock goes forwards or stands."""
    rising = RisingTime(None)
    for time in (NOON, NOON, ONE):
        event = make_event(time=time)
        assert rising.heed(event) == event


def test_a_step_back_keeps_the_last_label_and_is_not_believed() -> None:
    """Until the clock has caught up."""
    rising = RisingTime(ONE)
    held = rising.heed(make_event(time=NOON))
    assert (held.time, held.clock_synced) == (ONE, False)
    later = rising.heed(make_event(time=TWO))
    assert (later.time, later.clock_synced) == (TWO, True)


def test_offsets_are_no_steps() -> None:
    """The same moment, written otherwise."""
    event = make_event(time="2026-05-01T14:30:00.000+02:00")
    assert RisingTime(NOON).heed(event) == event
