"""Rules about things on a floor: one was left behind, one that belongs there is gone. Looks at no picture itself."""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from device.core.event import Draft
from device.core.geometry import Box, Polygon, box_area, intersection
from device.core.rules.scene import CANDIDATE_FLOOR, RuleSettings, Scene
from device.core.rules.senses import LIVE, Senses
from device.core.shelf.ledger import Change
from device.core.shelf.settings import Least, ShelfSettings
from device.core.track import Track

FLOOR = ShelfSettings(
    margin_frac=0.0,
    period_s=0.5,
    settle_s=3.0,
    # A hand bag across a yard to a suitcase near by.
    min_item_frac=0.0008,
    max_item_frac=0.04,
    people_hide=True,
    propose=False,
    absorb_s=600.0,
    # Grey things on grey ground differ little, and a floor is looked at with more patience than a shelf: of a plain
    # thing only the rim tells it from a patch of light.
    edge_slack=0.12,
    luma_change=8.5,
    # A real bag among the patterns of a real floor has .3 to .45 for it; what a hand does to goods is no matter here.
    least=Least(0.25, 0.25, 0.25),
)
"""The whole floor as one shelf, looked at with patience."""
NEAR_OF_HEIGHT = 0.25
"""Whoever stands so near to a thing, in heights of their box, is still with it."""
MAX_PENDING = 32
PART_NEAR_FRAC = 1.5
"""A thing of one colour is often seen by its rims alone: so near, in its own size, another change is a part of it."""
PART_WITHIN_S = 12.0
WHOLE = Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


class SharedWatch:
    """One floor, looked at once a moment, however many rules ask."""

    def __init__(self, area: Polygon | None, senses: Senses = LIVE) -> None:
        """``area`` None is the whole picture; ``senses`` look at it."""
        self._watch = senses.watch("floor", area or WHOLE, None, FLOOR)
        self._t = -math.inf
        self._changes: tuple[Change, ...] = ()

    def observe(self, scene: Scene, people: tuple[Track, ...]) -> tuple[Change, ...]:
        """What this moment shows to have happened on the floor; nothing without a picture."""
        if scene.t != self._t and scene.frame is not None:
            self._t = scene.t
            self._changes = self._watch.observe(scene.frame, people, scene.t, scene.motion)
        return self._changes if scene.t == self._t else ()

    def is_undone(self, change: Change) -> bool:
        """Whether a place looks again as it did before a change."""
        return self._watch.is_undone(change)


@dataclass(slots=True)
class _Thing:
    """Something that came, or that went."""

    change: Change
    alone_since: float
    """Since when nobody has been near it, s."""
    told: str | None = None
    """The happening, once it is told."""


class ThingRule:
    """``object_left``: lasts until it is fetched. ``object_removed``: told once."""

    def __init__(self, settings: RuleSettings, watch: SharedWatch, kind: Literal["left", "removed"]) -> None:
        """``settings.after_s`` is how long nobody must be near."""
        self.settings = settings
        self._kind = kind
        self._watch = watch
        self._things: deque[_Thing] = deque(maxlen=MAX_PENDING)
        self._changed: deque[Box] = deque(maxlen=MAX_PENDING)
        self._parts: deque[tuple[Box, float]] = deque(maxlen=MAX_PENDING)
        self._count = 0

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        if scene.frame is None:
            return ()
        people = scene.people  # nobody else guards a thing, or hides it
        drafts = [draft for change in self._watch.observe(scene, people) for draft in self._note(change, scene.t)]
        for thing in self._things:
            if any(is_near(thing.change.box, track) for track in people):
                thing.alone_since = scene.t
            elif thing.told is None and scene.t - thing.alone_since >= self.settings.after_s:
                undone = self._watch.is_undone(thing.change)
                drafts += [] if undone else self._tell(thing, scene.t)
        if self._kind == "removed":
            self._drop([thing for thing in self._things if thing.told])
        return tuple(drafts)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """Nobody watches any more: what was left is no longer looked at."""
        ends = [self._draft(thing, "end", t, why) for thing in self._things if thing.told and self._kind == "left"]
        self._things.clear()
        return tuple(ends)

    def finish(self, t: float) -> tuple[Draft, ...]:  # noqa: ARG002 - what lies there, lies there
        """Nothing is ever undecided here."""
        return ()

    def _note(self, change: Change, t: float) -> list[Draft]:
        """A change is a thing of this rule's kind, or the end of one, or neither."""
        wanted = "returned" if self._kind == "left" else "taken"
        undoes = self._undoes(change)
        self._changed.append(change.box)
        if change.kind == wanted and not undoes:
            if self._is_part(change):
                return []
            self._parts.append((change.box, change.t_contact))
            self._things.append(_Thing(change, change.t_clear))
            return []
        gone = [thing for thing in self._things if _same(thing.change.box, change.box)]
        self._drop(gone)
        return [self._draft(thing, "end", t, "it was fetched") for thing in gone if thing.told and self._kind == "left"]

    def _is_part(self, change: Change) -> bool:
        """Whether it is another piece of something that has gone already: told once, not by its pieces."""
        if self._kind == "left":
            return False
        return any(
            abs(change.t_contact - t) <= PART_WITHIN_S and intersection(_grown(box), _grown(change.box)) > 0.0
            for box, t in self._parts
        )

    def _undoes(self, change: Change) -> bool:
        """Whether it only brings back what was there before, or takes away what had come."""
        if self._kind == "removed":
            # What has changed before did not stand there from the first.
            return any(_same(box, change.box) for box in self._changed)
        return change.restores

    def _drop(self, things: Iterable[_Thing]) -> None:
        for thing in list(things):
            self._things.remove(thing)

    def _tell(self, thing: _Thing, t: float) -> list[Draft]:
        sure = thing.change.confidence >= self.settings.min_confidence
        if not sure and not (self.settings.keep_candidates and thing.change.confidence >= CANDIDATE_FLOOR):
            thing.alone_since = math.inf
            return []
        self._count += 1
        thing.told = f"{self.settings.name}/{self._count}"
        return [self._draft(thing, "start", t)]

    def _draft(self, thing: _Thing, state: Literal["start", "end"], t: float, why: str = "") -> Draft:
        change, lasts = thing.change, self._kind == "left" and state == "start"
        alone = f"nobody near it for {max(0.0, t - thing.alone_since):.1f} s (asked: {self.settings.after_s:g} s)"
        return Draft(
            kind=self.settings.kind,
            state=state,
            happening=thing.told or "",
            t_start=change.t_contact,
            t_end=None if lasts else t,
            t_emitted=t,
            confidence=change.confidence,
            zone=self.settings.zone,
            rule=self.settings.ref,
            reasons=(*change.reasons, why or alone),
            candidate=change.confidence < self.settings.min_confidence,
            data={"box": [round(edge, 4) for edge in change.box], "owner": change.track},
        )


def is_near(place: Box, track: Track) -> bool:
    """Whether somebody is still with a thing."""
    x1, y1, x2, y2 = track.box
    reach = NEAR_OF_HEIGHT * (y2 - y1)
    return intersection(place, (x1 - reach, y1 - reach, x2 + reach, y2 + reach)) > 0.0


def _grown(box: Box) -> Box:
    """With room for what is missing of it."""
    x1, y1, x2, y2 = box
    reach = PART_NEAR_FRAC * max(x2 - x1, y2 - y1)
    return x1 - reach, y1 - reach, x2 + reach, y2 + reach


def _same(one: Box, other: Box) -> bool:
    return intersection(one, other) > 0.3 * min(box_area(one), box_area(other))
