"""The outbox is bounded in bytes, and what it gives up is told."""

from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from device.clock import SimulatedClock
from device.core.drop_watch import dropped_in
from device.core.event import PRIORITIES, Event, Priority, encode
from device.core.ids import DerivedIds
from device.core.message import MessageMaker
from device.core.shedding import Waiting, least_missed, stretches
from device.store.drop_teller import DropTeller
from device.store.store import Store
from tests.events import BOOT_ID, make_event


def size_of(event: Event) -> int:
    """What it takes in the outbox, bytes."""
    return len(encode(event).encode())


SIZE = size_of(make_event(seq=1, priority="info"))
"""Numbers and priorities of other lengths make it a few bytes more."""


def waiting(store: Store) -> list[int | None]:
    """What waits, by number."""
    return [event.seq for event in store.outbox_next()]


def test_alarms_are_the_last_to_go(tmp_path: Path) -> None:
    """Three have room; the least important goes, though it is the newest, and stays an event."""
    with closing(Store.open(tmp_path, outbox_max_bytes=3 * SIZE + 60)) as store:
        for priority in ("alarm", "info", "alarm", "notice", "alarm", "warning"):
            store.commit(make_event(priority=priority))
        assert waiting(store) == [1, 3, 5]
        assert len(store.events()) == 6
        assert store.dropped_count() == 3
        assert store.outbox_untold(9) == ((2, 2), (4, 4), (6, 6))
        assert not store.outbox_has_room()
        store.commit(make_event(priority="alarm"))
        assert waiting(store) == [3, 5, 7]
        assert store.outbox_untold(9) == ((1, 2), (4, 4), (6, 6))
        assert store.check() == []
        store.acknowledge(3, 5)
        assert store.outbox_has_room()


def test_without_a_bound_everything_waits(tmp_path: Path) -> None:
    """There is always room."""
    with closing(Store.open(tmp_path)) as store:
        for _ in range(20):
            store.commit(make_event())
        assert (store.outbox_size(), store.outbox_has_room()) == (20, True)
        assert store.outbox_bytes() == sum(size_of(event) for event in store.events())


def test_a_smaller_bound_holds_from_the_next_event_on(tmp_path: Path) -> None:
    """However much waits from before, in more than one portion."""
    with closing(Store.open(tmp_path)) as store:
        for _ in range(700):
            store.commit(make_event(priority="info"))
    with closing(Store.open(tmp_path, outbox_max_bytes=2 * SIZE + 60)) as store:
        store.commit(make_event(priority="alarm"))
        assert waiting(store) == [700, 701]
        assert store.outbox_untold(9) == ((1, 699),)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PRIORITIES), st.integers(1, 400)), max_size=25), st.integers(400, 5000))
def test_the_bound_holds_and_the_choice_is_the_pure_one(
    tmp_path_factory: object, given_events: list[tuple[Priority, int]], max_bytes: int
) -> None:
    """After every commit the outbox is what ``least_missed`` leaves of it, and what went is noted without a gap."""
    folder = tmp_path_factory.mktemp("bound")  # type: ignore[attr-defined]
    model, gone = dict[int, Waiting](), set[int]()
    with closing(Store.open(folder, outbox_max_bytes=max_bytes)) as store:
        for priority, length in given_events:
            event = store.commit(make_event(priority=priority, reasons=("x" * length,)))
            assert event.seq is not None
            model[event.seq] = Waiting(event.seq, PRIORITIES.index(priority), size_of(event))
            lost = least_missed(model.values(), sum(it.size_bytes for it in model.values()) - max_bytes)
            for it in lost:
                del model[it.seq]
                gone.add(it.seq)
            assert waiting(store) == sorted(model)
            assert store.outbox_bytes() == sum(it.size_bytes for it in model.values()) <= max_bytes
        assert store.outbox_untold(100) == stretches(gone)
        assert store.check() == []


def test_each_dropped_number_is_told_exactly_once(tmp_path: Path) -> None:
    """Through an outage, a restart and the broker's return: what the events list together is what was dropped."""
    clock = SimulatedClock()
    told = list[Event]()
    ids = DerivedIds("told")
    for run in range(2):
        with closing(Store.open(tmp_path, outbox_max_bytes=20 * SIZE)) as store:
            messages = MessageMaker(device="shop-1", camera=None, boot_id=BOOT_ID, ids=ids, clock_synced=lambda: True)

            def emit(event: Event, to: Store = store) -> None:
                told.append(to.commit(event))

            teller = DropTeller(store, clock, emit=emit, messages=messages)
            for number in range(80):
                store.commit(make_event(priority="info" if number % 3 else "alarm"))
                teller.look()
                clock.wait(2.0)
            if run:
                store.acknowledge(*(event.seq or 0 for event in store.outbox_next()))
                clock.wait(100.0)
                teller.look()
            dropped = store.dropped_count()
            untold = store.outbox_untold(99)
            teller.stop()
    listed = [seq for event in told for first, last in dropped_in(event) for seq in range(first, last + 1)]
    assert untold == ()
    assert len(listed) == len(set(listed)) == dropped > 50
    assert [event.state for event in told] == ["start", "end", "start", "end"]
