"""Rules about staying in a zone: somebody is in it (one happening a zone), or stays too long (one a track)."""

from dataclasses import dataclass, field
from typing import Literal

from device.core.event import Draft
from device.core.geometry import Polygon
from device.core.rules.scene import CANDIDATE_FLOOR, MeanScore, RuleSettings, Scene, as_object, told
from device.core.track import Track

GRACE_S = 2.0
"""How long a thing may be missed before it counts as gone: a few looks at the slow rate of a busy Pi."""


@dataclass(slots=True)
class _Dwell:
    """One stay, from the first foot inside to the last."""

    happening: str
    t_began: float
    t_last: float
    ids: set[int] = field(default_factory=set)
    tracks: tuple[Track, ...] = ()
    score: MeanScore = field(default_factory=MeanScore)
    absent_s: float = 0.0
    told: bool = False
    reported: int = 0
    """How many different tracks the last message spoke of."""


class DwellRule:
    """``person_in_zone`` with a stay for the zone, ``loitering`` with a stay for each track."""

    def __init__(self, settings: RuleSettings, area: Polygon | None, *, per: Literal["zone", "track"]) -> None:
        """``area`` None watches the whole picture."""
        self.settings = settings
        self._area, self._per = area, per
        self._stays: dict[int, _Dwell] = {}
        self._count = 0
        self._t: float | None = None
        self._quiet_until: dict[int, float] = {}

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        passed_s = 0.0 if self._t is None else scene.t - self._t
        self._t = scene.t
        inside = self._inside(scene)
        for key, tracks in inside.items():
            self._see(key, tracks, scene.t)
        drafts = [draft for key in inside for draft in self._news(key, scene.t)]
        for key in [key for key in self._stays if key not in inside]:
            drafts += self._missed(key, scene, passed_s)
        return tuple(drafts)

    def _inside(self, scene: Scene) -> dict[int, tuple[Track, ...]]:
        """Tracks seen inside right now, by the stay that they belong to."""
        groups: dict[int, tuple[Track, ...]] = {}
        for track in scene.tracks:
            if track.seen and self.settings.concerns(track) and (self._area is None or self._area.contains(track.foot)):
                key = track.id if self._per == "track" else 0
                groups[key] = (*groups.get(key, ()), track)
        return groups

    def _see(self, key: int, tracks: tuple[Track, ...], t: float) -> None:
        if key not in self._stays:
            self._count += 1
            self._stays[key] = _Dwell(f"{self.settings.name}/{self._count}", t_began=t, t_last=t)
        stay = self._stays[key]
        stay.t_last, stay.absent_s, stay.tracks = t, 0.0, tracks
        stay.ids |= {track.id for track in tracks}
        stay.score.add(max(track.score for track in tracks))

    def _news(self, key: int, t: float) -> list[Draft]:
        stay = self._stays[key]
        long_enough = t - stay.t_began >= self.settings.after_s
        sure = stay.score.value >= self.settings.min_confidence
        if not stay.told:
            if not (long_enough and sure) or t < self._quiet_until.get(key, t):
                return []
            stay.told, stay.reported = True, len(stay.ids)
            return [self._draft(stay, "start", t)]
        if len(stay.ids) > stay.reported:
            stay.reported = len(stay.ids)
            return [self._draft(stay, "update", t)]
        return []

    def _missed(self, key: int, scene: Scene, passed_s: float) -> list[Draft]:
        """Count absence, but only while somebody looked or nobody is left to look for."""
        stay = self._stays[key]
        if scene.looked or not any(track.id in stay.ids for track in scene.tracks):
            stay.absent_s += passed_s
        if stay.absent_s < GRACE_S:
            return []
        del self._stays[key]
        self._quiet_until = {k: until for k, until in self._quiet_until.items() if until > scene.t}
        if stay.told:
            self._quiet_until[key] = scene.t + self.settings.cooldown_s
            return [self._draft(stay, "end", scene.t)]
        return self._candidate(stay, scene.t)

    def finish(self, t: float) -> tuple[Draft, ...]:
        """A recording is over: stays that were never sure enough."""
        return tuple(draft for stay in self._stays.values() if not stay.told for draft in self._candidate(stay, t))

    def _candidate(self, stay: _Dwell, t: float) -> list[Draft]:
        lasted = stay.t_last - stay.t_began >= self.settings.after_s
        unsure = CANDIDATE_FLOOR <= stay.score.value < self.settings.min_confidence
        if self.settings.keep_candidates and lasted and unsure:
            return [self._draft(stay, "start", t, candidate=True)]
        return []

    def _draft(
        self, stay: _Dwell, state: Literal["start", "update", "end"], t: float, *, candidate: bool = False
    ) -> Draft:
        over = state == "end" or candidate
        return Draft(
            kind=self.settings.kind,
            state=state,
            happening=stay.happening,
            t_start=stay.t_began,
            t_end=stay.t_last if over else None,
            t_emitted=t,
            confidence=round(stay.score.value, 4),
            zone=self.settings.zone,
            rule=self.settings.ref,
            reasons=self._reasons(stay, over=over),
            candidate=candidate,
            objects=tuple(as_object(track) for track in stay.tracks),
            data={"dwell_s": round(stay.t_last - stay.t_began, 3), "tracks": sorted(stay.ids)},
        )

    def _reasons(self, stay: _Dwell, *, over: bool) -> tuple[str, ...]:
        place = f"zone {self.settings.zone}" if self.settings.zone else "the picture"
        facts = [told(track, stay.t_last) for track in stay.tracks]
        facts.append(f"foot inside {place} for {stay.t_last - stay.t_began:.1f} s (asked: {self.settings.after_s:g} s)")
        facts.append(f"mean score {stay.score.value:.2f} in {stay.score.looks} looks")
        if over:
            facts.append(f"not seen inside any more since {stay.t_last:.1f} s")
        return tuple(facts)
