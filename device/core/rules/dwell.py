"""Rules about staying in a zone: somebody or a crowd is in it (one happening a zone), or one stays too long."""

from dataclasses import dataclass, field, replace
from typing import Literal

from device.core.event import Draft
from device.core.geometry import Polygon
from device.core.rules.scene import CANDIDATE_FLOOR, MeanScore, RuleSettings, Scene, as_object, told
from device.core.track import Track

GRACE_S = 2.0
"""How long a thing may be missed before it counts as gone: a few looks at the slow rate of a busy Pi."""
MISS_CAP_S = 1.0
"""One look that misses counts for at most this long, however long ago the look before was."""
GRACE_LOOKS = 4
"""Who is still followed must be missed so often as well: where nothing moves there are but three looks in the grace.
With a look a second an end comes after 4 s; who comes sooner than that is of the same stay."""
SIDE_GRACE_S = 0.4
"""Whoever is seen outside for so long at a side of the picture has gone: the number may come back with another."""
SIDE_FRAC = 0.01
"""A box so near to a side of the picture is cut off by it ..."""
AWAY_OF_HEIGHT = 0.15
"""... and so many heights away from it somebody has come in: who loiters at the side itself is told all the same."""
NEWCOMER_S = 3.0
"""Whoever came in no longer ago than this may be somebody, though the tracker does not believe it yet."""
MAX_NAMED = 32
"""How many tracks a message names; in a zone that is never empty there is no end to them."""


@dataclass(slots=True)
class _Dwell:
    """One stay, from the first foot inside to the last."""

    happening: str
    t_began: float
    t_last: float
    t_counted: float
    """Until when absence has been counted."""
    t_side: float | None = None
    """When a side of the picture cut it off, as long as it has not come away from there."""
    ids: set[int] = field(default_factory=set)
    """Tracks that have been inside and are still followed."""
    named: tuple[int, ...] = ()
    """The first of all tracks that have been inside."""
    count: int = 0
    """How many different tracks have been inside."""
    tracks: tuple[Track, ...] = ()
    score: MeanScore = field(default_factory=MeanScore)
    absent_s: float = 0.0
    misses: int = 0
    """Looks in that time."""
    told: bool = False
    reported: int = 0
    """How many different tracks the last message spoke of."""


