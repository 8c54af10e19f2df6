"""Has it told which events were given up before a broker had them. Gives up none."""

from collections.abc import Callable
from typing import Final

from device.core.drop_watch import MAX_RANGES, DropWatch
from device.core.event import Event
from device.core.message import MessageMaker
from device.ports import Clock
from device.rounds import Rounds
from device.store.store import Store

EVERY_S: Final = 5.0


class DropTeller(Rounds):
    """Looks at the outbox every few seconds, from a thread of its own."""

    def __init__(self, store: Store, clock: Clock, *, emit: Callable[[Event], None], messages: MessageMaker) -> None:
        """Not yet started."""
        super().__init__("outbox", every_s=EVERY_S)
        self._store, self._clock = store, clock
        self._emit, self._messages = emit, messages
        self._watch = DropWatch()

    def look(self) -> None:
        """Tell what is to be told now.

        Raises:
            StoreError: the outbox cannot be read.
        """
        # One more than fits into a message, so that the watch sees that there is more.
        untold = self._store.outbox_untold(MAX_RANGES + 1)
        room = self._store.outbox_has_room()
        for draft in self._watch.look(self._clock.monotonic(), untold=untold, room=room):
            self._emit(self._messages.make(draft, draft.priority, self._clock.wall()))

    def _close(self) -> None:
        for draft in self._watch.stop(self._clock.monotonic(), "the guard was stopped"):
            self._emit(self._messages.make(draft, draft.priority, self._clock.wall()))
