"""One thread a sink: queue, retry, back-off, stop. Knows nothing of what a sink does with an event."""

import random
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from device.core.event import PRIORITIES, Event
from device.errors import FatalSinkError, TransientSinkError
from device.ports import Sink

log = structlog.get_logger(__name__)

Wait = Callable[[threading.Event, float], bool]
"""Let seconds pass or return early, with True, once the event is set; a test's returns at once."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait between tries: doubling, capped, and shaken so that a fleet does not knock in step."""

    first_s: float = 0.2
    cap_s: float = 30.0
    jitter_frac: float = 0.25

    def delay_s(self, failures: int, shake: float) -> float:
        """Seconds to wait after so many failures in a row, from 1; ``shake`` is random, 0..1."""
        # 2 ** 32 first steps are beyond any cap, and the exponent stays small.
        delay = min(self.first_s * 2.0 ** min(failures - 1, 32), self.cap_s)
        return delay * (1.0 - self.jitter_frac * shake)


@dataclass(frozen=True, slots=True)
class LoopStats:
    """Figures for health."""

    name: str
    progress: int
    """Steps that did something; a hung sink's stands still while something is queued and there is no trouble."""
    queued: int
    """Events that wait, with the one in hand."""
    dropped: int
    """Events given up for want of room, or because the sink had failed for good."""
    failures: int
    """Tries that failed and will be, or were, tried again."""
    bugs: int
    """Errors that nobody planned for; what caused one was given up."""
    trouble: str | None
    """Why it does not work at the moment; None while it does."""
    fatal: bool
    """Whether the trouble needs a person."""


