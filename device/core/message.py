"""Makes a message of a rule's draft: who, when by the calendar, under which identity. Decides nothing."""

from collections.abc import Callable
from datetime import UTC, datetime

from device.core.event import Draft, Event, Priority
from device.core.ids import IdSource

MAX_ENDED = 4096
"""Happenings that are over and whose identity is remembered, for links; the oldest are forgotten first."""


class MessageMaker:
    """Gives messages their identity; one happening keeps one ``event_id`` from start to end."""

    def __init__(
        self, *, device: str, camera: str | None, boot_id: str, ids: IdSource, clock_synced: Callable[[], bool]
    ) -> None:
        """``clock_synced`` tells whether wall time can be believed."""
        self._device, self._camera, self._boot_id = device, camera, boot_id
        self._ids, self._synced = ids, clock_synced
        # By happening. What is open is bounded by the rules: each keeps state for the tracks that live, no more.
        self._open: dict[str, str] = {}
        self._ended: dict[str, str] = {}

    def make(self, draft: Draft, priority: Priority, wall: float | None) -> Event:
        """The message for a draft, not yet committed; ``wall`` is Unix time of the picture, s."""
        label = 0.0 if wall is None else wall
        message_id = self._ids.next(label)
        event_id = self._identity(draft, message_id)
        return Event(
            id=message_id,
            event_id=event_id,
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
            links=tuple(known for link in draft.links if (known := self._known(link))),
        )

    def _identity(self, draft: Draft, first_id: str) -> str:
        """The ``event_id`` of a happening: the id of its first message."""
        identity = self._known(draft.happening) or first_id
        if draft.t_end is None:
            self._open[draft.happening] = identity
            return identity
        self._open.pop(draft.happening, None)
        self._ended[draft.happening] = identity
        if len(self._ended) > MAX_ENDED:
            del self._ended[next(iter(self._ended))]
        return identity

    def _known(self, happening: str) -> str | None:
        return self._open.get(happening) or self._ended.get(happening)
