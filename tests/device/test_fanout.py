"""Who is told, and when."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from device.core.event import Event
from device.errors import StoreError
from device.fanout import Fanout
from device.sinks.memory import MemorySink
from device.store.pruning import Pruned
from device.store.sink import StoreSink
from device.store.store import Store
from device.worker import Worker
from tests.events import make_event

PATIENCE_S = 20.0


@dataclass
class Told:
    """Notes who was told, in a list that it shares with others."""

    name: str
    order: list[tuple[str, Event]]
    kept: bool = True
    waits_s: list[float] = field(default_factory=list)

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:
        """Note it."""
        self.order.append((self.name, event))
        self.waits_s.append(wait_s)
        return self.kept


def test_the_pins_come_first() -> None:
    """Every pin has an event before the store has it."""
    order: list[tuple[str, Event]] = []
    event = make_event()
    fanout = Fanout([Told("siren", order), Told("lamp", order)], Told("store", order))
    fanout.emit(event)
    assert order == [("siren", event), ("lamp", event), ("store", event)]
    assert (fanout.stats().emitted, fanout.stats().lost) == (1, 0)


def test_a_full_store_costs_one_moment_and_is_told_once() -> None:
    """After a wait in vain no event waits again until there is room; losses are counted."""
    store = Told("store", [], kept=False)
    fanout = Fanout([], store, patience_s=0.05)
    with capture_logs() as logs:
        for _ in range(3):
            fanout.emit(make_event())
        store.kept = True
        fanout.emit(make_event())
        fanout.emit(make_event())
    assert store.waits_s == [0.05, 0.0, 0.0, 0.0, 0.05]
    assert (fanout.stats().emitted, fanout.stats().lost) == (5, 3)
    assert [entry["event"] for entry in logs] == ["store_queue_full"]


class WatchingSink(MemorySink):
    """Looks, whenever it is told of an event, whether its row is on disk."""

    def __init__(self, store: Store) -> None:
        super().__init__("watching")
        self._store = store
        self.found: list[bool] = []

    def handle(self, event: Event) -> None:
        """Compare with the disk."""
        self.found.append(event in self._store.events(limit=1000))
        super().handle(event)


def test_nobody_but_the_pins_hears_before_the_row_is_on_disk(tmp_path: Path) -> None:
    """Behind the store every event has its number and its row, in order; the pins got it without one."""
    store, pins = Store.open(tmp_path), MemorySink("pins")
    watching = WatchingSink(store)
    listener, siren = Worker(watching), Worker(pins)
    disk = Worker(StoreSink(store, [listener]))
    workers = [siren, disk, listener]
    for worker in workers:
        worker.start()
    fanout = Fanout([siren], disk)
    events = [make_event() for _ in range(30)]
    for event in events:
        fanout.emit(event)
    assert all(worker.stop(PATIENCE_S) for worker in workers)
    assert pins.events == tuple(events)
    assert [event.seq for event in watching.events] == list(range(1, 31))
    assert watching.found == [True] * 30
    store.close()


class FailingStore(Store):
    """A disk that fails so many times."""

    failures = 3

    def commit(self, event: Event) -> Event:
        """Fail, or commit."""
        if self.failures:
            self.failures -= 1
            raise StoreError("store: the disk is full: free some space")
        return super().commit(event)


def test_while_the_disk_fails_events_wait_in_order_and_nobody_is_told(tmp_path: Path) -> None:
    """Once it works again everything is there once, in order."""
    store, others = FailingStore.open(tmp_path), MemorySink()
    told: list[tuple[str, Event]] = []
    heard_while_failing: list[int] = []

    def wait(_stop: threading.Event, _seconds: float) -> bool:
        heard_while_failing.append(len(told))
        return False

    disk = Worker(StoreSink(store, [Told("others", told)]), wait=wait)
    events = [make_event() for _ in range(5)]
    for event in events:
        Fanout([], disk).emit(event)
    disk.start()
    assert disk.stop(PATIENCE_S)
    assert heard_while_failing == [0, 0, 0]
    assert [event.id for _, event in told] == [event.id for event in events]
    assert [event.seq for event in store.outbox_next()] == [1, 2, 3, 4, 5]
    assert others.events == ()
    store.close()


def test_the_stores_sink_keeps_its_bound(tmp_path: Path) -> None:
    """Rows stay near the bound, and what no broker had is named when it goes."""
    store = Store.open(tmp_path)
    sink = StoreSink(store, max_rows=100)
    with capture_logs() as logs:
        for _ in range(700):
            sink.handle(make_event())
    assert len(store.events(limit=10_000)) <= 100 + 257
    assert logs[0]["event"] == "outbox_dropped"
    assert logs[0]["first"] == 1
    store.close()


def test_a_pruning_that_fails_does_not_tell_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event is safe and told; the failure is logged, and nothing is raised."""
    store, told = Store.open(tmp_path), Told("others", [])

    def failing(_max_rows: int) -> Pruned:
        raise StoreError("store: the disk fails")

    monkeypatch.setattr(store, "prune", failing)
    with capture_logs() as logs:
        StoreSink(store, [told]).handle(make_event())
    assert [entry["event"] for entry in logs] == ["store_prune_failed"]
    assert len(told.order) == 1
    store.close()
