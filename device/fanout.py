"""Hands each event to the pins at once and to the store after them. Decides nothing and waits for nobody else."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from device.core.event import Event

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Whoever takes events without making the giver wait; ``Worker`` and the broker's runner are two."""

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:
        """Take an event, waiting no longer than that for room; False where it, or another for it, was lost.

        Never raises.
        """


@dataclass(frozen=True, slots=True)
class FanoutStats:
    """Figures for health."""

    emitted: int
    lost: int
    """Events that the first listener behind the pins, the store as a rule, had no room for."""


class Fanout:
    """The one place where the pipeline leaves its events.

    The pins act before anything is written: a siren never waits for a disk. Everybody else hears of an event from the
    store's sink, after its row is committed.
    """

    def __init__(self, pins: Sequence[Listener], store: Listener, *, patience_s: float = 0.05) -> None:
        """Tell the pins first, then the store, which tells the rest."""
        self._pins = tuple(pins)
        self._store = store
        self._patience_s = patience_s
        # Guards the figures below: several cameras' pipelines emit.
        self._lock = threading.Lock()
        self._emitted = 0
        self._lost = 0
        self._full = False

    def emit(self, event: Event) -> None:
        """Hand an event on; takes no longer than ``patience_s``, and that only while the store's queue fills up.

        Once it has waited in vain it does not wait again until there is room: a broken disk costs the pipeline one
        moment, not one an event.
        """
        for pin in self._pins:
            pin.offer(event)
        kept = self._store.offer(event, wait_s=0.0 if self._full else self._patience_s)
        with self._lock:
            self._emitted += 1
            self._lost += not kept
            newly_full, self._full = not kept and not self._full, not kept
        if newly_full:
            log.error("store_queue_full", advice="the disk is full or fails: events are being lost")

    def stats(self) -> FanoutStats:
        """Figures so far; health is degraded while ``lost`` grows."""
        with self._lock:
            return FanoutStats(self._emitted, self._lost)
