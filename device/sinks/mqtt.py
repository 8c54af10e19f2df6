"""Takes the store's outbox to the broker, in order, and strikes off what the broker has. Owns no queue of its own."""

import math
import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Final, Protocol

from device.core.event import Event, encode
from device.errors import ConfigError, FatalSinkError, StoreError, TransientSinkError
from device.sinks.mqtt_board import Board, Posted
from device.sinks.mqtt_ears import Ear
from device.sinks.mqtt_session import Broker, Session, Will, read_password
from device.worker import Backoff, Loop, LoopStats, Wait

_WINDOW: Final = 20
"""Messages on the way at a time: a slow link is kept busy, and a lost connection repeats no more than these."""
_IDLE_S: Final = 5.0
"""The longest sleep: well under the keep-alive, which is looked after on waking."""
_GOODBYE_S: Final = 1.0
_BACKOFF: Final = Backoff(first_s=1.0, cap_s=60.0)
_MAX_RESENT: Final = 20_000
"""Acknowledged events that are remembered for sending again, at most: what a backlog of hours brings in ten seconds."""
_REFUSED_RETRY_S: Final = 300.0
"""A refused user is tried again at this pace: the fault may be mended on the broker."""


class Outbox(Protocol):
    """What the runner needs of the store."""

    def outbox_next(self, after_seq: int = 0, limit: int = 100) -> list[Event]:
        """Events that wait, in order, from above a number on."""

    def outbox_size(self) -> int:
        """How many wait."""

    def outbox_last(self) -> int:
        """The highest number that waits; 0 where none does."""

    def acknowledge(self, *seqs: int) -> None:
        """The broker has these."""

    def lately_taken(self, seconds: float) -> list[int]:
        """Numbers of what the broker had in the last so many seconds before the newest such, rising."""

    def stored(self, seqs: Sequence[int]) -> list[Event]:
        """Events by their numbers, in order; those that are gone are left out."""


