"""One thing that is followed: what is known of it so far and how a look changes that. Does not choose among things."""

import math

import numpy as np
from numpy.typing import NDArray

from device.core.geometry import Box
from device.core.track import Track
from device.core.tracking.body import Body, Step
from device.core.tracking.settings import TrackerSettings
from device.core.tracking.sight import Sight

_MISS_SCORE = 0.2
"""What a look that did not find a thing counts as: about the least score that counts at all."""
_LOOKS_KEPT = 48
"""Looks after which the mean score forgets its older half: five to ten seconds at the rate of a Pi."""
_HITS_KEPT = 200
"""The same for whether there was motion: with 48 a crowd before a sign makes a person of it (simulated street and shop:
MOTA -.04), from 200 on nothing changes."""
_STILL_S = 2.0
"""Watched seconds after which what has not moved is likely scenery."""
_STILL_COST = 1.0
"""Cost of taking what is likely scenery to have stood: with the odd cost no more than a perfect match may cost."""
_VOTES = 4
"""Labels remembered of one thing: a detector takes a van for a car, a truck or a bus, hardly for more."""

_DOUBTFUL_TRUST = 0.5
"""How much a detection below ``high`` says about where a thing is: at .25 the clips lose .01 of MOTA,
at 1 .007 of IDF1."""
_FRESH = 0.15
"""Part of a new look in how a thing looks; .05 and .3 do as well, on clips and simulated scenes within .001."""
_LEAST_SHOWN = 0.01
"""So little of a box tells nothing."""


