"""Dropped events are told, once each."""

from device.core.drop_watch import MAX_RANGES, RULE, TOLD_EVERY_S, DropWatch, dropped_in
from tests.events import make_event


def test_the_first_drop_is_told_and_the_rest_when_there_is_room() -> None:
    """Nothing in between: while the broker is away each message would take room from another."""
    watch = DropWatch()
    assert watch.look(0.0, untold=(), room=True) == ()
    (start,) = watch.look(5.0, untold=((1, 3),), room=False)
    assert (start.kind, start.state, start.priority) == ("health", "start", "warning")
    assert start.data == {"dropped": [[1, 3]], "count": 3}
    assert start.reasons[1] == "3 events no broker will have"
    for t in range(6, 600):
        assert watch.look(float(t), untold=((5, 400),), room=False) == ()
    (end,) = watch.look(600.0, untold=((5, 400),), room=True)
    assert (end.state, end.happening, end.data) == ("end", start.happening, {"dropped": [[5, 400]], "count": 396})


def test_more_than_a_message_can_list_is_told_in_several() -> None:
    """At their pace; the last of them is the end."""
    watch = DropWatch()
    many = tuple((2 * n, 2 * n) for n in range(1, MAX_RANGES + 2))
    (start,) = watch.look(0.0, untold=many, room=False)
    assert len(start.data["dropped"]) == MAX_RANGES
    (update,) = watch.look(TOLD_EVERY_S, untold=many, room=True)
    assert (update.state, len(update.data["dropped"])) == ("update", MAX_RANGES)
    assert watch.look(TOLD_EVERY_S + 1, untold=many[:1], room=True) == ()
    (end,) = watch.look(2 * TOLD_EVERY_S, untold=many[:1], room=True)
    assert (end.state, end.data["count"]) == ("end", 1)


def test_the_end_of_the_guard_ends_it() -> None:
    """What has begun is over; what never began is not told."""
    watch = DropWatch()
    assert watch.stop(0.0, "the guard was stopped") == ()
    watch.look(1.0, untold=((7, 7),), room=False)
    (end,) = watch.stop(2.0, "the guard was stopped")
    assert (end.state, end.reasons) == ("end", ("the guard was stopped",))
    assert watch.stop(3.0, "again") == ()


def test_what_an_event_lists() -> None:
    """Only those of that rule."""
    event = make_event(kind="health", rule=RULE, data={"dropped": [[1, 3], [9, 9]]})
    assert dropped_in(event) == ((1, 3), (9, 9))
    assert dropped_in(make_event(data={"dropped": [[1, 3]]})) == ()
