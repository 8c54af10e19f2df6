"""The sink in front of the store: commits an event, then lets the others know. Knows no sink by name."""

from collections.abc import Sequence
from typing import Final

import structlog

from device.core.event import Event
from device.core.rising_time import RisingTime
from device.errors import StoreError, TransientSinkError
from device.fanout import Listener
from device.store.store import Store

log = structlog.get_logger(__name__)

_COMMITS_A_PRUNING: Final = 256


class StoreSink:
    """Told of every event first; whoever listens behind it hears of an event once its row is on disk.

    While the disk is full or fails, events wait in the queue of this sink's worker, in order, and are tried again; when
    that is full the least important gives way (see ``Worker``).
    """

    name = "store"

    def __init__(self, store: Store, listeners: Sequence[Listener] = (), *, max_rows: int = 100_000) -> None:
        """Commit to a store that belongs to the caller, keeping at most about ``max_rows`` events."""
        self._store = store
        self._listeners = tuple(listeners)
        self._max_rows = max_rows
        # The first event after a start prunes: the bound may have been made smaller.
        self._until_pruning = 0
        # Made with the first event: a store that cannot be read then is tried again.
        self._rising: RisingTime | None = None

    def listen(self, listener: Listener) -> None:
        """Have one more hear of what is committed from now on; from any thread."""
        self._listeners = (*self._listeners, listener)

    def handle(self, event: Event) -> None:
        """Commit, then tell.

        Raises:
            TransientSinkError: the row is not on disk, and nobody was told.
        """
        try:
            if self._rising is None:
                newest = self._store.events(limit=1)
                self._rising = RisingTime(newest[0].time if newest else None)
            committed = self._store.commit(self._rising.heed(event))
        except StoreError as error:
            raise TransientSinkError(str(error)) from error
        for listener in self._listeners:
            listener.offer(committed)
        self._prune_sometimes()

    def close(self) -> None:
        """Nothing to let go of: the store belongs to the caller."""

    def _prune_sometimes(self) -> None:
        self._until_pruning -= 1
        if self._until_pruning >= 0:
            return
        self._until_pruning = _COMMITS_A_PRUNING
        try:
            pruned = self._store.prune(self._max_rows)
        except StoreError as error:
            # The event is safe and told; raising here would tell it twice.
            log.warning("store_prune_failed", reason=str(error))
            return
        if pruned.dropped:
            log.warning("outbox_dropped", count=len(pruned.dropped), first=pruned.dropped[0], last=pruned.dropped[-1])
