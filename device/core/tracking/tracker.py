"""Decides which detection is which thing. Knows neither pictures nor rules."""

import math

import numpy as np

from device.core.assignment import best_pairs
from device.core.detections import Detections
from device.core.motion import Motion
from device.core.track import Track
from device.core.tracking.body import Step
from device.core.tracking.match import Expected, expect, gains
from device.core.tracking.settings import TrackerSettings
from device.core.tracking.sight import Floats, Sight, covered, lay_out, overlaps
from device.core.tracking.thing import Thing

_BARRED = -1.0
"""A gain that is never chosen."""
_CROWDED = 0.3
"""Two boxes share so much of the smaller one's area where neither shows how one thing alone looks: at .15 alike, at .5
the simulated scenes lose .01 of IDF1 and switch half as often again."""


class Tracker:
    """Gives each thing one number for as long as it can be told from the others.

    High detections go to whichever things they continue best, all at once; low ones may only fill in for things due
    just there. What is left over begins new things, unless it is a second box around one already there. Scenery that
    looks like a person is followed, too: so it keeps its own boxes and nobody's number strays to it.
    """

    def __init__(self, settings: TrackerSettings | None = None, *, first_id: int = 1) -> None:
        """``first_id`` goes on from where a tracker before this one came to."""
        self._settings = settings or TrackerSettings()
        self._things: list[Thing] = []
        self._next_id = first_id
        self._aspect = 1.0
        self._t_look = -math.inf

    @property
    def next_id(self) -> int:
        """The number that the next new thing will get."""
        return self._next_id

    def update(self, detections: Detections | None, motion: Motion | None, t: float) -> tuple[Track, ...]:
        """Everything that is followed at time t, by id; ``None`` means not looked, and ages nothing."""
        looked = detections is not None
        if detections is not None:
            self._look(lay_out(detections, motion, self._settings), t)
        return tuple(thing.report(t, self._aspect, self._settings, looked=looked) for thing in self._things)

    def wants_look(self, t: float) -> bool:
        """Whether the detector should look again although nothing moves: what stands still has not gone."""
        if not self._things:
            return False
        living = any(not thing.still for thing in self._things)
        due_s = self._settings.recheck_s if living else self._settings.recheck_scenery_s
        return t - self._t_look >= due_s

    def _look(self, sight: Sight, t: float) -> None:
        settings = self._settings
        step = Step(t, t - self._t_look, settings.slow_down_s)
        gap_s = min(step.gap_s, settings.miss_cap_s)
        self._t_look = t
        self._fit(sight.aspect)
        for thing in self._things:
            thing.advance(step, gap_s, settings)
        taken = set[int]()
        if self._things:
            expected = expect(self._things)
            boxes = expected.boxes(sight.aspect)
            taken = self._continue(sight, expected, boxes, t)
            self._miss(sight, boxes, gap_s)
        self._begin(sight, taken, t)
        self._things = [thing for thing in self._things if not thing.gone(sight.aspect, settings)]

    def _fit(self, aspect: float) -> None:
        """A camera that comes back in another shape shows the same things at the same fractions of its picture."""
        if aspect != self._aspect:
            for thing in self._things:
                thing.stretch(aspect / self._aspect)
            self._aspect = aspect

    def _continue(self, sight: Sight, expected: Expected, boxes: Floats, t: float) -> set[int]:
        """Give high detections to things, low ones to those due just there that got none; which were given."""
        if not len(sight):
            return set()
        table = gains(self._things, expected, sight, self._settings)
        pairs = best_pairs(np.where(sight.high, table, _BARRED))
        pairs += self._in_place(pairs, expected, sight)
        due = (expected.missed_s <= self._settings.low_forget_s) | (expected.still > 0.0)
        due[[row for row, _ in pairs]] = False
        if due.any():
            overlap, _ = overlaps(boxes, sight.boxes)
            low = due & ~sight.high & (overlap >= self._settings.low_overlap)
            pairs += best_pairs(np.where(low, table, _BARRED))
        crowded = ((sight.inside > _CROWDED).sum(axis=1) > 1).tolist()
        for row, column in pairs:
            self._things[row].see(sight, column, t, self._settings, clear=not crowded[column])
        return {column for _, column in pairs}

    def _in_place(self, pairs: list[tuple[int, int]], expected: Expected, sight: Sight) -> list[tuple[int, int]]:
        """Give what is left over to things that are left over just there, though they look different.

        Otherwise one would have gone and another come in the same place between two looks.
        """
        left = sight.high & (expected.missed_s <= self._settings.left_over_s)
        left[[row for row, _ in pairs]] = False
        left[:, [column for _, column in pairs]] = False
        if not left.any():
            return []
        table = gains(self._things, expected, sight, self._settings, in_place=True)
        return best_pairs(np.where(left, table, _BARRED))

    def _miss(self, sight: Sight, boxes: Floats, gap_s: float) -> None:
        """Tell things that were not found, and whether something nearer stands before them."""
        rows = [row for row, thing in enumerate(self._things) if not thing.seen]
        if not rows:
            return
        boxes = boxes[rows]
        nearer = sight.boxes[:, 3] > boxes[:, 3:]
        hidden = np.any(nearer & (covered(boxes, sight.boxes) >= self._settings.hidden_frac), axis=1)
        for row, is_hidden in zip(rows, hidden.tolist(), strict=True):
            self._things[row].miss(gap_s, self._settings, hidden=is_hidden)

    def _begin(self, sight: Sight, taken: set[int], t: float) -> None:
        """Begin things with what is left, unless it is a second box around what was taken."""
        settings = self._settings
        left = [index for index in np.flatnonzero(sight.begins).tolist() if index not in taken]
        if not left:
            return
        same = (sight.overlap >= settings.same_overlap) | (sight.inside >= settings.same_inside)
        for index in left:
            twins = np.flatnonzero(same[index]).tolist()
            if any(other in taken and sight.kinds[other] == sight.kinds[index] for other in twins):
                continue
            if not self._has_room():
                return
            self._things.append(Thing(self._next_id, sight, index, t, settings))
            self._next_id += 1
            taken.add(index)

    def _has_room(self) -> bool:
        """Whether one more may live; if need be the youngest goes that is neither confirmed nor seen just now."""
        if len(self._things) < self._settings.max_tracks:
            return True
        spare = [thing for thing in self._things if not (thing.confirmed or thing.seen)]
        if spare:
            self._things.remove(max(spare, key=lambda thing: thing.id))
        return bool(spare)
