"""A thread before each sink."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from device.core.event import PRIORITIES, Event, Priority
from device.errors import FatalSinkError, TransientSinkError
from device.worker import Backoff, Worker
from tests.events import make_event

PATIENCE_S = 20.0


@dataclass
class FakeSink:
    """Fails as told, then takes what it gets."""

    failures: list[Exception] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)
    closed: int = 0
    gate: threading.Event | None = None
    inside: threading.Event = field(default_factory=threading.Event)
    name: str = "fake"

    def handle(self, event: Event) -> None:
        """Take an event, or fail."""
        self.inside.set()
        if self.gate is not None:
            self.gate.wait(PATIENCE_S)
        if self.failures:
            raise self.failures.pop(0)
        self.told.append(event)

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class Waits:
    """Waits that take no time, and how long they would have been."""

    def __init__(self) -> None:
        self.delays_s: list[float] = []

    def __call__(self, _stop: threading.Event, seconds: float) -> bool:
        """Let no time pass; a stop does not cut a retry short, so that tests need no timing."""
        self.delays_s.append(seconds)
        return False


def ended(worker: Worker, events: list[Event]) -> Worker:
    """Hand events to a worker, and let it end of itself."""
    for event in events:
        worker.offer(event)
    worker.start()
    assert worker.stop(PATIENCE_S)
    return worker


def test_events_are_told_in_order_and_the_sink_is_closed() -> None:
    """What is queued at a stop still goes out, and the sink is closed once."""
    sink, events = FakeSink(), [make_event() for _ in range(50)]
    worker = ended(Worker(sink), events)
    assert (sink.told, sink.closed) == (events, 1)
    assert worker.stop()
    assert sink.closed == 1
    stats = worker.stats()
    assert (stats.name, stats.progress, stats.queued, stats.dropped, stats.trouble) == ("fake", 50, 0, 0, None)


def test_a_passing_trouble_is_tried_again_in_order() -> None:
    """The event that failed goes first on the next try, after a wait that doubles and is capped."""
    sink, waits = FakeSink([TransientSinkError("busy")] * 5), Waits()
    events = [make_event() for _ in range(3)]
    worker = ended(Worker(sink, backoff=Backoff(1.0, 5.0), wait=waits, shake=lambda: 0.0), events)
    assert sink.told == events
    assert waits.delays_s == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert worker.stats().failures == 5


def test_trouble_is_told_once_and_its_end_too() -> None:
    """The first failure is a warning, the next are for debug logs, and the recovery is told."""
    sink = FakeSink([TransientSinkError("busy")] * 3)
    with capture_logs() as logs:
        ended(Worker(sink, wait=Waits()), [make_event()])
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("sink_retries", "warning"), ("sink_retries", "debug"), ("sink_retries", "debug"), ("sink_recovered", "info"),
    ]  # fmt: skip
    assert logs[0]["reason"] == "busy"
    assert logs[0]["sink"] == "fake"


def test_a_success_starts_the_waits_anew() -> None:
    """The wait after a new trouble is the first again."""
    busy = TransientSinkError("busy")
    sink, waits = FakeSink([busy, busy]), Waits()
    worker = Worker(sink, backoff=Backoff(1.0, 5.0), wait=waits, shake=lambda: 0.0)
    worker.start()
    worker.offer(make_event())
    poll = threading.Event()
    while not sink.told:
        poll.wait(0.01)
    sink.failures.append(busy)
    worker.offer(make_event())
    assert worker.stop(PATIENCE_S)
    assert waits.delays_s == [1.0, 2.0, 1.0]


def test_what_is_fatal_ends_the_telling_and_is_said_once() -> None:
    """The sink is not called again, is closed, and everything that was or comes later counts as dropped."""
    sink = FakeSink([FatalSinkError("fake: refused: check the password")])
    with capture_logs() as logs:
        worker = ended(Worker(sink), [make_event() for _ in range(4)])
        assert not worker.offer(make_event())
        assert not worker.offer(make_event(), wait_s=5.0)
    assert (sink.told, sink.closed) == ([], 1)
    stats = worker.stats()
    assert (stats.fatal, stats.trouble, stats.dropped) == (True, "fake: refused: check the password", 6)
    assert [entry["event"] for entry in logs] == ["sink_failed", "sink_drops"]


def test_a_bug_costs_one_event_and_no_more() -> None:
    """An error that nobody planned for is contained, counted and logged once with its trace."""
    sink, events = FakeSink([ZeroDivisionError("oops"), KeyError("x")]), [make_event() for _ in range(4)]
    with capture_logs() as logs:
        worker = ended(Worker(sink, wait=Waits()), events)
    assert sink.told == events[2:]
    assert worker.stats().bugs == 2
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("sink_bug", "error"), ("sink_bug", "debug")]
    assert isinstance(logs[0]["exc_info"], ZeroDivisionError)


def test_a_bug_in_closing_is_contained() -> None:
    """Even that ends in an orderly way."""
    sink = FakeSink()
    sink.close = lambda: 1 / 0  # type: ignore[assignment, method-assign]
    with capture_logs() as logs:
        worker = ended(Worker(sink), [])
    assert worker.stats().bugs == 1
    assert [entry["event"] for entry in logs] == ["sink_bug"]


def test_a_full_queue_gives_up_the_least_important_first() -> None:
    """The oldest of the lowest priority goes; one that is less important than all is not taken."""
    sink = FakeSink()
    queued: list[Priority] = ["alarm", "info", "warning", "info"]
    events = [make_event(priority=priority) for priority in queued]
    worker = Worker(sink, capacity=4)
    assert all(worker.offer(event) for event in events)
    newer = make_event(priority="info")
    assert not worker.offer(newer)
    alarm, alarm2, notice = (make_event(priority=priority) for priority in ("alarm", "alarm", "notice"))
    assert [worker.offer(event) for event in (alarm, alarm2, notice)] == [False] * 3
    ended(worker, [])
    assert sink.told == [events[0], events[2], alarm, alarm2]
    assert worker.stats().dropped == 4


@given(st.lists(st.sampled_from(PRIORITIES), max_size=40), st.integers(1, 8))
def test_a_full_queue_is_bounded_and_keeps_the_most_important(priorities: list[Priority], capacity: int) -> None:
    """Whatever comes, the queue holds its bound, in order, and nothing dropped outranks anything kept."""
    sink, offered = FakeSink(), [make_event(priority=priority) for priority in priorities]
    worker = Worker(sink, capacity=capacity)
    with capture_logs():
        kept = sum(worker.offer(event) for event in offered)
    assert worker.stats().queued == min(len(offered), capacity) == kept
    ended(worker, [])
    assert sink.told == [event for event in offered if event in sink.told]
    rank = PRIORITIES.index
    lost = [event for event in offered if event not in sink.told]
    assert worker.stats().dropped == len(lost)
    assert max((rank(event.priority) for event in lost), default=0) <= min(
        (rank(event.priority) for event in sink.told), default=3
    )


def test_dropping_is_told_once_a_stretch() -> None:
    """One warning while the queue stays full."""
    worker = Worker(FakeSink(), capacity=1)
    with capture_logs() as logs:
        for _ in range(5):
            worker.offer(make_event())
    assert [entry["event"] for entry in logs] == ["sink_drops"]
    worker.stop()


def test_offer_waits_for_room_as_long_as_told() -> None:
    """A full queue that moves in time loses nothing."""
    gate = threading.Event()
    sink = FakeSink(gate=gate)
    worker = Worker(sink, capacity=1)
    worker.start()
    worker.offer(make_event())
    assert sink.inside.wait(PATIENCE_S)
    worker.offer(make_event())
    threading.Timer(0.05, gate.set).start()
    assert worker.offer(make_event(), wait_s=PATIENCE_S)
    assert worker.stop(PATIENCE_S)
    assert len(sink.told) == 3


def test_a_hung_sink_is_left_behind() -> None:
    """A stop is bounded and says False; once the sink comes back its thread ends without telling the rest."""
    gate = threading.Event()
    sink = FakeSink(gate=gate)
    worker = Worker(sink)
    worker.start()
    for _ in range(3):
        worker.offer(make_event())
    assert sink.inside.wait(PATIENCE_S)
    with capture_logs() as logs:
        assert not worker.stop(0.01)
        assert worker.stats().queued == 3
        gate.set()
        assert worker.stop(PATIENCE_S)
    assert logs[0]["event"] == "sink_hangs"
    assert (len(sink.told), sink.closed, worker.stats().dropped) == (1, 1, 2)


def test_a_stop_does_not_sit_out_a_wait() -> None:
    """A worker that backs off ends at once, and what it held counts as dropped."""
    sink = FakeSink([TransientSinkError("busy")])
    worker = Worker(sink, backoff=Backoff(first_s=10_000.0, cap_s=10_000.0))
    worker.start()
    worker.offer(make_event())
    assert sink.inside.wait(PATIENCE_S)
    assert worker.stop(PATIENCE_S)
    assert (sink.closed, worker.stats().dropped, worker.stats().queued) == (1, 1, 0)


def test_a_worker_that_never_ran_closes_its_sink() -> None:
    """A start that failed half-way leaves nothing open."""
    sink = FakeSink()
    assert Worker(sink).stop()
    assert sink.closed == 1


@pytest.mark.parametrize(("shake", "expected"), [(0.0, [2.0, 4.0, 8.0, 10.0]), (1.0, [1.0, 2.0, 4.0, 5.0])])
def test_the_back_off_doubles_to_its_cap_and_is_shaken(shake: float, expected: list[float]) -> None:
    """The jitter takes away up to its share."""
    backoff = Backoff(first_s=2.0, cap_s=10.0, jitter_frac=0.5)
    assert [backoff.delay_s(failures, shake) for failures in (1, 2, 3, 4)] == expected


@given(st.integers(1, 10**9), st.floats(0.0, 1.0))
def test_the_back_off_is_bounded_for_ever(failures: int, shake: float) -> None:
    """After years of failures it is a number between nothing and the cap."""
    assert 0.0 < Backoff().delay_s(failures, shake) <= 30.0


def test_one_sink_never_waits_for_another() -> None:
    """While one sink hangs and another is buggy a third gets everything."""
    gate = threading.Event()
    hung, buggy, sound = FakeSink(gate=gate), FakeSink([ValueError("x")] * 20), FakeSink()
    workers: list[Worker] = [Worker(hung), Worker(buggy, wait=Waits()), Worker(sound)]
    events = [make_event() for _ in range(20)]
    with capture_logs():
        for worker in workers:
            worker.start()
        for event in events:
            for worker in workers:
                worker.offer(event)
        stops: list[Callable[[], bool]] = [lambda: workers[2].stop(PATIENCE_S), lambda: workers[1].stop(PATIENCE_S)]
        assert all(stop() for stop in stops)
        assert sound.told == events
        assert workers[1].stats().bugs == 20
        gate.set()
        assert workers[0].stop(PATIENCE_S)