class MqttRunner(Loop):
    """The broker's side of the outbox: every event goes out at least once, in the order of ``seq``.

    An event leaves the outbox once the broker has acknowledged it; what was on the way when a connection died goes out
    again on the next, from the lowest number on, after what the broker took in the last seconds before: it may have
    acknowledged what it had not yet stored. ``availability`` says online or offline, the latter by last will too.
    """

    def __init__(
        self,
        outbox: Outbox,
        broker: Broker,
        device: str,
        *,
        clock: Callable[[], float],
        board: Board | None = None,
        backoff: Backoff = _BACKOFF,
        wait: Wait = threading.Event.wait,
        shake: Callable[[], float] = random.random,
    ) -> None:
        """Prepare to drain an outbox to a broker.

        Args:
            outbox: what waits.
            broker: where it goes.
            device: this one's name.
            clock: monotonic seconds.
            board: states and words that the broker is told of beside events.
            backoff: pauses between tries.
            wait: how to wait.
            shake: random, 0..1.

        Raises:
            ConfigError: the password or a certificate cannot be read.
        """
        super().__init__("mqtt", backoff=backoff, fatal_retry_s=_REFUSED_RETRY_S, wait=wait, shake=shake)
        if broker.password_file is not None:
            read_password(broker.password_file)
        if broker.tls is not None:
            broker.tls.context()
        self._outbox = outbox
        self._broker = broker
        self._clock = clock
        self._event_topic = f"shopwarden/{device}/event"
        self._availability_topic = f"shopwarden/{device}/availability"
        # Replaced by the runner's thread; others only wake whichever there is.
        self._session: Session | None = None
        self._taken: dict[int, float] = {}
        """What the broker acknowledged of late, and when; infinity for what is being sent again. In that order."""
        self._again: deque[int] = deque()
        """Numbers of what is still to be sent again on this connection."""
        self._heard_t = -math.inf
        """When the broker of the last connection was last heard, s."""
        self._board = board or Board()
        self._board.listen(self._wake)
        self._ears: tuple[Ear, ...] = ()
        self._hearing = 0
        """How many of them this session has asked for."""
        self._on_the_way: dict[int, int | None] = {}
        self._last_seq = 0
        self._late_to = 0
        """What waited before there was this connection, by its highest number."""

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:  # noqa: ARG002 - the event is read from the store
        """Note that there is something new in the outbox."""
        self._wake()
        return True

    def listen(self, *ears: Ear) -> None:
        """Have these told of what the broker sends."""
        self._ears = (*self._ears, *ears)
        self._wake()

    def stats(self) -> LoopStats:
        """Figures so far; what is queued lies on disk.

        Raises:
            StoreError: the outbox cannot be counted.
        """
        queued = self._outbox.outbox_size()
        return LoopStats(self.name, self._progress, queued, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def _step(self) -> bool:
        with ExitStack() as undo:
            # Whatever goes wrong, the next step starts with a new connection.
            undo.callback(self._hang_up)
            try:
                healthy = self._exchange(self._session or self._connect())
            except StoreError as error:
                raise TransientSinkError(str(error)) from error
            undo.pop_all()
            return healthy

    def _connect(self) -> Session:
        try:
            session = Session(self._broker, Will(self._availability_topic, "offline"), self._clock)
        except ConfigError as error:
            # The password file went away while we ran.
            raise FatalSinkError(str(error)) from error
        with ExitStack() as undo:
            undo.callback(session.close)
            self._greet(session)
            undo.pop_all()
        self._session = session
        return session

    def _greet(self, session: Session) -> None:
        """Say how things stand, ask for what concerns us, and repeat what may have been lost."""
        self._on_the_way = {session.publish(self._availability_topic, "online", retain=True): None}
        self._last_seq = 0
        self._late_to = self._outbox.outbox_last()
        self._hearing = 0
        self._hear(session)
        self._post(session, self._board.begin())
        # Counted from the broker's last word, not from now: however long it was away, it forgot what it took before.
        if self._heard_t == -math.inf and not self._taken and self._broker.resend_s > 0:
            # Whoever ran before us may have lost its power together with the broker.
            again = self._outbox.lately_taken(self._broker.resend_s)[-_MAX_RESENT:]
            self._taken = dict.fromkeys(again, math.inf)
        else:
            since = self._heard_t - self._broker.resend_s
            self._taken = {seq: math.inf for seq, t in self._taken.items() if t > since}
        self._again = deque(sorted(self._taken))

    def _hear(self, session: Session) -> None:
        """Ask for the topics of those who have begun to listen."""
        for ear in self._ears[self._hearing :]:
            ear.connected()
            session.subscribe(*ear.topics)
            self._hearing += 1

    def _post(self, session: Session, posted: Sequence[Posted]) -> None:
        for it in posted:
            self._on_the_way[session.publish(it.topic, it.payload, retain=it.retain)] = None

    def _exchange(self, session: Session) -> bool:
        self._hear(session)
        self._post(session, self._board.take())
        self._send_again(session)
        room = 0 if self._again else _WINDOW - len(self._on_the_way)
        for event in self._outbox.outbox_next(self._last_seq, room) if room > 0 else ():
            if event.seq is not None:
                self._on_the_way[session.publish(self._event_topic, self._message(event, event.seq))] = event.seq
                self._last_seq = event.seq
        session.pump(_IDLE_S)
        for message in session.received():
            for ear in self._ears:
                if ear.wants(message.topic):
                    ear.hear(message)
        return self._strike_off(session)

    def _send_again(self, session: Session) -> None:
        """Repeat what may have been lost, before anything newer; what is no longer in the store is left out."""
        while self._again and (room := _WINDOW - len(self._on_the_way)) > 0:
            seqs = [self._again.popleft() for _ in range(min(room, len(self._again)))]
            there = self._outbox.stored(seqs)
            for event in there:
                self._on_the_way[session.publish(self._event_topic, encode(replace(event, late=True)))] = event.seq
            for seq in set(seqs).difference(event.seq for event in there):
                del self._taken[seq]

    def _message(self, event: Event, seq: int) -> str:
        return encode(replace(event, late=seq <= self._late_to))

    def _strike_off(self, session: Session) -> bool:
        numbers = session.acknowledged()
        seqs = [self._on_the_way.pop(number, None) for number in numbers]
        done = [seq for seq in seqs if seq is not None]
        if done:
            self._outbox.acknowledge(*done)
            self._note_taken(done, session.heard_t)
        return bool(numbers)

    def _note_taken(self, seqs: Sequence[int], t: float) -> None:
        for seq in seqs:
            self._taken.pop(seq, None)
            self._taken[seq] = t
        while len(self._taken) > _MAX_RESENT or (self._taken and self._is_old(t)):
            del self._taken[next(iter(self._taken))]

    def _is_old(self, t: float) -> bool:
        """Whether the oldest of them is of no more use: the broker has been heard since, long after."""
        return next(iter(self._taken.values())) <= t - self._broker.resend_s

    def _wake(self) -> None:
        session = self._session
        if session is not None:
            session.wake()

    def _close(self) -> None:
        session = self._session
        if session is None:
            return
        try:
            self._say_goodbye(session)
        finally:
            self._hang_up()

    def _say_goodbye(self, session: Session) -> None:
        number = session.publish(self._availability_topic, "offline", retain=True)
        self._on_the_way[number] = None
        deadline = self._clock() + _GOODBYE_S
        while number in self._on_the_way and self._clock() < deadline:
            session.pump(deadline - self._clock())
            self._strike_off(session)
        session.disconnect()

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        self._on_the_way = {}
        if session is not None:
            self._heard_t = session.heard_t
            session.close()
