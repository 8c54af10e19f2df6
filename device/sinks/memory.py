"""The fake sink: keeps what it is told, for tests and demonstrations. Tells nobody."""

from collections import deque

from device.core.event import Event
from device.errors import FatalSinkError


class MemorySink:
    """Keeps the last events it was told of."""

    def __init__(self, name: str = "memory", *, capacity: int = 1000) -> None:
        """Keep at most ``capacity`` events, the newest."""
        self.name = name
        self._events: deque[Event] = deque(maxlen=capacity)
        self._closed = False

    @property
    def events(self) -> tuple[Event, ...]:
        """What was kept, oldest first; also after closing."""
        return tuple(self._events)

    def handle(self, event: Event) -> None:
        """Keep an event.

        Raises:
            FatalSinkError: the sink is closed.
        """
        if self._closed:
            raise FatalSinkError(f"{self.name}: closed")
        self._events.append(event)

    def close(self) -> None:
        """Take no more."""
        self._closed = True