class Thing:
    """The changing record behind a ``Track``."""

    __slots__ = (
        "alone_hits", "anchor", "apart_hits", "appearance", "best_score", "blind_s", "body", "box",
        "changed_hits", "confirmed", "cut", "held_s", "high_hits", "hits", "id", "kind", "last_foot",
        "look_shown", "looks", "missed_s", "moved", "restless", "score", "score_sum", "seen", "stirred_hits",
        "t_first", "t_seen", "votes", "watched_s",
    )  # fmt: skip

    def __init__(self, number: int, sight: Sight, index: int, t: float, settings: TrackerSettings) -> None:
        label = sight.labels[index]
        self.id = number
        self.kind = sight.kinds[index]
        self.votes: dict[str, float] = {label: 0.0}
        place = _place(sight, index)
        self.body = Body(*place, t, settings)
        self.anchor = self.last_foot = (place[0], place[1])
        self.appearance: NDArray[np.float32] | None = None
        self.look_shown = 0.0
        self.confirmed = self.moved = self.cut = False
        self.looks = self.high_hits = 0
        self.hits = self.changed_hits = self.stirred_hits = self.alone_hits = self.apart_hits = 0.0  # of late
        self.score_sum = self.missed_s = self.best_score = 0.0
        self.watched_s = self.held_s = 0.0  # looked for, in all and up to when it was last seen: what evidence takes
        self.blind_s = 0.0
        self.restless = self._restless(settings)
        self.t_first = self.t_seen = t
        self._note(sight, index, settings)

    def see(self, sight: Sight, index: int, t: float, settings: TrackerSettings, *, clear: bool) -> None:
        """Take in the detection that is this thing; ``clear`` where nothing else covers it."""
        thresholds = settings.of(sight.labels[index])
        trust = 1.0 if sight.score[index] >= thresholds.high else _DOUBTFUL_TRUST
        place = _place(sight, index)
        passed = sight.changed[index] > settings.unchanged_frac
        if not (passed and self.still and not self.confirmed):  # nobody who passes carries scenery along
            self.last_foot = (place[0], place[1])
            self.body.correct(*place, trust, settings)
        self.t_seen, self.missed_s, self.blind_s, self.held_s = t, 0.0, 0.0, self.watched_s
        self._note(sight, index, settings)
        self._judge_belief(settings)
        self.restless = self._restless(settings)
        if clear:
            self._blend(sight, index)

    def advance(self, step: Step, gap_s: float, settings: TrackerSettings) -> None:
        """Expect it a step later, in a look that counts for ``gap_s``: when nobody looked there is no evidence."""
        self.seen = False
        self.watched_s += gap_s
        self.blind_s += step.gap_s - gap_s
        self.body.advance(step, settings)
        if self.still:
            self.body.hold(settings.still_wander)

    def miss(self, gap_s: float, settings: TrackerSettings, *, hidden: bool) -> None:
        """It was looked for and not found; ``hidden`` where something nearer explains why."""
        self.missed_s += gap_s * (settings.hidden_pace if hidden else 1.0)
        self._weigh(_MISS_SCORE)

    def stretch(self, factor: float) -> None:
        """The picture has become so much wider for its height."""
        self.body.stretch(factor)
        self.anchor = (self.anchor[0] * factor, self.anchor[1])
        self.last_foot = (self.last_foot[0] * factor, self.last_foot[1])

    def _weigh(self, score: float) -> None:
        """Add a look to the mean score; old looks fade, so that who stood hidden for an hour is soon believed."""
        self.looks += 1
        self.score_sum += score
        if self.looks > _LOOKS_KEPT:
            self.looks, self.score_sum = self.looks // 2, self.score_sum * (self.looks // 2) / self.looks

    def row(self) -> tuple[float, ...]:
        """What ``match.Expected`` is made of, in its order."""
        body, still = self.body, self.still
        x, y, width, height = body.foot_x, body.foot_y, body.width, body.height
        new = not (self.confirmed or still)
        places = (x.at, y.at, width.at, height.at, x.at_var, y.at_var, width.at_var, height.at_var)
        return (*places, self.missed_s, new, still, *self.last_foot, self.blind_s, self.restless, self.cut)

    def gone(self, aspect: float, settings: TrackerSettings) -> bool:
        """Whether to give it up."""
        if self.moved or self.confirmed:
            limit_s = settings.forget_s if self.confirmed and not self.left(aspect, settings) else settings.forget_new_s
        else:
            limit_s = settings.forget_scenery_s if self.still else settings.forget_new_s
        return self.missed_s > limit_s

    def left(self, aspect: float, settings: TrackerSettings) -> bool:
        """Whether it must have walked out of the picture."""
        x, y, margin = self.body.foot_x.at, self.body.foot_y.at, settings.left_margin * self.body.width.at
        return x < -margin or x > aspect + margin or y - self.body.height.at > 1.0 + margin or y < -margin

    @property
    def label(self) -> str:
        """What it has most been taken for."""
        return max(self.votes, key=self.votes.__getitem__)

    @property
    def still(self) -> bool:
        """Seen for long enough to tell that it is scenery, or like it."""
        return not self.moved and self.held_s >= _STILL_S and 2.0 * self.changed_hits < self.hits

    def report(self, t: float, aspect: float, settings: TrackerSettings, *, looked: bool) -> Track:
        """What the stages after the tracker see."""
        seen = self.seen and looked
        pace_x, pace_y = self.body.foot_x.pace, self.body.foot_y.pace
        return Track(
            id=self.id,
            label=self.label,
            box=self._box(t, aspect, settings) if seen else self.body.box(t, aspect, settings),
            score=self.score,
            confirmed=self.confirmed,
            moved=self.moved,
            seen=seen,
            t_first=self.t_first,
            t_seen=self.t_seen,
            velocity=(pace_x / aspect, pace_y),
        )

    def _box(self, t: float, aspect: float, settings: TrackerSettings) -> Box:
        """The detected box, drawn towards the filtered one: detections jitter, people do not."""
        part = settings.smoothing
        x1, y1, x2, y2 = self.body.box(t, aspect, settings)
        a, b, c, d = self.box
        return (a + part * (x1 - a), b + part * (y1 - b), c + part * (x2 - c), d + part * (y2 - d))

    def _note(self, sight: Sight, index: int, settings: TrackerSettings) -> None:
        self.seen, self.cut = True, bool(sight.cut[index])
        self.score = float(sight.score[index])
        x1, y1, x2, y2 = sight.boxes[index].tolist()
        self.box: Box = (x1, y1, x2, y2)
        label = sight.labels[index]
        if label in self.votes or len(self.votes) < _VOTES:
            self.votes[label] = self.votes.get(label, 0.0) + self.score
        self._weigh(self.score)
        if sight.own[index]:
            self.high_hits += self.score >= settings.of(label).high
            self.best_score = max(self.best_score, self.score)
        self.apart_hits += bool(sight.apart[index])
        self._count(float(sight.changed[index]), settings, alone=bool(sight.alone[index]))
        if self.appearance is None:
            self._blend(sight, index)

    def _count(self, changed: float, settings: TrackerSettings, *, alone: bool) -> None:
        """Add a detection, with so much motion there, its own where it is alone; the old ones fade.

        Where motion could not be told (nan), the shares with motion stay as they are.
        """
        if math.isnan(changed):
            self.changed_hits += self.changed_hits / max(self.hits, 1.0)
            self.stirred_hits += alone * self.stirred_hits / max(self.alone_hits, 1.0)
        else:
            self.changed_hits += changed >= settings.changed_frac
            self.stirred_hits += alone and changed >= settings.stirred_frac
        self.hits += 1.0
        self.alone_hits += alone
        if self.hits > _HITS_KEPT:
            self.hits, self.changed_hits = 0.5 * self.hits, 0.5 * self.changed_hits
            self.stirred_hits, self.alone_hits = 0.5 * self.stirred_hits, 0.5 * self.alone_hits
            self.apart_hits *= 0.5

    def _judge_belief(self, settings: TrackerSettings) -> None:
        """Scenery stays where it is and nothing changes there; one walker passing before it does not set it free."""
        came = self.changed_hits >= settings.changed_share * self.hits
        distance = math.hypot(self.body.foot_x.at - self.anchor[0], self.body.foot_y.at - self.anchor[1])
        far = settings.move_distance_changed if came else settings.move_distance
        arrived = self.changed_hits >= settings.arrived_share * self.hits and self.held_s >= settings.arrive_s
        self.moved = self.moved or distance >= far * self.body.height.at or (arrived and self.confirmed)
        if self.high_hits < settings.confirm_hits or self.best_score < settings.of(self.label).sure:
            return
        mean = self.score_sum / self.looks
        if self.moved:
            self.confirmed = self._walks_alone(mean, settings)
        elif self.held_s >= settings.confirm_still_s:
            least = settings.confirm_came_score if came else settings.confirm_still_score
            if self._stirs(settings):
                least = min(least, settings.confirm_stirred_score)
            if self.confirmed:
                least = max(least - settings.doubt, min(least, settings.confirm_stirred_score - settings.stirred_doubt))
            self.confirmed = mean >= least

    def _walks_alone(self, mean: float, settings: TrackerSettings) -> bool:
        """Whether what moves is somebody of their own, and no part of a person that goes along with them."""
        beside = self.apart_hits < settings.alone_share * self.hits
        if self.confirmed:
            return not beside or mean >= settings.beside_score - settings.beside_doubt
        least = settings.beside_score if beside else settings.confirm_score
        return self.held_s >= settings.confirm_s and mean >= least

    def _stirs(self, settings: TrackerSettings) -> bool:
        """Whether it moves a little most of the time, and not because somebody passes before it."""
        enough = self.alone_hits >= settings.alone_share * self.hits
        return enough and self.stirred_hits >= settings.stirred_share * self.alone_hits

    def _restless(self, settings: TrackerSettings) -> float:
        if self.still:
            return _STILL_COST
        pace = settings.stand_pace_cost * self.body.pace_square()
        return min(settings.stand_cost + pace, settings.max_spread_cost)

    def _blend(self, sight: Sight, index: int) -> None:
        if not len(sight.appearance):
            return
        look, shown = sight.appearance[index], float(sight.shown[index])
        if self.appearance is not None and self.appearance.shape == look.shape:
            # What was first seen half behind somebody is soon known by what is seen of it alone.
            fresh = max(_FRESH, 1.0 - self.look_shown / max(shown, _LEAST_SHOWN))
            look = (1.0 - fresh) * self.appearance + fresh * look
            shown = (1.0 - fresh) * self.look_shown + fresh * shown
        self.look_shown = shown
        self.appearance = look / max(math.sqrt(float(look @ look)), 1e-9)


def _place(sight: Sight, index: int) -> tuple[float, float, float, float]:
    """Foot x and y, width and height of a detection."""
    return (
        float(sight.foot_x[index]),
        float(sight.foot_y[index]),
        float(sight.width[index]),
        float(sight.height[index]),
    )
