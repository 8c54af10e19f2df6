"""What a rule is shown and what every rule has in common. Decides nothing itself."""

from dataclasses import dataclass
from typing import Protocol

from device.core.concealment.body import BodyLook
from device.core.event import Draft, EventObject, Kind, RuleRef
from device.core.frame import Frame
from device.core.geometry import Point, Polygon
from device.core.motion import Motion
from device.core.track import Track
from device.core.uniform import UniformLook

CANDIDATE_FLOOR = 0.05
"""Confidence under which not even a candidate is written."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment as the tracker and the gate describe it."""

    t: float
    """s on the run's clock."""
    tracks: tuple[Track, ...]
    motion: Motion
    looked: bool
    """Whether the detector looked: a thing that was not looked for is not gone."""
    frame: Frame | None = None
    """The picture, for rules that look for themselves; theirs until they return, so they copy what they keep."""
    bodies: tuple[BodyLook, ...] = ()
    """People who were looked at more closely at this moment."""
    uniforms: tuple[UniformLook, ...] = ()
    """People whose clothes were looked at at this moment."""

    @property
    def people(self) -> tuple[Track, ...]:
        """Those who are believed: a coat that the detector takes for somebody has never walked."""
        return tuple(track for track in self.tracks if track.label == "person" and track.believed)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """What every rule needs to know."""

    name: str
    kind: Kind
    labels: frozenset[str]
    """Classes that the rule is about."""
    zone: str | None = None
    """Id of the zone, line or shelf, for the event."""
    after_s: float
    """How long it must last."""
    cooldown_s: float
    """Silence after an end."""
    min_confidence: float
    """Below it, it is a candidate and no event."""
    count: int = 1
    """How many items or people it takes."""
    ignore: tuple[Polygon, ...] = ()
    """Areas in which nothing counts."""
    keep_candidates: bool = False
    """Report what stayed below ``min_confidence`` as well."""

    @property
    def ref(self) -> RuleRef:
        """How an event names the rule."""
        return RuleRef(name=self.name, version=1)

    def concerns(self, track: Track) -> bool:
        """Whether a track is one that this rule may act on."""
        return track.label in self.labels and track.believed and not self.ignores(track.foot)

    def ignores(self, foot: Point) -> bool:
        """Whether nothing counts at a place."""
        return any(area.contains(foot) for area in self.ignore)


class Rule(Protocol):
    """Turns scenes into events, one after another in time."""

    settings: RuleSettings

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """Nobody watches any more: ends of what lasts, with that reason."""

    def finish(self, t: float) -> tuple[Draft, ...]:
        """A recording is over: candidates still undecided. What lasts, lasts; it gets no end."""


class MeanScore:
    """How sure the detector has been of a thing, over all its looks."""

    def __init__(self) -> None:
        self._sum, self.looks = 0.0, 0

    def add(self, score: float) -> None:
        """Count one look."""
        self._sum += score
        self.looks += 1

    @property
    def value(self) -> float:
        """0..1; 0 before the first look."""
        return min(1.0, self._sum / self.looks) if self.looks else 0.0


def as_object(track: Track) -> EventObject:
    """A track as an event shows it."""
    x1, y1, x2, y2 = (min(1.0, max(0.0, round(edge, 4))) for edge in track.box)
    return EventObject(track=track.id, label=track.label, score=round(track.score, 4), box=(x1, y1, x2, y2))


def told(track: Track, t: float) -> str:
    """One fact about a track, for a person to read."""
    return f"{track.label} {track.id} seen for {max(0.0, t - track.t_first):.1f} s, last score {track.score:.2f}"
