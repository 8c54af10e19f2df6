"""Rules about one shelf: an item was taken or returned, many were swept off, few are left. Looks at no picture."""

from collections import deque
from typing import Literal

from device.core.event import Draft
from device.core.rules.floor import Floor, ShelfChange
from device.core.rules.scene import CANDIDATE_FLOOR, RuleSettings, Scene, as_object

LOW_FRAC = 0.25
"""A shelf with fewer of its items left is low."""
LOW_AGAIN = 1.4
"""It is no longer low when so many times as many are left: a hand in the way makes no row of events."""
MAX_RECENT = 64


class ItemMoved:
    """``item_taken`` and ``item_returned``: one message for each, state ``start`` with ``t_end`` set."""

    def __init__(self, settings: RuleSettings, floor: Floor, kind: Literal["taken", "returned"]) -> None:
        self.settings = settings
        self._floor, self._kind = floor, kind

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        wanted = [c for c in self._floor.observe(scene) if c.kind == self._kind and c.shelf == self.settings.zone]
        drafts = (self._draft(change, scene) for change in wanted if not change.by_staff)
        return tuple(draft for draft in drafts if draft is not None)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:  # noqa: ARG002 - a taking does not last
        """Nothing ever lasts here."""
        return ()

    def finish(self, t: float) -> tuple[Draft, ...]:  # noqa: ARG002 - each is decided at once
        """Nothing is ever undecided here."""
        return ()

    def _draft(self, change: ShelfChange, scene: Scene) -> Draft | None:
        sure = change.confidence >= self.settings.min_confidence
        if not sure and not (self.settings.keep_candidates and change.confidence >= CANDIDATE_FLOOR):
            return None
        return Draft(
            kind=self.settings.kind,
            state="start",
            happening=change.happening,
            t_start=change.t_contact,
            t_end=max(change.t_contact, change.change.t_clear),
            t_emitted=scene.t,
            confidence=change.confidence,
            zone=self.settings.zone,
            rule=self.settings.ref,
            reasons=change.change.reasons,
            candidate=not sure,
            objects=tuple(as_object(track) for track in scene.tracks if track.id == change.track),
            data={
                "slot": change.slot,
                "items": change.items,
                "track": change.track,
                "box": [round(edge, 4) for edge in change.box],
            },
            links=(change.undoes,) if change.undoes else (),
        )


class ShelfSwept:
    """Many items leave one shelf within a short time."""

    def __init__(self, settings: RuleSettings, floor: Floor) -> None:
        """``settings.after_s`` is the time within which ``settings.count`` items must have been taken."""
        self.settings = settings
        self._floor, self._items = floor, settings.count
        self._recent: deque[ShelfChange] = deque(maxlen=MAX_RECENT)
        self._quiet_until = float("-inf")
        self._count = 0

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        news = [c for c in self._floor.observe(scene) if c.shelf == self.settings.zone and not c.by_staff]
        if not news:
            return ()
        gone = {change.undoes for change in news if change.undoes}
        kept = [c for c in self._recent if c.happening not in gone and c.t_contact >= scene.t - 4 * self._window_s]
        kept = [c for c in kept if not self._floor.is_in_uniform_since(c.track, c.t_contact)]
        kept += [change for change in news if change.kind == "taken"]
        self._recent = deque(kept, maxlen=MAX_RECENT)
        swept = self._swept()
        if sum(change.items for change in swept) < self._items or scene.t < self._quiet_until:
            return ()
        return self._tell(swept, scene)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:  # noqa: ARG002 - told at once
        """Nothing ever lasts here."""
        return ()

    def finish(self, t: float) -> tuple[Draft, ...]:  # noqa: ARG002 - told at once
        """Nothing is ever undecided here."""
        return ()

    @property
    def _window_s(self) -> float:
        return self.settings.after_s

    def _swept(self) -> list[ShelfChange]:
        """The takings of the window that holds most items."""
        best: list[ShelfChange] = []
        for last in self._recent:
            window = [c for c in self._recent if last.t_contact - self._window_s <= c.t_contact <= last.t_contact]
            if sum(c.items for c in window) > sum(c.items for c in best):
                best = window
        return best

    def _tell(self, swept: list[ShelfChange], scene: Scene) -> tuple[Draft, ...]:
        confidence = min(change.confidence for change in swept)
        sure = confidence >= self.settings.min_confidence
        if not sure and not self.settings.keep_candidates:
            return ()
        self._quiet_until = scene.t + self.settings.cooldown_s
        self._recent.clear()
        self._count += 1
        items, first, last = sum(c.items for c in swept), swept[0].t_contact, swept[-1].t_contact
        people = sorted({change.track for change in swept if change.track is not None})
        draft = Draft(
            kind=self.settings.kind,
            state="start",
            happening=f"{self.settings.name}/{self._count}",
            t_start=min(first, last),
            t_end=max(first, last),
            t_emitted=scene.t,
            confidence=confidence,
            zone=self.settings.zone,
            rule=self.settings.ref,
            reasons=(
                f"{items} items left shelf {self.settings.zone} within {abs(last - first):.1f} s "
                f"(asked: {self._items} within {self._window_s:g} s)",
                *(change.change.reasons[0] for change in swept[:8]),
            ),
            candidate=not sure,
            objects=tuple(as_object(track) for track in scene.tracks if track.id in people),
            data={"items": items, "tracks": people},
            links=tuple(change.happening for change in swept),
        )
        return (draft,)


class ShelfLow:
    """Few items are left; lasts until there are more again."""

    def __init__(self, settings: RuleSettings, floor: Floor, frac: float = LOW_FRAC) -> None:
        self.settings = settings
        self._floor, self._frac = floor, frac
        self._since: float | None = None
        self._count = 0

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        if not any(change.shelf == self.settings.zone for change in self._floor.observe(scene)):
            return ()
        stock = self._floor.stock(self.settings.zone or "")
        left_frac = 1.0 - stock.missing / max(1, stock.slots)
        if self._since is None and stock.slots and left_frac <= self._frac:
            self._since, self._count = scene.t, self._count + 1
            return (self._draft("start", scene.t, stock.slots - stock.missing, stock.slots),)
        if self._since is not None and left_frac > min(0.99, self._frac * LOW_AGAIN):
            return self._end(scene.t, f"{stock.slots - stock.missing} of {stock.slots} items are there again")
        return ()

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """Nobody watches any more."""
        return () if self._since is None else self._end(t, why)

    def finish(self, t: float) -> tuple[Draft, ...]:  # noqa: ARG002 - what lasts, lasts
        """Nothing is ever undecided here."""
        return ()

    def _end(self, t: float, why: str) -> tuple[Draft, ...]:
        stock = self._floor.stock(self.settings.zone or "")
        draft = self._draft("end", t, stock.slots - stock.missing, stock.slots, why)
        self._since = None
        return (draft,)

    def _draft(self, state: Literal["start", "end"], t: float, left: int, slots: int, why: str = "") -> Draft:
        left = max(0, left)
        return Draft(
            kind=self.settings.kind,
            state=state,
            happening=f"{self.settings.name}/{self._count}",
            t_start=t if self._since is None else self._since,
            t_end=t if state == "end" else None,
            t_emitted=t,
            confidence=0.8,
            zone=self.settings.zone,
            rule=self.settings.ref,
            reasons=(why or f"{left} of {slots} items are left (asked: {self._frac:.0%} or fewer)",),
            data={"left": left, "slots": slots},
        )
