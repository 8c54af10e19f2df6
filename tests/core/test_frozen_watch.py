"""How a picture that stands still becomes an event."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from device.core.camera_stats import CameraStats
from device.core.event import Draft
from device.core.frozen_watch import FROZEN_AFTER_S, FrozenWatch, is_frozen


class Counts:
    """Counts as a camera's inbox keeps them."""

    def __init__(self) -> None:
        self.stats = CameraStats(0, 0, 0, None, None)

    def picture(self, t: float, *, changed: bool) -> CameraStats:
        """One picture more."""
        stats = self.stats
        first = t if stats.first_picture_s is None else stats.first_picture_s
        new = changed or stats.first_picture_s is None
        self.stats = replace(
            stats,
            arrived=stats.arrived + 1,
            first_picture_s=first,
            last_picture_s=t,
            last_change_s=t if new else stats.last_change_s,
            same_in_a_row=0 if new else stats.same_in_a_row + 1,
        )
        return self.stats

    def started_again(self) -> None:
        """A new process: its first picture differs from none."""
        self.stats = replace(self.stats, first_picture_s=None)


def play(
    watch: FrozenWatch, counts: Counts, begin: float, end: float, *, changed: bool, fps: float = 10
) -> list[Draft]:
    """Pictures from begin to end."""
    times = [begin + turn / fps for turn in range(1, round((end - begin) * fps) + 1)]
    return [draft for t in times for draft in watch.look(t, counts.picture(t, changed=changed))]


def test_a_live_picture_is_no_news() -> None:
    """Noise differs in every one."""
    assert play(FrozenWatch(), Counts(), 0.0, 60.0, changed=True) == []


def test_a_picture_that_stands_still_is_told_once_and_in_time() -> None:
    """Within ten seconds, as an alarm, since when."""
    watch, counts = FrozenWatch(), Counts()
    play(watch, counts, 0.0, 5.0, changed=True)
    (draft,) = play(watch, counts, 5.0, 100.0, changed=False)
    assert (draft.kind, draft.state, draft.priority) == ("tamper_frozen", "start", "alarm")
    assert (draft.t_start, draft.t_end) == (5.0, None)
    assert FROZEN_AFTER_S <= draft.t_emitted - 5.0 <= 8.0
    assert draft.reasons[0].startswith("the same picture for 7.")
    assert watch.frozen


def test_a_camera_that_repeats_its_first_picture_is_frozen_as_well() -> None:
    """It never gave another."""
    assert len(play(FrozenWatch(), Counts(), 0.0, 10.0, changed=False)) == 1


def test_the_first_picture_of_a_new_process_is_no_way_back() -> None:
    """It differs from none; only the one after it can tell."""
    watch, counts = FrozenWatch(), Counts()
    (start,) = play(watch, counts, 0.0, 10.0, changed=False)
    counts.started_again()
    assert play(watch, counts, 10.0, 30.0, changed=False) == []
    (end,) = play(watch, counts, 30.0, 31.0, changed=True)
    assert (end.state, end.happening) == ("end", start.happening)
    assert end.t_end is not None
    assert end.reasons == (f"the picture changes again after {end.t_end - end.t_start:.1f} s",)


def test_the_next_standstill_is_another_one() -> None:
    """And has another name."""
    watch, counts = FrozenWatch(), Counts()
    (first,) = play(watch, counts, 0.0, 10.0, changed=False)
    play(watch, counts, 10.0, 12.0, changed=True)
    (second,) = play(watch, counts, 12.0, 22.0, changed=False)
    assert first.happening != second.happening


def test_one_slow_picture_is_no_standstill() -> None:
    """A camera of one picture in five seconds is frozen after some of them, not after two."""
    counts = Counts()
    counts.picture(0.0, changed=True)
    assert [is_frozen(counts.picture(5.0 * turn, changed=False), FROZEN_AFTER_S) for turn in (1, 2, 3)] == [
        False, False, True,
    ]  # fmt: skip


@given(st.lists(st.tuples(st.floats(0.01, 5.0), st.booleans()), max_size=80))
def test_starts_and_ends_take_turns(pictures: list[tuple[float, bool]]) -> None:
    """Whatever comes when."""
    watch, counts, t, states = FrozenWatch(), Counts(), 0.0, []
    for gap_s, changed in pictures:
        t += gap_s
        states += [draft.state for draft in watch.look(t, counts.picture(t, changed=changed))]
    assert states == (["start", "end"] * len(states))[: len(states)]
    assert watch.frozen == (len(states) % 2 == 1)
