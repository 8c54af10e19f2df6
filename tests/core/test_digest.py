"""Which events become messages, and when."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from device.core.digest import MAX_PLACES, Digest
from device.core.event import PRIORITIES
from tests.events import make_event


def test_the_first_goes_at_once_and_the_rest_in_one() -> None:
    """What happened, where, when and why; then how many of what, once the gap is over."""
    digest = Digest("shop-1", 60.0)
    first = digest.hear(make_event(priority="alarm"), 0.0)
    assert first is not None
    assert first.title == "ALARM shop-1: person in zone at aisle/counter"
    assert "2000-01-01 12:00:02 UTC" in first.body
    assert "- a person stood in counter" in first.body
    assert first.camera == "aisle"
    for t in (1.0, 2.0, 3.0):
        assert digest.hear(make_event(priority="alarm", kind="item_taken"), t) is None
    assert digest.due() == 60.0
    assert digest.tick(59.9) is None
    summary = digest.tick(60.0)
    assert summary is not None
    assert summary.title == "shop-1: 3 more events, alarm the highest"
    assert "3 x item taken at aisle/counter" in summary.body
    assert digest.tick(1e9) is None


def test_what_is_worse_is_not_held_back() -> None:
    """And brings along what was."""
    digest = Digest("shop-1", 60.0)
    assert digest.hear(make_event(priority="notice"), 0.0) is not None
    assert digest.hear(make_event(priority="notice", kind="armed"), 1.0) is None
    alarm = digest.hear(make_event(priority="alarm"), 2.0)
    assert alarm is not None
    assert "1 x armed" in alarm.body
    assert digest.hear(make_event(priority="warning"), 3.0) is None


def test_a_test_is_told_in_any_case() -> None:
    """Somebody waits for it; it holds nothing back, and says what it is."""
    digest = Digest("shop-1", 60.0)
    assert digest.hear(make_event(priority="alarm"), 0.0) is not None
    told = digest.hear(make_event(priority="alarm", data={"test": True}), 1.0)
    assert told is not None
    assert told.title.startswith("TEST, ALARM")
    fresh = Digest("shop-1", 60.0)
    assert fresh.hear(make_event(priority="alarm", data={"test": True}), 0.0) is not None
    assert fresh.hear(make_event(priority="alarm"), 1.0) is not None


def test_a_clock_that_was_not_set_is_said() -> None:
    """Nobody is to believe such a time."""
    told = Digest("shop-1", 0.0).hear(make_event(clock_synced=False), 0.0)
    assert told is not None
    assert "clock was not set" in told.body


@given(st.lists(st.tuples(st.sampled_from(PRIORITIES), st.floats(0.0, 50.0), st.integers(0, 3)), max_size=60))
def test_no_event_is_lost_and_none_told_twice(happened: list[tuple[str, float, int]]) -> None:
    """Each is a message of its own or counted in one; between two messages lies the gap, or a higher priority."""
    digest, t, told, alone, counted = Digest("d", 60.0), 0.0, list[tuple[float, str]](), 0, 0

    def summed(body: str) -> int:
        lines = body.partition("Held back")[2].splitlines()[1:]
        return sum(int(line.split(" ")[0]) for line in lines)

    for priority, pause, zone in happened:
        t += pause
        for notice in (digest.tick(t), digest.hear(make_event(priority=priority, zone=f"z{zone}"), t)):
            if notice is not None:
                counted += summed(notice.body)
                alone += " more event" not in notice.title
                told.append((t, notice.priority))
    last = digest.tick(t + 1e6)
    counted += summed(last.body) if last else 0
    assert alone + counted == len(happened)
    for (before_t, before), (then_t, then) in pairwise(told):
        assert then_t - before_t >= 60.0 or PRIORITIES.index(then) > PRIORITIES.index(before)


def test_what_it_counts_is_bounded() -> None:
    """However many places there are."""
    digest = Digest("d", 60.0)
    for number in range(MAX_PLACES * 2):
        digest.hear(make_event(zone=f"z{number}"), 1.0)
    assert len(digest._held) <= MAX_PLACES + 1
    summary = digest.tick(100.0)
    assert summary is not None
    assert f"{MAX_PLACES * 2 - 1} more events" in summary.title
