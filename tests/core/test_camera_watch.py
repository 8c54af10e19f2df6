"""How the silence of a camera becomes an event."""

from hypothesis import given
from hypothesis import strategies as st

from device.core.camera_watch import LOST_AFTER_S, CameraWatch
from device.core.event import Draft


def silent_until(watch: CameraWatch, begin: float, end: float, why: str = "") -> list[Draft]:
    """Five turns a second without a picture."""
    turns = round((end - begin) * 5)
    return [draft for turn in range(1, turns + 1) for draft in watch.silence(begin + turn / 5, why)]


def test_pictures_are_no_news() -> None:
    """Also where they come slowly."""
    watch = CameraWatch(0.0)
    for second in range(0, 60, 6):
        assert silent_until(watch, second, second + 5.9) == []
        assert watch.picture(second + 6.0) == ()
    assert not watch.lost


def test_a_lost_camera_is_told_once_and_in_time() -> None:
    """Within the ten seconds that are promised, with two of them for a hanging neighbour; and as an alarm."""
    watch = CameraWatch(100.0)
    watch.picture(103.0)
    (draft,) = silent_until(watch, 103.0, 200.0, "its process was ended by SIGKILL")

    assert (draft.kind, draft.state, draft.priority) == ("camera_lost", "start", "alarm")
    assert (draft.t_start, draft.t_end) == (103.0, None)
    assert draft.t_emitted - draft.t_start <= 10.0 - 2.0
    assert draft.reasons == (f"no picture for {draft.t_emitted - 103.0:.1f} s", "its process was ended by SIGKILL")
    assert watch.lost


def test_a_camera_that_hangs_gives_no_reason_itself() -> None:
    """Then that is what is told."""
    (draft,) = CameraWatch(0.0).silence(LOST_AFTER_S, "")
    assert draft.reasons[1] == "its process runs, and delivers nothing"


def test_a_camera_that_never_gives_a_picture_is_lost_as_well() -> None:
    """Counted from when it was begun to be watched."""
    assert len(silent_until(CameraWatch(50.0), 50.0, 61.0)) == 1


def test_it_comes_back() -> None:
    """The end belongs to the same happening; the next loss is another."""
    watch = CameraWatch(0.0)
    (start,) = silent_until(watch, 0.0, 20.0)
    assert watch.picture(30.0) == ()
    assert watch.lost
    (end,) = watch.picture(32.0)
    (again,) = silent_until(watch, 32.0, 50.0)

    assert (end.state, end.happening, end.t_start, end.t_end) == ("end", start.happening, 0.0, 30.0)
    assert end.t_emitted == 32.0
    assert end.reasons == ("pictures again after 30.0 s", "the camera is back")
    assert again.happening != start.happening
    assert not watch.picture(51.0)
    assert watch.picture(53.0)
    assert not watch.picture(54.0)


def test_one_that_dies_at_every_first_picture_is_lost_once() -> None:
    """It is tried again and again; nobody is called each time."""
    watch, told = CameraWatch(0.0), list[Draft]()
    for turn in range(20):
        told += silent_until(watch, 30.0 * turn, 30.0 * turn + 29.0)
        told += watch.picture(30.0 * turn + 29.5)
        told += watch.picture(30.0 * turn + 30.0)
    assert [draft.state for draft in told] == ["start"]


def test_no_rule_of_an_owner_can_bear_its_name() -> None:
    """What the loss of a camera is worth is not for a rule of that name to say."""
    (draft,) = CameraWatch(0.0).silence(LOST_AFTER_S, "")
    assert "." in draft.rule.name
    assert "/" in draft.happening.removeprefix(draft.rule.name)


@given(st.lists(st.tuples(st.floats(0.01, 30.0), st.booleans()), max_size=60))
def test_starts_and_ends_take_turns(turns: list[tuple[float, bool]]) -> None:
    """Whatever comes when: never two losses without a return between them, and never a return without a loss."""
    watch, t, states = CameraWatch(0.0), 0.0, []
    for gap_s, came in turns:
        t += gap_s
        states += [draft.state for draft in (watch.picture(t) if came else watch.silence(t, ""))]
    assert states == (["start", "end"] * len(states))[: len(states)]
    assert watch.lost == (len(states) % 2 == 1)
