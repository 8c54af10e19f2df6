"""The rule about goods that go out of sight on somebody's body: into a pocket, into a bag. A notice, never an alarm."""

from dataclasses import dataclass, field
from typing import Literal

from device.core.concealment.attention import is_near
from device.core.concealment.register import Concealed, Hidden
from device.core.concealment.watch import HandWatch, Sight, told
from device.core.concealment.weigh import Classifiers
from device.core.event import Draft
from device.core.geometry import Polygon
from device.core.rules.scene import CANDIDATE_FLOOR, RuleSettings, Scene, as_object
from device.core.track import Track

OVER_S = 2.0
"""So long after the last sign it is over."""
CALM = 0.6
"""Below so much of the rule's threshold there is no sign any more."""
MAX_WATCHED = 64


@dataclass(slots=True)
class _Person:
    """One track near the goods."""

    hands: HandWatch
    track: Track
    peak: Sight | None = None
    """What was seen when it looked most like it."""
    happening: str = ""
    """Once it is told."""
    t_began: float = 0.0
    t_sign: float = 0.0
    """When there was last a sign of it."""
    said: float = 0.0
    """The confidence of the last message."""


@dataclass(slots=True)
class ConcealmentRule:
    """One happening a person: told at the first sign, told again with all that was seen when it is over."""

    settings: RuleSettings
    goods: Polygon
    classifiers: Classifiers
    concealed: Concealed
    """Where what is told is noted for other rules."""
    _people: dict[int, _Person] = field(default_factory=dict)
    _count: int = 0

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        tracks = {track.id: track for track in scene.tracks}
        drafts = [draft for id_ in self._people.keys() - tracks.keys() for draft in self._gone(id_, scene.t)]
        for look in scene.bodies:
            track = tracks.get(look.track)
            if track is None or self.settings.ignores(track.foot) or not is_near(look.box, self.goods):
                continue
            if track.id not in self._people and len(self._people) < MAX_WATCHED:
                self._people[track.id] = _Person(HandWatch(self.goods, self.classifiers), track)
            person = self._people.get(track.id)
            sight = person.hands.add(look) if person is not None else None
            if person is not None and sight is not None:
                person.track = track
                drafts += self._weigh(person, sight, scene.t)
        for person in self._people.values():
            if person.happening and scene.t - person.t_sign > OVER_S:
                drafts += self._over(person, scene.t)
        return tuple(drafts)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """Nobody watches any more."""
        ends = [self._draft(person, "end", t, why) for person in self._people.values() if person.happening]
        self._people.clear()
        return tuple(ends)

    def finish(self, t: float) -> tuple[Draft, ...]:
        """A recording is over: what was never sure enough, and what has become surer since it was told."""
        drafts = list[Draft]()
        for person in self._people.values():
            if person.peak is None:
                continue
            if not person.happening:
                drafts += self._candidate(person, t)
            elif person.peak.weight.confidence > person.said:
                drafts.append(self._draft(person, "update", t))
        return tuple(drafts)

    def _weigh(self, person: _Person, sight: Sight, t: float) -> list[Draft]:
        confidence = sight.weight.confidence
        if person.peak is None or confidence > person.peak.weight.confidence:
            person.peak = sight
        if confidence >= CALM * self.settings.min_confidence:
            person.t_sign = t
        if person.happening or confidence < self.settings.min_confidence:
            return []
        self._count += 1
        person.happening = f"{self.settings.name}/{self._count}"
        person.t_began = float(sight.signs.t[0])
        return [self._draft(person, "start", t)]

    def _over(self, person: _Person, t: float) -> list[Draft]:
        end = self._draft(person, "end", t)
        person.happening, person.peak = "", None
        return [end]

    def _gone(self, id_: int, t: float) -> list[Draft]:
        """State of a track dies with the track."""
        person = self._people.pop(id_)
        return self._over(person, t) if person.happening else self._candidate(person, t)

    def _candidate(self, person: _Person, t: float) -> list[Draft]:
        peak = person.peak
        if peak is None or not self.settings.keep_candidates or peak.weight.confidence < CANDIDATE_FLOOR:
            return []
        self._count += 1
        person.happening, person.t_began = f"{self.settings.name}/{self._count}", float(peak.signs.t[0])
        person.t_sign = peak.t
        draft = self._draft(person, "start", t, candidate=True)
        person.happening = ""
        return [draft]

    def _draft(
        self,
        person: _Person,
        state: Literal["start", "update", "end"],
        t: float,
        why: str = "",
        *,
        candidate: bool = False,
    ) -> Draft:
        peak = person.peak
        assert peak is not None  # noqa: S101 - nothing is told of somebody who was not seen
        person.said = peak.weight.confidence
        if not candidate:
            self.concealed.note(person.track.id, Hidden(person.happening, peak.t, person.said))
        weight = peak.weight
        return Draft(
            kind=self.settings.kind,
            state=state,
            happening=person.happening,
            t_start=person.t_began,
            t_end=person.t_sign if state == "end" or candidate else None,
            t_emitted=t,
            confidence=round(person.said, 4),
            zone=self.settings.zone,
            rule=self.settings.ref,
            reasons=(*told(peak), *((why,) if why else ())),
            candidate=candidate,
            objects=(as_object(person.track),),
            data={
                "track": person.track.id,
                "act": "bag" if weight.bag > weight.pocket else "pocket",
                "bag": round(weight.bag, 4),
                "pocket": round(weight.pocket, 4),
            },
        )
