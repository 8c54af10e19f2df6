"""Messages to people: one thread makes them of events, one for each address sends them. Knows no service by name."""

import json
import math
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from device.core.digest import Digest, Notice
from device.core.event import ArmedState, Event, Priority
from device.errors import FatalSinkError, StoreError, TransientSinkError
from device.ports import Clock, Pictures
from device.sinks.apprise_child import DONE, NEVER
from device.sinks.notice_queue import NoticeQueue
from device.worker import Backoff, Loop, LoopStats

log = structlog.get_logger(__name__)

MAX_EVENTS: Final = 64
"""Events that wait to be made messages of; the oldest are forgotten first, and counted."""
STILL_S: Final = 3.0
SEND_S: Final = 60.0
"""How long a message may take; its process is then killed."""
TOO_OLD_S: Final = 24 * 3600.0
"""An older message helps nobody; the event itself is in the store."""
_BACKOFF: Final = Backoff(first_s=5.0, cap_s=300.0)
_FATAL_RETRY_S: Final = 3600.0
_IDLE_S: Final = 5.0


class Courier(Loop):
    """Takes the messages for one address out of their queue and sends them, in order, until they are sent."""

    def __init__(self, name: str, url: str, queue: NoticeQueue, clock: Clock, *, backoff: Backoff = _BACKOFF) -> None:
        """The URL is a secret: it goes to the process that sends, by a pipe, and into no log."""
        super().__init__(name, backoff=backoff, fatal_retry_s=_FATAL_RETRY_S)
        self._url, self.queue, self._clock = url, queue, clock
        self._process: subprocess.Popen[bytes] | None = None

    def stats(self) -> LoopStats:
        """Figures so far; what is queued lies on disk."""
        queued, dropped = len(self.queue), self.queue.dropped
        return LoopStats(
            self.name, self._progress, queued, dropped, self._failures, self._bugs, self._trouble, self._fatal
        )

    def _step(self) -> bool:
        waiting = self.queue.first(_IDLE_S)
        if waiting is None or self._stop.is_set():
            return False
        age_s = self._clock.wall() - waiting.put_at
        if age_s > TOO_OLD_S:
            log.warning("notice_given_up", sink=self.name, title=waiting.notice.title, age_s=round(age_s))
            self.queue.dropped += 1
        else:
            self._send(waiting.notice, str(waiting.still) if waiting.still else None)
        self.queue.done(waiting.number)
        return True

    def _send(self, notice: Notice, still: str | None) -> None:
        message = {
            "url": self._url, "title": notice.title, "body": notice.body, "priority": notice.priority, "still": still,
        }  # fmt: skip
        command = [sys.executable, "-m", "device.sinks.apprise_child"]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        except OSError as error:
            raise TransientSinkError(f"{self.name}: no process can be started ({error.strerror})") from error
        with self._process as process:
            try:
                _, said = process.communicate(json.dumps(message).encode(), timeout=SEND_S)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise TransientSinkError(f"{self.name}: no answer within {SEND_S:g} s") from error
        self._judge(process.returncode, said.decode("utf-8", "replace"))

    def _judge(self, status: int, said: str) -> None:
        lines = said.strip().splitlines()
        why = f"{self.name}: {lines[-1] if lines else f'its process ended with {status}'}"
        if status == NEVER:
            raise FatalSinkError(why)
        if status != DONE:
            raise TransientSinkError(why)

    def _wake(self) -> None:
        self.queue.wake()
        process = self._process
        if process is not None:
            # What was not sent is sent after the next start.
            process.kill()

    def _close(self) -> None:
        """Nothing to let go of: each message has had its process."""


class Notifier(Loop):
    """Makes messages of events, with a picture of the moment, and hands each to every courier."""

    def __init__(
        self,
        name: str,
        couriers: Sequence[Courier],
        *,
        digest: Digest,
        priorities: Sequence[Priority],
        armed_in: Sequence[ArmedState],
        still: Callable[[str], bytes | None],
        clock: Clock,
    ) -> None:
        """Get ready.

        Args:
            name: of this way.
            couriers: one for each address.
            digest: what is said when.
            priorities: of events that are worth a message.
            armed_in: states in which messages are sent.
            still: a camera's picture now, or None.
            clock: the time.
        """
        super().__init__(name)
        self._couriers, self._digest, self._still, self._clock = tuple(couriers), digest, still, clock
        self._priorities, self._armed_in = frozenset(priorities), frozenset(armed_in)
        # Guards what follows: whoever offers adds, this thread takes.
        self._changed = threading.Condition()
        self._events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self._armed: ArmedState = armed_in[0]
        self._dropped = 0

    def use_state(self, armed: ArmedState) -> None:
        """The guard is in another armed state."""
        self._armed = armed

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:  # noqa: ARG002 - waits for nobody
        """Take an event, if it is worth a message."""
        worth = event.priority in self._priorities and event.state != "end"
        # A test is to be heard in any state.
        if not worth or (self._armed not in self._armed_in and not event.data.get("test")):
            return True
        with self._changed:
            full = len(self._events) == MAX_EVENTS
            self._dropped += full
            self._events.append(event)
            self._changed.notify_all()
        return not full

    def stats(self) -> LoopStats:
        """Figures so far."""
        return LoopStats(
            self.name, self._progress, len(self._events), self._dropped, self._failures, self._bugs, self._trouble,
            self._fatal,
        )  # fmt: skip

    def _more(self) -> bool:
        return super()._more() or (bool(self._events) and not self._out_of_time)

    def _step(self) -> bool:
        event = self._take()
        now = self._clock.monotonic()
        notice = self._digest.hear(event, now) if event is not None else self._digest.tick(now)
        if notice is None:
            return event is not None
        self._put(notice, None if notice.camera is None else self._still(notice.camera))
        return True

    def _put(self, notice: Notice, jpeg: bytes | None) -> None:
        faults = []
        for courier in self._couriers:
            try:
                courier.queue.put(notice, jpeg, self._clock.wall())
            except StoreError as error:
                faults.append(str(error))
        if faults:
            # It waits in memory and is sent from there; only a restart would lose it.
            raise TransientSinkError(faults[0])

    def _take(self) -> Event | None:
        with self._changed:
            pause_s = min(max(0.0, self._digest.due() - self._clock.monotonic()), _IDLE_S)
            self._changed.wait_for(lambda: self._events or self._stop.is_set(), pause_s)
            return self._events.popleft() if self._events else None

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _close(self) -> None:
        """What is held back at the end is told after the next start."""
        notice = self._digest.tick(math.inf)
        if notice is not None:
            self._put(notice, None)


def still_of(pictures: Pictures, pixelated: frozenset[str]) -> Callable[[str], bytes | None]:
    """A camera's picture for a message, with people hidden where its owner wants that."""

    def still(camera: str) -> bytes | None:
        try:
            return pictures.jpeg(camera, boxes=True, pixelated=camera in pixelated, timeout_s=STILL_S)
        except KeyError:
            return None

    return still
