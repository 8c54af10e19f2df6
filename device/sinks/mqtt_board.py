"""What a broker should know of this device beside its events: retained states, and words said once. Talks to nobody."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MAX_STATES: Final = 512
"""Topics; more would be a fault of whoever makes their names."""
_MAX_WORDS: Final = 64
"""Words that wait for a connection; the oldest are the first to be of no more use."""

Payload = str | bytes


@dataclass(frozen=True, slots=True)
class Posted:
    """One message to be published."""

    topic: str
    payload: Payload
    retain: bool


class Board:
    """States by topic, of which only the newest matters, and words that nobody needs later; from any thread.

    A state is sent when it changes and all of them after each connection, so that a broker that forgot everything knows
    how things stand now. None is ever replayed.
    """

    def __init__(self) -> None:
        """Empty."""
        # Guards what follows: everybody posts, the broker's thread takes.
        self._lock = threading.Lock()
        self._states: dict[str, Payload] = {}
        self._changed: dict[str, None] = {}
        self._words: deque[Posted] = deque(maxlen=_MAX_WORDS)
        self._wake: Callable[[], None] = lambda: None

    def listen(self, wake: Callable[[], None]) -> None:
        """Have a function called whenever there is something to send."""
        self._wake = wake

    def put(self, topic: str, payload: Payload) -> None:
        """How something stands now.

        Raises:
            ValueError: there are more topics than there can be.
        """
        with self._lock:
            if self._states.get(topic) == payload:
                return
            if topic not in self._states and len(self._states) >= MAX_STATES:
                raise ValueError(f"more than {MAX_STATES} topics")
            self._states[topic] = payload
            self._changed[topic] = None
        self._wake()

    def say(self, topic: str, payload: Payload) -> None:
        """Something that only matters now."""
        with self._lock:
            self._words.append(Posted(topic, payload, retain=False))
        self._wake()

    def begin(self) -> list[Posted]:
        """A connection begins: every state; words from before are forgotten."""
        with self._lock:
            self._words.clear()
            self._changed.clear()
            return [Posted(topic, payload, retain=True) for topic, payload in self._states.items()]

    def take(self) -> list[Posted]:
        """What is new since the last call."""
        with self._lock:
            states = [Posted(topic, self._states[topic], retain=True) for topic in self._changed]
            words = list(self._words)
            self._changed.clear()
            self._words.clear()
        return [*states, *words]
