"""In which zones somebody is, by the events about them. Judges nothing."""

import threading
from collections.abc import Iterable
from typing import Final

from device.core.event import Event, Kind

_SAYS: Final = frozenset[Kind]({"person_in_zone", "loitering", "after_hours", "crowding", "vehicle_in_zone"})
"""Kinds that last while somebody is there."""
_MOST: Final = 256
"""Happenings of a zone that are remembered at a time."""


class Zones:
    """From any thread."""

    def __init__(self, zones: Iterable[str]) -> None:
        """All empty; each is named ``camera/zone``."""
        self._lock = threading.Lock()  # guards what follows
        self._there: dict[str, set[str]] = {zone: set() for zone in zones}

    def note(self, event: Event) -> None:
        """Something began or ended."""
        zone = f"{event.camera}/{event.zone}"
        if event.kind not in _SAYS or zone not in self._there:
            return
        with self._lock:
            there = self._there[zone]
            if event.t_end is not None:
                there.discard(event.event_id)
            elif len(there) < _MOST:
                there.add(event.event_id)

    def occupied(self) -> dict[str, bool]:
        """Each zone, and whether somebody is in it."""
        with self._lock:
            return {zone: bool(there) for zone, there in self._there.items()}
