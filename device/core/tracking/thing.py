"""One thing that is followed: what is known of it so far and how a look changes that. Does not choose among things."""

import math

import numpy as np
from numpy.typing import NDArray

from device.core.geometry import Box
from device.core.track import Track
from device.core.tracking.body import Body
from device.core.tracking.settings import TrackerSettings
from device.core.tracking.sight import Sight

_VOTES = 4
"""Labels remembered of one thing: a detector takes a van for a car, a truck or a bus, hardly for more."""


class Thing:
    """The changing record behind a ``Track``."""

    __slots__ = (
        "anchor", "appearance", "arriving_s", "body", "box", "confirmed", "hits", "id", "kind", "missed_s",
        "moved", "score", "score_sum", "seen", "t_first", "t_seen", "votes",
    )  # fmt: skip

    def __init__(self, number: int, sight: Sight, index: int, t: float, settings: TrackerSettings) -> None:
        label = sight.labels[index]
        self.id = number
        self.kind = settings.kind(label)
        self.votes: dict[str, float] = {label: 0.0}
        place = _place(sight, index)
        self.body = Body(*place, t, settings)
        self.anchor = (place[0], place[1])
        self.appearance: NDArray[np.float32] | None = None
        self.confirmed = self.moved = False
        self.hits = 0
        self.score_sum = self.missed_s = self.arriving_s = 0.0
        self.t_first = self.t_seen = t
        self._note(sight, index, settings)

    def see(self, sight: Sight, index: int, t: float, settings: TrackerSettings, *, clear: bool) -> None:
        """Take in the detection that is this thing; ``clear`` where nothing else covers it."""
        thresholds = settings.of(sight.labels[index])
        trust = 1.0 if sight.score[index] >= thresholds.high else 0.5
        self.body.correct(*_place(sight, index), trust, settings)
        gap_s = min(t - self.t_seen, settings.miss_cap_s)
        self._judge_motion(float(sight.changed[index]), gap_s, settings)
        self.t_seen, self.missed_s = t, 0.0
        self._note(sight, index, settings)
        if clear:
            self._blend(sight, index)

    def miss(self, gap_s: float) -> None:
        """It was looked for and not found."""
        self.seen = False
        self.missed_s += gap_s

    def gone(self, settings: TrackerSettings) -> bool:
        """Whether to give it up."""
        if not self.confirmed:
            limit_s = settings.forget_new_s
        else:
            limit_s = settings.forget_s if self.moved else settings.forget_scenery_s
        return self.missed_s > limit_s

    @property
    def settled(self) -> bool:
        """Looked at for long enough to tell that it is scenery."""
        return self.t_seen - self.t_first >= 5.0

    def report(self, t: float, aspect: float, settings: TrackerSettings, *, looked: bool) -> Track:
        """What the stages after the tracker see."""
        seen = self.seen and looked
        pace_x, pace_y = self.body.foot_x.pace, self.body.foot_y.pace
        return Track(
            id=self.id,
            label=max(self.votes, key=self.votes.__getitem__),
            box=self.box if seen else self.body.box(t, aspect, settings),
            score=self.score,
            confirmed=self.confirmed,
            moved=self.moved,
            seen=seen,
            t_first=self.t_first,
            t_seen=self.t_seen,
            velocity=(pace_x / aspect, pace_y),
        )

    def _note(self, sight: Sight, index: int, settings: TrackerSettings) -> None:
        self.seen = True
        self.score = float(sight.score[index])
        x1, y1, x2, y2 = sight.boxes[index].tolist()
        self.box: Box = (x1, y1, x2, y2)
        label = sight.labels[index]
        if label in self.votes or len(self.votes) < _VOTES:
            self.votes[label] = self.votes.get(label, 0.0) + self.score
        if self.score >= settings.of(label).high:
            self.hits += 1
            self.score_sum += self.score
            self._judge_belief(settings)
        if self.appearance is None:
            self._blend(sight, index)

    def _judge_belief(self, settings: TrackerSettings) -> None:
        mean = self.score_sum / self.hits
        if self.moved or self.arriving_s > 0.0:
            self.confirmed = self.confirmed or self.hits >= settings.confirm_hits
        elif self.hits >= settings.confirm_scenery_hits and mean >= settings.confirm_scenery_score:
            self.confirmed = True

    def _judge_motion(self, changed: float, gap_s: float, settings: TrackerSettings) -> None:
        """Scenery stays where it is and nothing changes there; one walker passing before it does not set it free."""
        if self.moved:
            return
        height = self.body.height.at
        x, y = self.body.foot_x.at, self.body.foot_y.at
        distance = math.hypot(x - self.anchor[0], y - self.anchor[1]) / height
        moving = changed >= settings.changed_frac
        self.arriving_s = self.arriving_s + gap_s if moving else max(0.0, self.arriving_s - gap_s)
        young = self.t_seen - self.t_first <= 2.0 * settings.arrive_s
        self.moved = (
            distance >= settings.move_distance
            or (moving and distance >= settings.move_distance_changed)
            or (young and self.arriving_s >= settings.arrive_s)
        )

    def _blend(self, sight: Sight, index: int) -> None:
        if not len(sight.appearance):
            return
        look = sight.appearance[index]
        if self.appearance is not None and self.appearance.shape == look.shape:
            look = 0.85 * self.appearance + 0.15 * look
        self.appearance = look / max(float(np.linalg.norm(look)), 1e-9)


def _place(sight: Sight, index: int) -> tuple[float, float, float, float]:
    """Foot x and y, width and height of a detection; a box of no size gets a little one."""
    least = 1e-4
    return (
        float(sight.foot_x[index]),
        float(sight.foot_y[index]),
        max(float(sight.width[index]), least),
        max(float(sight.height[index]), least),
    )
