"""What must hold for the tracker whatever it is fed: boxes, motion and appearance of any kind."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.detections import Detections
from device.core.motion import Motion
from device.core.tracking import Tracker, TrackerSettings
from tests.core.test_tracker import LABELS, Found, detections, person

GRID = 64
"""Places lie on a grid that mirrors without rounding."""
LOOKS = np.eye(4, 6, dtype=np.float32) * 0.8 + np.float32(0.3)
LOOKS /= np.linalg.norm(LOOKS, axis=1, keepdims=True)


@dataclass(frozen=True)
class Sighting:
    """One box of a story; lengths in steps of the grid."""

    label: str
    score: float
    x1: int
    y1: int
    width: int
    height: int
    look: int

    def found(self, *, mirrored: bool) -> Found:
        """The box in fractions of the picture."""
        x1, x2 = self.x1 / GRID, min(1.0, (self.x1 + self.width) / GRID)
        y1, y2 = self.y1 / GRID, min(1.0, (self.y1 + self.height) / GRID)
        return (self.label, self.score, (1.0 - x2, y1, 1.0 - x1, y2) if mirrored else (x1, y1, x2, y2))

    def same_in_a_mirror(self) -> tuple[object, ...]:
        """What two boxes share when nothing but left and right tells them apart."""
        _, _, (x1, y1, x2, y2) = self.found(mirrored=False)
        return (self.label, self.score, abs(x1 + x2 - 1.0), x2 - x1, y1, y2)


@dataclass(frozen=True)
class Glance:
    """One step of a story: what is found, and where something moves."""

    gap_s: float
    sightings: tuple[Sighting, ...]
    changed: tuple[tuple[int, int, int, int], ...] | None
    """Cells x, y, width, height; None where nobody looked for motion."""
    scene_change: bool
    described: bool

    def detections(self, *, mirrored: bool = False, order: Sequence[int] | None = None) -> Detections:
        """In the order of the story, or another."""
        chosen = [self.sightings[i] for i in (range(len(self.sightings)) if order is None else order)]
        found = detections(*(sighting.found(mirrored=mirrored) for sighting in chosen))
        looks = LOOKS[[sighting.look for sighting in chosen]] if chosen and self.described else LOOKS[:0]
        return replace(found, appearance=looks)

    def motion(self, *, mirrored: bool = False) -> Motion | None:
        """Motion on a grid as a gate makes it."""
        if self.changed is None:
            return None
        mask = np.zeros((30, 40), dtype=np.bool_)
        for x, y, width, height in self.changed:
            mask[y : y + height, x : x + width] = True
        if mirrored:
            mask = np.ascontiguousarray(mask[:, ::-1])
        return Motion(open=True, area_frac=float(mask.mean()), mask=mask, scene_change=self.scene_change)


def _cells(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


sightings = st.builds(
    Sighting,
    label=st.sampled_from(LABELS),
    score=st.sampled_from([0.2, 0.3, 0.4, 0.46, 0.5, 0.6, 0.8, 0.9]),
    x1=_cells(GRID - 2),
    y1=st.sampled_from([2, 20, 21, 40]) | _cells(GRID - 4),
    width=st.sampled_from([2, 4, 7, 20]),
    height=st.sampled_from([2, 10, 14, 32]),
    look=st.integers(0, len(LOOKS) - 1),
)
patches = st.lists(st.tuples(_cells(39), _cells(29), st.integers(1, 40), st.integers(1, 30)), max_size=3).map(tuple)
glances = st.builds(
    Glance,
    gap_s=st.floats(0.02, 1.5),
    sightings=st.lists(sightings, max_size=5, unique_by=Sighting.same_in_a_mirror).map(tuple),
    changed=st.none() | patches,
    scene_change=st.sampled_from([False, False, False, True]),
    described=st.booleans(),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Glance]:
    """Looks of which many repeat the one before, a little further on: else nothing would ever be followed."""
    story: list[Glance] = []
    for _ in range(draw(st.integers(1, 6))):
        glance = draw(glances)
        steps = draw(st.integers(1, 6))
        pace = draw(st.integers(-2, 2))
        for step in range(steps):
            moved = [replace(each, x1=min(max(each.x1 + pace * step, 0), GRID - 2)) for each in glance.sightings]
            unique = {each.same_in_a_mirror(): each for each in moved}
            story.append(replace(glance, sightings=tuple(unique.values())))
    return story


@given(stories())
def test_numbers_are_never_used_again(story: list[Glance]) -> None:
    """A number that was gone stays gone, and new ones only grow."""
    tracker, t, alive, highest = Tracker(TrackerSettings(forget_new_s=0.5, forget_s=1.0)), 0.0, set[int](), 0
    for glance in story:
        t += glance.gap_s
        now = [track.id for track in tracker.update(glance.detections(), glance.motion(), t)]
        assert len(now) == len(set(now))
        fresh = set(now) - alive
        assert all(number > highest for number in fresh)
        highest = max([highest, *now])
        alive = set(now)


@given(stories(), st.randoms(use_true_random=False))
def test_order_of_detections_is_irrelevant(story: list[Glance], rnd: Random) -> None:
    """A detector may list what it found in any order."""
    plain, shuffled, t = Tracker(), Tracker(), 0.0
    for glance in story:
        t += glance.gap_s
        order = list(range(len(glance.sightings)))
        rnd.shuffle(order)
        now, motion = glance.detections(), glance.motion()
        assert plain.update(now, motion, t) == shuffled.update(glance.detections(order=order), motion, t)


@given(stories())
def test_mirrored_input_gives_mirrored_tracks(story: list[Glance]) -> None:
    """Left and right are alike, scores that are equal included."""
    plain, mirror, t = Tracker(), Tracker(), 0.0
    for glance in story:
        t += glance.gap_s
        here = plain.update(glance.detections(), glance.motion(), t)
        there = mirror.update(glance.detections(mirrored=True), glance.motion(mirrored=True), t)
        assert [(a.id, a.label, a.confirmed, a.moved, a.seen) for a in here] == [
            (b.id, b.label, b.confirmed, b.moved, b.seen) for b in there
        ]
        for a, b in zip(here, there, strict=True):
            x1, y1, x2, y2 = b.box
            assert a.box == pytest.approx((1.0 - x2, y1, 1.0 - x1, y2), abs=1e-6)
            assert a.velocity == pytest.approx((-b.velocity[0], b.velocity[1]), abs=1e-6)


@given(stories(), st.lists(st.floats(0.0, 1.0), max_size=5))
def test_skipped_looks_change_nothing(story: list[Glance], skips: list[float]) -> None:
    """Steps without a look in between, whatever moves then, leave every later answer as it is."""
    plain, skipping, t = Tracker(), Tracker(), 0.0
    for glance in story:
        for part in sorted(skips):
            skipping.update(None, glance.motion(), t + glance.gap_s * part)
        t += glance.gap_s
        now, motion = glance.detections(), glance.motion()
        assert plain.update(now, motion, t) == skipping.update(now, motion, t)


@given(stories())
def test_tracks_stay_sane(story: list[Glance]) -> None:
    """Boxes lie in the picture, a seen one is detected just there, times and flags fit together."""
    tracker, t = Tracker(), 0.0
    for glance in story:
        t += glance.gap_s
        now = glance.detections()
        for track in tracker.update(now, glance.motion(), t):
            assert all(0.0 <= edge <= 1.0 for edge in track.box)
            assert track.t_first <= track.t_seen <= t
            assert np.isfinite(track.velocity).all()
            if track.seen:
                assert track.t_seen == t
                assert min(_apart(track.box, box) for box in now.boxes.tolist()) < 0.5


def _apart(a: Sequence[float], b: Sequence[float]) -> float:
    """Distance of the middles of two boxes."""
    return math.hypot((a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2)


CAP_S = 0.25
standing = st.lists(
    st.tuples(
        st.sampled_from([0.25, 0.4, 0.46, 0.5, 0.55, 0.62, 0.8, 0.9]),
        st.booleans(),  # whether something moves there
        st.booleans(),  # whether a look in vain comes next
        st.floats(1.1 * CAP_S, 1.5),
        st.floats(1.1 * CAP_S, 600.0),  # just at the cap a rounding error of t would count
    ),
    min_size=1,
    max_size=25,
)


@given(standing)
def test_time_in_which_nobody_looked_is_no_evidence(
    story: list[tuple[float, bool, bool, float, float]],
) -> None:
    """The same looks at one who stands, with long pauses between them, lead to the same beliefs."""
    settings = TrackerSettings(miss_cap_s=CAP_S)
    often, seldom = Tracker(settings), Tracker(settings)
    t = late = 0.0
    for score, moves, in_vain, gap_s, pause_s in story:
        box = person(0.4, score=score)[2]
        motion = motion_in(box if moves else None)
        looks = [detections(person(0.4, score=score))] + [detections()] * in_vain
        for look in looks:
            t, late = t + gap_s, late + pause_s
            here, there = often.update(look, motion, t), seldom.update(look, motion, late)
            assert [(a.id, a.confirmed, a.moved, a.seen) for a in here] == [
                (b.id, b.confirmed, b.moved, b.seen) for b in there
            ]
            assert often.wants_look(t + 1.0) == seldom.wants_look(late + 1.0)


def motion_in(box: tuple[float, float, float, float] | None) -> Motion:
    """Motion in one box alone, or nowhere."""
    mask = np.zeros((30, 40), dtype=np.bool_)
    if box is not None:
        x1, y1, x2, y2 = box
        mask[int(y1 * 30) : int(y2 * 30) + 1, int(x1 * 40) : int(x2 * 40) + 1] = True
    return Motion(open=True, area_frac=float(mask.mean()), mask=mask, scene_change=False)
