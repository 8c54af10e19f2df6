"""Who has taken what from which shelf and not put it back or paid for it. Sees no picture; makes no events."""

import math
from dataclasses import dataclass, field, replace

from device.core.geometry import Box, Point, Polygon, box_area, intersection
from device.core.rules.floor import Floor, ShelfChange
from device.core.rules.scene import Scene
from device.core.track import Track

MAX_HOLDINGS = 256
"""Holdings that are kept; the oldest are forgotten first."""
HAND_OVER_S = 8.0
"""Within so long after a track broke, one that begins near by may be the same person."""
HAND_OVER_OF_HEIGHT = 1.2
"""How near: distance of the feet in heights of the box, and as much again for each second of walking."""
HAND_OVER_DOUBT = 0.8
"""What confidence is left after a hand-over by place and time alone."""
PAID_DOUBT = 0.35
"""What confidence is left of a holding when its holder stood at a till, but not long enough."""
UNIFORM_DOUBT = 0.35
"""What is left where staff in uniform holds what a customer may have taken: the number passed to another body."""
LOST_S = 600.0
"""So long a holding waits for a holder who has gone out of sight."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one taking put into somebody's hands."""

    happening: str
    """The taking."""
    shelf: str
    slot: int | None
    items: int
    t: float
    """When it was taken, s."""
    confidence: float
    doubts: tuple[str, ...] = ()
    """Why the confidence is lower than that of the taking."""
    own: bool = True
    """Whether the holder took it; else a track that broke did."""
    worn: bool = False
    """Whether a uniform has been counted against it: votes come and go, and doubt is not to wear it down to nothing."""

    def doubted(self, factor: float, why: str) -> "Holding":
        """The same, less sure."""
        return replace(self, confidence=self.confidence * factor, doubts=(*self.doubts, why))


@dataclass(slots=True)
class _Person:
    """One track, and what it holds."""

    box: Box
    t_seen: float
    holdings: list[Holding] = field(default_factory=list)
    at_till_s: float = 0.0
    alive: bool = True


class Custody:
    """The holdings of everybody in view, and of those who have just gone out of it."""

    def __init__(self, floor: Floor, tills: tuple[Polygon, ...], till_s: float) -> None:
        """``till_s``: how long somebody must be at a till to have paid."""
        self._floor, self._tills, self._till_s = floor, tills, till_s
        self._people: dict[int, _Person] = {}
        self._t = -math.inf

    def update(self, scene: Scene) -> None:
        """Take in one moment; a second time the same moment changes nothing."""
        if scene.t == self._t:
            return
        gap_s, self._t = min(1.0, scene.t - self._t), scene.t
        self._see(scene, gap_s)
        for change in self._floor.observe(scene):
            self._note(change)
        for id_, person in self._people.items():
            self._settle_staffs(id_, person)
        self._forget(scene.t)

    def holdings(self, track: int) -> tuple[Holding, ...]:
        """What somebody has and has not paid for."""
        person = self._people.get(track)
        return tuple(person.holdings) if person else ()

    def uniform_told(self, track: int) -> str:
        """The votes on somebody's clothes, for a person to read; empty where there are none."""
        return self._floor.uniform_told(track)

    def release(self, track: int) -> None:
        """It has been told; what they hold is no longer this shop's business."""
        if track in self._people:
            self._people[track].holdings.clear()

    def _see(self, scene: Scene, gap_s: float) -> None:
        tracks = {track.id: track for track in scene.tracks if track.label == "person" and track.confirmed}
        for id_, person in self._people.items():
            person.alive = id_ in tracks
        for track in tracks.values():
            if track.id not in self._people:
                self._people[track.id] = _Person(track.box, scene.t)
                self._inherit(track, scene.t)
            person = self._people[track.id]
            person.box, person.t_seen = track.box, scene.t
            self._pay(person, track, gap_s)

    def _pay(self, person: _Person, track: Track, gap_s: float) -> None:
        if any(till.contains(track.foot) for till in self._tills):
            person.at_till_s += gap_s
            if person.at_till_s >= self._till_s:
                person.holdings.clear()
        elif person.at_till_s > 0.0:
            if person.at_till_s >= self._till_s / 2:
                why = f"was at the till for {person.at_till_s:.1f} s, asked are {self._till_s:g} s"
                person.holdings = [held.doubted(PAID_DOUBT, why) for held in person.holdings]
            person.at_till_s = 0.0

    def _inherit(self, track: Track, t: float) -> None:
        """A track that begins where another with goods has just broken takes them over, with doubt."""
        lost = [
            (gap, id_)
            for id_, person in self._people.items()
            if not person.alive and person.holdings and (gap := _gap(person, track, t)) is not None
        ]
        if not lost:
            return
        _, id_ = min(lost)
        source, doubt = self._people[id_], HAND_OVER_DOUBT / math.sqrt(len(lost))
        why = f"person {id_} was lost at {source.t_seen:.1f} s, {track.id} began near by"
        self._people[track.id].holdings = [replace(held.doubted(doubt, why), own=False) for held in source.holdings]
        source.holdings = []

    def _settle_staffs(self, id_: int, person: _Person) -> None:
        """Who turns out to be staff by their clothes has been it before; what may be another's stays, in doubt."""
        if person.holdings and self._floor.uniform(id_) == "staff":
            why = f"{id_} wears the uniform of staff ({self._floor.uniform_told(id_)}), and perhaps did not take it"
            person.holdings = [
                held if held.worn else replace(held.doubted(UNIFORM_DOUBT, why), worn=True)
                for held in person.holdings
                if not (held.own and self._floor.is_in_uniform_since(id_, held.t))
            ]

    def _note(self, change: ShelfChange) -> None:
        if change.undoes is not None:
            for person in self._people.values():
                person.holdings = [held for held in person.holdings if held.happening != change.undoes]
        if change.kind != "taken" or change.track is None or change.by_staff:
            return
        held = Holding(change.happening, change.shelf, change.slot, change.items, change.t_contact, change.confidence)
        taker = self._people.get(change.track)
        if taker is not None:
            taker.holdings.append(held)
            self._bound()

    def _bound(self) -> None:
        every = sorted((held.t, id_) for id_, person in self._people.items() for held in person.holdings)
        for _, id_ in every[: max(0, len(every) - MAX_HOLDINGS)]:
            self._people[id_].holdings.pop(0)

    def _forget(self, t: float) -> None:
        """Who holds nothing dies with the track; who holds something is waited for."""
        self._people = {
            id_: person
            for id_, person in self._people.items()
            if person.alive or t - person.t_seen < (LOST_S if person.holdings else HAND_OVER_S)
        }


def _gap(person: _Person, track: Track, t: float) -> float | None:
    """How far a new track begins from where somebody was lost, heights of the box; None: it cannot be the same."""
    lost_s = t - person.t_seen
    if lost_s > HAND_OVER_S:
        return None
    height = max(1e-6, person.box[3] - person.box[1])
    gap = math.dist(_foot(person.box), track.foot) / height
    shared = intersection(person.box, track.box) / max(1e-9, min(box_area(person.box), box_area(track.box)))
    if gap > HAND_OVER_OF_HEIGHT * (1.0 + lost_s) and shared < 0.3:
        return None
    return gap


def _foot(box: Box) -> Point:
    return (box[0] + box[2]) / 2, box[3]