class Loop(ABC):
    """A thread that takes one step after another until it is stopped, and lives through any step that fails.

    Trouble is told once, as a warning (an error where it needs a person); tries after that show in debug logs alone,
    and the recovery is told.
    """

    def __init__(
        self,
        name: str,
        *,
        backoff: Backoff = Backoff(),
        fatal_retry_s: float | None = None,
        wait: Wait = threading.Event.wait,
        shake: Callable[[], float] = random.random,
    ) -> None:
        """Make a loop; with ``fatal_retry_s`` even what needs a person is tried again after that long."""
        self.name = name
        self._backoff = backoff
        self._fatal_retry_s = fatal_retry_s
        self._wait = wait
        self._shake = shake
        self._stop = threading.Event()
        self._out_of_time = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        # Written by the loop's thread alone; health reads them, and an old value does it no harm.
        self._progress = 0
        self._row = 0
        self._failures = 0
        self._bugs = 0
        self._trouble: str | None = None
        self._fatal = False

    @abstractmethod
    def _step(self) -> bool:
        """Do one piece of work, or wait for some for a bounded time; True when that shows that all is well.

        Raises:
            TransientSinkError: wait a while and step again.
            FatalSinkError: a person is needed.
        """

    @abstractmethod
    def _wake(self) -> None:
        """End a waiting step at once; called by ``stop`` from another thread."""

    @abstractmethod
    def _close(self) -> None:
        """Let go of everything; called once, from the loop's own thread, when it ends."""

    @abstractmethod
    def stats(self) -> LoopStats:
        """Figures so far."""

    def start(self) -> None:
        """Begin; once only."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Say that it is to end, and wait for nothing."""
        self._stop.set()
        self._wake()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Finish what can be finished in that time, then end; False where the thread hangs. May be called twice."""
        self.ask_to_stop()
        if self._thread.ident is None:
            self._guarded(self._close_quietly)
            return True
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._out_of_time = True
            log.warning("sink_hangs", sink=self.name, advice="left behind; the process can end without it")
            return False
        return True

    def _more(self) -> bool:
        return not self._stop.is_set()

    def _run(self) -> None:
        while self._more():
            pause_s = self._guarded(self._step)
            if pause_s is None:
                break
            # A loop that is to end does not sit out its troubles.
            if pause_s > 0.0 and self._wait(self._stop, pause_s):
                break
        self._guarded(self._close_quietly)

    def _close_quietly(self) -> bool:
        self._close()
        return False

    def _guarded(self, step: Callable[[], bool]) -> float | None:
        """Take a step; return the seconds to pause after it, or None when it was the last."""
        try:
            if step():
                self._recovered()
        except TransientSinkError as error:
            self._failures += 1
            self._tell(str(error), fatal=False)
            return self._delay_s()
        except FatalSinkError as error:
            self._tell(str(error), fatal=True)
            return self._fatal_retry_s
        except Exception as error:  # noqa: BLE001 - a bug in one sink must not end its thread, nor reach another
            self._bugs += 1
            self._tell_bug(error)
            return self._backoff.first_s
        return 0.0

    def _delay_s(self) -> float:
        self._row += 1
        return self._backoff.delay_s(self._row, self._shake())

    def _recovered(self) -> None:
        self._progress += 1
        self._row = 0
        if self._trouble is not None:
            self._trouble, self._fatal = None, False
            log.info("sink_recovered", sink=self.name)

    def _tell(self, reason: str, *, fatal: bool) -> None:
        news = self._trouble is None or (fatal and not self._fatal)
        self._trouble, self._fatal = reason, fatal
        tell = log.debug if not news else log.error if fatal else log.warning
        tell("sink_failed" if fatal else "sink_retries", sink=self.name, reason=reason)

    def _tell_bug(self, error: Exception) -> None:
        tell = log.error if self._bugs == 1 else log.debug
        tell("sink_bug", sink=self.name, error=repr(error), exc_info=error)


class Worker(Loop):
    """Tells one sink of events, in order, from a bounded queue.

    A full queue gives up the least important event in it, the oldest of those first: an alarm is the last to go.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        capacity: int = 256,
        backoff: Backoff = Backoff(),
        wait: Wait = threading.Event.wait,
        shake: Callable[[], float] = random.random,
    ) -> None:
        """Put a thread before a sink, which it closes in the end."""
        super().__init__(sink.name, backoff=backoff, wait=wait, shake=shake)
        self._sink = sink
        self._capacity = capacity
        # Guards what follows: whoever offers adds, the worker's thread takes.
        self._changed = threading.Condition()
        self._queue: deque[Event] = deque()
        self._in_hand: Event | None = None
        self._dropped = 0
        self._dropping = False
        self._ended = False

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:
        """Take an event, waiting no longer than that for room; False where it, or another for it, was lost."""
        with self._changed:
            if wait_s > 0.0:
                self._changed.wait_for(lambda: self._ended or len(self._queue) < self._capacity, wait_s)
            kept = not self._ended and len(self._queue) < self._capacity
            if not kept:
                self._dropped += 1
            if not self._ended and (kept or self._make_room(event)):
                self._queue.append(event)
                self._changed.notify_all()
            newly_dropping, self._dropping = not kept and not self._dropping, not kept
        if newly_dropping:
            log.warning("sink_drops", sink=self.name, reason="ended" if self._ended else "its queue is full")
        return kept

    def stats(self) -> LoopStats:
        """Figures so far."""
        with self._changed:
            queued, dropped = len(self._queue) + (self._in_hand is not None), self._dropped
        return LoopStats(
            self.name, self._progress, queued, dropped, self._failures, self._bugs, self._trouble, self._fatal
        )

    def _make_room(self, event: Event) -> bool:
        victim = min(range(len(self._queue)), key=lambda index: _rank(self._queue[index]))
        if _rank(self._queue[victim]) > _rank(event):
            return False
        del self._queue[victim]
        return True

    def _more(self) -> bool:
        # What is queued when a stop comes still goes out, as long as the sink takes it at once and in time.
        return super()._more() or (not self._out_of_time and (self._in_hand is not None or bool(self._queue)))

    def _step(self) -> bool:
        event = self._take()
        if event is None:
            return False
        undone = False
        try:
            self._sink.handle(event)
        except (TransientSinkError, FatalSinkError):
            undone = True
            raise
        finally:
            if not undone:
                self._in_hand = None
        return True

    def _take(self) -> Event | None:
        with self._changed:
            if self._in_hand is None:
                self._changed.wait_for(lambda: self._queue or self._stop.is_set())
                self._in_hand = self._queue.popleft() if self._queue else None
                self._changed.notify_all()
            return self._in_hand

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _close(self) -> None:
        with self._changed:
            self._ended = True
            self._dropped += len(self._queue) + (self._in_hand is not None)
            self._queue.clear()
            self._in_hand = None
            self._changed.notify_all()
        self._sink.close()


_RANKS: Final = {priority: rank for rank, priority in enumerate(PRIORITIES)}


def _rank(event: Event) -> int:
    return _RANKS[event.priority]
