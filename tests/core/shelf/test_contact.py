"""Who was at a place, and who had been there from the first."""

from device.core.geometry import Box
from device.core.shelf.contact import FromFirst, Whereabouts
from tests.builders import make_track

PLACE: Box = (0.45, 0.45, 0.55, 0.55)


def test_who_covers_a_place_for_longer_than_is_remembered_took_from_it() -> None:
    """The first moments are forgotten by then: whoever stood there until it was clear is asked."""
    seen = Whereabouts(memory_s=12.0)
    for second in range(30):
        seen.note([make_track(7, foot=(0.5, 0.6), height=0.3)], float(second))
    assert seen.at(PLACE, 2.0, 4.0) is None
    contact = seen.first_at(PLACE, 2.0, 28.0, 1.8)
    assert contact is not None
    assert contact.track == 7


def test_who_steps_there_later_did_not_take_it() -> None:
    """While it is remembered whose hand came first."""
    seen = Whereabouts(memory_s=12.0)
    for second in range(10):
        seen.note([make_track(7 if second < 4 else 8, foot=(0.5, 0.6), height=0.3)], float(second))
    contact = seen.first_at(PLACE, 1.0, 9.0, 1.8)
    assert contact is not None
    assert contact.track == 7


def test_whom_the_tracker_believes_late_has_been_there_from_the_first() -> None:
    """Once, and not who came in later."""
    first = FromFirst(0.0)
    there, comes = make_track(1, t_first=0.2), make_track(2, t_first=3.0)
    assert first.found((make_track(1, t_first=0.2, confirmed=False),), 0.5) == ()
    assert first.found((there, comes), 3.5) == (there.box,)
    assert first.found((there, comes), 4.0) == ()
