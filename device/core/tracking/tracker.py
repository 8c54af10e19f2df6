"""Follows things over time: which detection is which thing. Knows neither pictures nor rules."""

import math

import numpy as np
from numpy.typing import NDArray

from device.core.assignment import best_pairs
from device.core.detections import Detections
from device.core.motion import Motion
from device.core.track import Track
from device.core.tracking.match import expected_boxes, gains
from device.core.tracking.settings import TrackerSettings
from device.core.tracking.sight import Floats, Sight, lay_out, overlaps
from device.core.tracking.thing import Thing


class Tracker:
    """Gives each thing one number for as long as it can be told from the others.

    High detections go to whichever things they continue best, all at once; low ones may only fill in for things due
    just there. What is left over begins new things, unless it is a second box around one already there.
    """

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self._settings = settings or TrackerSettings()
        self._things: list[Thing] = []
        self._next_id = 1
        self._aspect = 1.0
        self._t_look = -math.inf

    def update(self, detections: Detections | None, motion: Motion | None, t: float) -> tuple[Track, ...]:
        """Everything that is followed at time t, by id; ``None`` means not looked, and ages nothing."""
        if detections is not None:
            self._look(lay_out(detections, motion, self._settings.max_detections), t)
        looked = detections is not None
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
        gap_s = min(max(0.0, t - self._t_look), settings.miss_cap_s)
        self._t_look, self._aspect = t, sight.aspect
        for thing in self._things:
            thing.advance(t, settings)
        _, inside = overlaps(sight.boxes, sight.boxes)
        taken = self._continue(sight, inside, t)
        for thing in self._things:
            if thing.t_seen < t:
                thing.miss(gap_s)
        self._begin(sight, taken, t)
        self._things = [thing for thing in self._things if not thing.gone(settings)]

    def _continue(self, sight: Sight, inside: Floats, t: float) -> NDArray[np.bool_]:
        """Give detections to the things that they continue; (N,) which were given."""
        settings = self._settings
        taken = np.zeros(len(sight), dtype=np.bool_)
        if not self._things or not len(sight):
            return taken
        table = gains(self._things, sight, settings)
        high = np.array([s >= settings.of(label).high for s, label in zip(sight.score, sight.labels, strict=True)])
        crowded = np.asarray((inside - np.eye(len(sight)) > 0.3).any(axis=1))
        first = np.where(high, table, -1.0)
        pairs = best_pairs(first)
        pairs += best_pairs(self._fill_in(table, sight, pairs, high, t))
        for row, column in pairs:
            self._things[row].see(sight, column, t, settings, clear=not crowded[column])
            taken[column] = True
        return taken

    def _fill_in(
        self, table: Floats, sight: Sight, pairs: list[tuple[int, int]], high: NDArray[np.bool_], t: float
    ) -> Floats:
        """Gains of low detections for things that are due just there and that no high one continued."""
        settings = self._settings
        low = np.array([s >= settings.of(label).low for s, label in zip(sight.score, sight.labels, strict=True)])
        due = np.array([thing.missed_s <= settings.low_forget_s for thing in self._things])
        due[[row for row, _ in pairs]] = False
        overlap, _ = overlaps(expected_boxes(self._things, t, sight.aspect, settings), sight.boxes)
        open_pairs = due[:, None] & (low & ~high)[None, :] & (overlap >= settings.low_overlap)
        return np.where(open_pairs, table, -1.0)

    def _begin(self, sight: Sight, taken: NDArray[np.bool_], t: float) -> None:
        settings = self._settings
        overlap, inside = overlaps(sight.boxes, sight.boxes)
        same = (overlap >= settings.same_overlap) | (inside >= settings.same_inside)
        for index in np.flatnonzero(~taken).tolist():
            label = sight.labels[index]
            kind = settings.kind(label)
            if sight.score[index] < settings.of(label).low:
                continue
            if any(settings.kind(sight.labels[other]) == kind for other in np.flatnonzero(same[index] & taken)):
                continue
            self._make_room()
            self._things.append(Thing(self._next_id, sight, index, t, settings))
            self._next_id += 1
            taken[index] = True

    def _make_room(self) -> None:
        if len(self._things) >= self._settings.max_tracks:
            stalest = max(self._things, key=lambda thing: (not thing.confirmed, not thing.moved, thing.missed_s))
            self._things.remove(stalest)
