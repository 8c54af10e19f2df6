"""Makes a message of a rule's draft: who, when by the calendar, under which identity. Decides nothing."""

from collections.abc import Callable
from datetime import UTC, datetime

from device.core.event import Draft, Event, Priority
from device.core.ids import IdSource

MAX_OPEN = 4096
"""Happenings whose identity is remembered; the oldest are forgotten first."""


class MessageMaker:
    """Gives messages their identity; one happening keeps one ``event_id`` from start to end."""

    def __init__(
        self, *, device: str, camera: str | None, boot_id: str, ids: IdSource, clock_synced: Callable[[], bool]
    ) -> None:
        """``clock_synced`` tells whether wall time can be believed."""
        self._device, self._camera, self._boot_id = device, camera, boot_id
        self._ids, self._synced = ids, clock_synced
        self._open: dict[str, str] = {}

    def make(self, draft: Draft, priority: Priority, wall: float | None) -> Event:
        """The message for a draft, not yet committed; ``wall`` is Unix time of the picture, s."""
        label = 0.0 if wall is None else wall
        message_id = self._ids.next(label)
        return Event(
            id=message_id,
            event_id=self._identity(draft.happening, message_id),
            seq=None,
            device=self._device,
            camera=self._camera,
            kind=draft.kind,
            priority=priority,
            state=draft.state,
            t_start=round(draft.t_start, 6),
            t_end=None if draft.t_end is None else round(draft.t_end, 6),
            t_emitted=round(draft.t_emitted, 6),
            time=datetime.fromtimestamp(label, tz=UTC).isoformat(timespec="milliseconds"),
            clock_synced=wall is not None and self._synced(),
            boot_id=self._boot_id,
            confidence=draft.confidence,
            zone=draft.zone,
            objects=draft.objects,
            rule=draft.rule,
            reasons=draft.reasons,
            data=draft.data,
            links=tuple(self._open[link] for link in draft.links if link in self._open),
        )

    def _identity(self, happening: str, first_id: str) -> str:
        """The ``event_id`` of a happening: the id of its first message."""
        if happening not in self._open:
            while len(self._open) >= MAX_OPEN:
                del self._open[next(iter(self._open))]
            self._open[happening] = first_id
        return self._open[happening]
