"""Keeps the labels of time from going back when the clock does. Knows no clock."""

from dataclasses import replace
from datetime import datetime

from device.core.event import Event


class RisingTime:
    """Looks at events in the order in which they are kept."""

    def __init__(self, last: str | None) -> None:
        """Go on from the label of the last event that was kept, RFC 3339; None where there is none."""
        self._last = last

    def heed(self, event: Event) -> Event:
        """The event, with the label of the one before where its own lies before that; such a one is not believed."""
        if self._last is not None and datetime.fromisoformat(event.time) < datetime.fromisoformat(self._last):
            return replace(event, time=self._last, clock_synced=False)
        self._last = event.time
        return event