class DwellRule:
    """``person_in_zone`` and ``crowding`` with a stay for the zone, ``loitering`` with a stay for each track."""

    def __init__(
        self, settings: RuleSettings, area: Polygon | None, *, per: Literal["zone", "track"], least: int = 1
    ) -> None:
        """``area`` None watches the whole picture; ``least`` is how many at once make a stay for the zone."""
        self.settings = settings
        self._least = least
        self._area, self._per = area, per
        self._stays: dict[int, _Dwell] = {}
        self._count = 0
        self._quiet_until: dict[int, float] = {}
        self._entered: dict[int, float] = {}
        """When each track's foot was first seen inside, believed or not yet; s."""

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        self._forget({track.id for track in scene.tracks}, scene.t)
        inside = self._inside(scene)
        for key, tracks in inside.items():
            self._see(key, tracks, scene.t)
        drafts = [draft for key in inside for draft in self._news(key, scene.t)]
        for key in [key for key in self._stays if key not in inside]:
            drafts += self._missed(key, scene)
        return tuple(drafts)

    def _forget(self, alive: set[int], t: float) -> None:
        """State of a track dies with the track: its id never comes back."""
        for stay in self._stays.values():
            stay.ids &= alive
        keys = alive if self._per == "track" else {0}
        self._quiet_until = {key: until for key, until in self._quiet_until.items() if until > t and key in keys}
        self._entered = {id_: since for id_, since in self._entered.items() if id_ in alive}

    def _inside(self, scene: Scene) -> dict[int, tuple[Track, ...]]:
        """Tracks seen inside right now, by the stay that they belong to."""
        groups: dict[int, tuple[Track, ...]] = {}
        for track in scene.tracks:
            if not track.seen:
                continue
            if not self._is_inside(track):
                self._entered.pop(track.id, None)
                continue
            self._entered.setdefault(track.id, scene.t)
            if self.settings.concerns(track):
                key = track.id if self._per == "track" else 0
                groups[key] = (*groups.get(key, ()), track)
        return {key: tracks for key, tracks in groups.items() if len(tracks) >= self._least}

    def _is_inside(self, track: Track) -> bool:
        return track.label in self.settings.labels and (self._area is None or self._area.contains(track.foot))

    def _see(self, key: int, tracks: tuple[Track, ...], t: float) -> None:
        if key not in self._stays:
            self._count += 1
            # It began when the foot came in, not when two looks had been enough to believe it; a crowd with the last
            # foot that it takes.
            began = sorted(self._entered[track.id] for track in tracks)[self._least - 1]
            self._stays[key] = _Dwell(f"{self.settings.name}/{self._count}", t_began=began, t_last=t, t_counted=t)
        stay = self._stays[key]
        stay.t_last, stay.t_counted, stay.absent_s, stay.tracks = t, t, 0.0, tracks
        stay.misses = 0
        new = [track.id for track in tracks if track.id not in stay.ids]
        stay.ids.update(new)
        stay.named = (*stay.named, *new)[:MAX_NAMED]
        stay.count += len(new)
        if self._per == "track":
            self._count_anew(stay, tracks[0], t)
        stay.score.add(sorted((track.score for track in tracks), reverse=True)[self._least - 1])

    def _count_anew(self, stay: _Dwell, track: Track, t: float) -> None:
        """Who comes away from a side of the picture may have come in there, as whoever had the number went out."""
        gap = _gap_to_side(track)
        if gap <= SIDE_FRAC:
            stay.t_side = t if stay.t_side is None else stay.t_side
        elif stay.t_side is not None and gap >= AWAY_OF_HEIGHT * (track.box[3] - track.box[1]):
            if not stay.told:
                stay.t_began = max(stay.t_began, stay.t_side)
            stay.t_side = None

    def _news(self, key: int, t: float) -> list[Draft]:
        stay = self._stays[key]
        long_enough = t - stay.t_began >= self.settings.after_s
        sure = stay.score.value >= self.settings.min_confidence
        if not stay.told:
            if not (long_enough and sure) or t < self._quiet_until.get(key, t):
                return []
            stay.told, stay.reported = True, stay.count
            return [self._draft(stay, "start", t)]
        if stay.count > stay.reported:
            stay.reported = stay.count
            return [self._draft(stay, "update", t)]
        return []

    def _missed(self, key: int, scene: Scene) -> list[Draft]:
        """Count absence, but only while somebody looked or nobody is left to look for."""
        stay = self._stays[key]
        if self._per == "zone" and self._newcomers(stay, scene.t) >= self._least:
            # Somebody followed before the grace was over: were it to end now, the same stay would be told twice.
            stay.t_counted = scene.t
        elif scene.looked or not stay.ids:
            stay.absent_s += min(scene.t - stay.t_counted, MISS_CAP_S)
            stay.misses += scene.looked
            stay.t_counted = scene.t
        grace_s = SIDE_GRACE_S if self._per == "track" and _walks_out(key, scene) else GRACE_S
        unseen = any(not track.seen and track.id in stay.ids for track in scene.tracks)
        if stay.absent_s < grace_s or (unseen and stay.misses < GRACE_LOOKS):
            return []
        del self._stays[key]
        if stay.told:
            self._quiet_until[key] = scene.t + self.settings.cooldown_s
            return [self._draft(stay, "end", scene.t)]
        return self._candidate(stay, scene.t)

    def _newcomers(self, stay: _Dwell, t: float) -> int:
        return sum(t - since <= NEWCOMER_S for id_, since in self._entered.items() if id_ not in stay.ids)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """Nobody watches any more: what was told to last is told to end."""
        ends = [self._draft(stay, "end", t) for stay in self._stays.values() if stay.told]
        self._stays.clear()
        return tuple(replace(end, reasons=(*end.reasons[:-1], why)) for end in ends)

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
            data={"dwell_s": round(stay.t_last - stay.t_began, 3), "count": stay.count, "tracks": list(stay.named)},
        )

    def _reasons(self, stay: _Dwell, *, over: bool) -> tuple[str, ...]:
        place = f"zone {self.settings.zone}" if self.settings.zone else "the picture"
        facts = [told(track, stay.t_last) for track in stay.tracks]
        facts.append(f"foot inside {place} for {stay.t_last - stay.t_began:.1f} s (asked: {self.settings.after_s:g} s)")
        if self._least > 1:
            facts.append(f"{len(stay.tracks)} at once (asked: {self._least})")
        facts.append(f"mean score {stay.score.value:.2f} in {stay.score.looks} looks")
        if over:
            facts.append(f"not seen inside any more since {stay.t_last:.1f} s")
        return tuple(facts)


def _gap_to_side(track: Track) -> float:
    """How far it is from the nearer side of the picture, in fractions of its width."""
    return min(track.box[0], 1.0 - track.box[2])


def _walks_out(key: int, scene: Scene) -> bool:
    """Whether it is seen outside and a side of the picture cuts it off: there one goes and another may come."""
    return any(track.id == key and track.seen and _gap_to_side(track) <= SIDE_FRAC for track in scene.tracks)
