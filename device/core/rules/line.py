"""The rule about crossing a directed line. Follows feet, not boxes."""

from dataclasses import dataclass, field
from typing import Literal

from device.core.event import Draft
from device.core.geometry import Line, Point
from device.core.rules.scene import CANDIDATE_FLOOR, MeanScore, RuleSettings, Scene, as_object, told
from device.core.track import Track

Direction = Literal["in", "out"]

MARGIN_OF_HEIGHT = 0.08
"""How far beside the line, in heights of the box, a foot must stand to be on one side: boxes jitter by that much."""
OVERHANG_FRAC = 0.05
"""How far past its ends a line still counts, in fractions of its length."""


@dataclass(slots=True)
class _Walk:
    """What is known of one track's way."""

    score: MeanScore = field(default_factory=MeanScore)
    side: float = 0.0
    """Which side the foot was surely on last, by its sign; 0 while not yet sure."""
    foot: Point = (0.0, 0.0)
    t: float = 0.0
    quiet_until: dict[Direction, float] = field(default_factory=dict)
    unbelieved: "_Crossing | None" = None
    """A crossing by a track that might have been scenery then."""


@dataclass(frozen=True, slots=True)
class _Crossing:
    direction: Direction
    since: float
    """When the foot was last surely on the other side, s."""
    t: float


class LineCrossed:
    """One message for each crossing: state ``start`` with ``t_end`` set, as it has no length."""

    def __init__(self, settings: RuleSettings, line: Line, direction: Literal["in", "out", "both"]) -> None:
        self.settings = settings
        self._line, self._direction = line, direction
        self._walks: dict[int, _Walk] = {}
        self._count = 0

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        alive = {track.id for track in scene.tracks}
        self._walks = {id_: walk for id_, walk in self._walks.items() if id_ in alive}
        drafts = []
        for track in scene.tracks:
            if track.seen and track.label in self.settings.labels:
                draft = self._follow(track, scene.t)
                drafts += [draft] if draft else []
        return tuple(drafts)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:  # noqa: ARG002 - a crossing does not last
        """Nothing ever lasts here."""
        return ()

    def finish(self, t: float) -> tuple[Draft, ...]:  # noqa: ARG002 - a crossing is decided at once
        """Nothing is ever undecided here."""
        return ()

    def _follow(self, track: Track, t: float) -> Draft | None:
        walk = self._walks.setdefault(track.id, _Walk())
        walk.score.add(track.score)
        side = self._line.side(track.foot)
        if abs(side) < MARGIN_OF_HEIGHT * (track.box[3] - track.box[1]):
            return None
        crossed = walk.side * side < 0.0 and self._line.passed(walk.foot, track.foot, OVERHANG_FRAC)
        direction: Direction = "out" if side > 0.0 else "in"
        crossing = _Crossing(direction, walk.t, t) if crossed else walk.unbelieved
        walk.side, walk.foot, walk.t = side, track.foot, t
        if crossing is None or self.settings.ignores(track.foot):
            return None
        walk.unbelieved = None if track.believed else crossing
        return self._judge(walk, track, crossing, t) if track.believed else None

    def _judge(self, walk: _Walk, track: Track, crossing: _Crossing, t: float) -> Draft | None:
        direction = crossing.direction
        if self._direction not in ("both", direction) or t < walk.quiet_until.get(direction, t):
            return None
        sure = walk.score.value >= self.settings.min_confidence
        if not sure and not (self.settings.keep_candidates and walk.score.value >= CANDIDATE_FLOOR):
            return None
        walk.quiet_until[direction] = t + self.settings.cooldown_s
        self._count += 1
        before, after = ("left", "right") if direction == "out" else ("right", "left")
        return Draft(
            kind=self.settings.kind,
            state="start",
            happening=f"{self.settings.name}/{self._count}",
            t_start=crossing.t,
            t_end=crossing.t,
            t_emitted=t,
            confidence=round(walk.score.value, 4),
            zone=self.settings.zone,
            rule=self.settings.ref,
            reasons=(
                told(track, t),
                f"foot {before} of line {self.settings.zone} at {crossing.since:.1f} s, {after} at {crossing.t:.1f} s",
                f"direction {direction}; mean score {walk.score.value:.2f} in {walk.score.looks} looks",
            ),
            candidate=not sure,
            objects=(as_object(track),),
            data={"direction": direction, "track": track.id},
        )
