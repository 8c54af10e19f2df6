"""Deletes what must give way, in time and again and again. Decides nothing about what that is."""

from collections.abc import Callable
from typing import Final

import structlog

from device.core.event import Event
from device.core.message import MessageMaker
from device.core.retention import RetentionSettings, doomed
from device.core.room_watch import RoomWatch
from device.ports import Clock
from device.recorder.holdings import Holdings
from device.rounds import Rounds

log = structlog.get_logger(__name__)

EVERY_S: Final = 60.0
"""At 1.5 Mbit/s a camera writes 11 MiB in that time: far less than is left free."""


class Retention(Rounds):
    """Looks once a minute, from a thread of its own."""

    def __init__(
        self,
        holdings: Holdings,
        settings: RetentionSettings,
        clock: Clock,
        *,
        emit: Callable[[Event], None],
        messages: MessageMaker,
    ) -> None:
        """Not yet started."""
        super().__init__("retention", every_s=EVERY_S)
        self._holdings, self._settings, self._clock = holdings, settings, clock
        self._emit, self._messages = emit, messages
        self._watch = RoomWatch()

    def look(self) -> int:
        """Delete what must go now; how many went.

        Raises:
            StoreError: the recordings cannot be read, or one cannot be deleted.
        """
        wall = self._clock.wall() if self._clock.synced() else None
        free = self._holdings.free_bytes()
        going = doomed(self._holdings.listed(), self._settings, free_bytes=free, wall=wall)
        for held in going:
            self._holdings.delete(held)
        if going:
            log.info("recordings_deleted", count=len(going), mib=sum(it.size_bytes for it in going) >> 20)
        self._tell_room()
        return len(going)

    def _tell_room(self) -> None:
        now, free = self._clock.monotonic(), self._holdings.free_bytes()
        for draft in self._watch.look(now, free_bytes=free, min_free_bytes=self._settings.min_free_bytes):
            self._emit(self._messages.make(draft, draft.priority, self._clock.wall()))

    def _close(self) -> None:
        for draft in self._watch.stop(self._clock.monotonic(), "the guard was stopped"):
            self._emit(self._messages.make(draft, draft.priority, self._clock.wall()))
