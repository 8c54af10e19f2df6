"""What every sink promises to its worker."""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from device.core.event import PRIORITIES, STATES, Event
from device.errors import SinkError
from device.ports import Sink
from device.sinks.console import ConsoleSink
from device.sinks.memory import MemorySink
from device.store.sink import StoreSink
from device.store.store import Store
from device.worker import Worker
from tests.events import events, make_event


def memory(_folder: Path) -> Iterator[Sink]:
    """The fake."""
    yield MemorySink()


def console(_folder: Path) -> Iterator[Sink]:
    """Lines."""
    yield ConsoleSink(io.StringIO())


def store(folder: Path) -> Iterator[Sink]:
    """The disk."""
    opened = Store.open(folder)
    yield StoreSink(opened)
    opened.close()


@pytest.fixture(params=[memory, console, store], ids=lambda make: make.__name__)
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sink]:
    """Each sink in turn."""
    make: Callable[[Path], Iterator[Sink]] = request.param
    for made in make(tmp_path):
        yield made
        made.close()


def test_it_has_a_name(sink: Sink) -> None:
    """Logs and health need one word for it."""
    assert sink.name.isidentifier()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(event=events(committed=False))
def test_it_takes_any_event(sink: Sink, event: Event) -> None:
    """Whatever the contract allows is handled without an error."""
    sink.handle(event)


def test_it_takes_a_happening_in_any_order_and_twice(sink: Sink) -> None:
    """Lost, repeated and swapped messages do it no harm: retries and restarts make them."""
    event_id = make_event().event_id
    for state in (*STATES, *reversed(STATES)):
        for priority in PRIORITIES:
            event = make_event(event_id=event_id, state=state, priority=priority)
            sink.handle(event)
            sink.handle(event)


def test_it_may_be_closed_twice(sink: Sink) -> None:
    """Closing again does nothing."""
    sink.handle(make_event(priority="alarm"))
    sink.close()
    sink.close()


def test_after_closing_it_takes_the_event_or_says_why_not(sink: Sink) -> None:
    """A late event is never an error that nobody planned for."""
    sink.close()
    with suppress(SinkError):
        sink.handle(make_event())


def test_a_worker_runs_it(sink: Sink) -> None:
    """From start to stop, behind the worker, without trouble."""
    worker = Worker(sink)
    worker.start()
    for _ in range(20):
        assert worker.offer(make_event(priority="alarm"))
    assert worker.stop(20.0)
    stats = worker.stats()
    assert (stats.progress, stats.dropped, stats.bugs, stats.trouble) == (20, 0, 0, None)
