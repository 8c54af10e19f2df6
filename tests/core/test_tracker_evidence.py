"""What the tracker makes of standing, stirring, hiding, pauses and of motion that does not fit: scripted scenes."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from device.core.geometry import Box
from device.core.motion import Motion
from device.core.track import Track
from device.core.tracking import Tracker
from tests.core.test_tracker import Found, detections, moving, person, walk


def strip(box: Box, part: float) -> Box:
    """The upper part of a box."""
    x1, y1, x2, y2 = box
    return (x1, y1, x2, y1 + part * (y2 - y1))


def ids(tracks: tuple[Track, ...]) -> list[int]:
    """Of those that were detected just now."""
    return [track.id for track in tracks if track.seen]


def test_who_stands_and_stirs_is_believed() -> None:
    """Somebody who stood there from the first picture, scored about .5, moves an arm or the head two looks of three."""
    tracker = Tracker()
    tracks: tuple[Track, ...] = ()
    for step in range(60):
        found = person(0.4, score=0.44 if step % 3 else 0.56)
        tracks = tracker.update(detections(found), moving(strip(found[2], 0.2 * (step % 3 > 0))), step / 10)
    assert [(track.id, track.confirmed, track.moved) for track in tracks] == [(1, True, False)]


def test_what_stirs_now_and_then_is_not_believed() -> None:
    """A sign scored like that before which a leaf hangs: motion in one look of three is not a person."""
    tracker = Tracker()
    for step in range(300):
        found = person(0.4, score=0.44 if step % 3 else 0.56)
        tracks = tracker.update(detections(found), moving(strip(found[2], 0.2 * (step % 3 == 0))), step / 10)
        assert not tracks[0].confirmed


def test_who_passes_before_a_sign_does_not_make_it_stir() -> None:
    """Somebody stands about before a sign most of the time: the motion there is theirs."""
    tracker = Tracker()
    sign_id = 0
    for step in range(300):
        sign, near = person(0.4, score=0.44 if step % 3 else 0.56), person(0.455, foot=0.95, score=0.8, height=0.55)
        there = step % 10 < 7
        found, moved = ((sign, near), (strip(sign[2], 0.15),)) if there else ((sign,), ())
        tracks = tracker.update(detections(*found), moving(*moved), step / 10)
        sign_id = sign_id or min(tracks, key=lambda track: track.box[3]).id
        assert not any(track.confirmed for track in tracks if track.id == sign_id)


@pytest.mark.parametrize("seed", range(6))
def test_who_walked_in_and_stands_keeps_the_number_though_often_missed(seed: int) -> None:
    """A fifth of the looks miss somebody who stands, several in a row: one number, a minute long."""
    rng, tracker = np.random.default_rng(seed), Tracker()
    tracks = walk(tracker, 0.0, 3.0, x=0.1, pace=0.1)
    first, often, ease = ids(tracks), NormalDist().inv_cdf(0.8), -1.0
    keep = math.exp(-0.2 / 1.5)
    shown: list[int] = []
    for step in range(300):
        ease = keep * ease + math.sqrt(1.0 - keep * keep) * rng.normal()
        at = 0.4 + rng.normal(0.0, 0.005), 0.8 + rng.normal(0.0, 0.01), float(rng.uniform(0.46, 0.7))
        found = (person(*at, height=0.4 * (1.0 + rng.normal(0.0, 0.05))),) if ease < often else ()
        shown += ids(tracker.update(detections(*found), moving(), 3.0 + step / 5))
    assert len(shown) > 150
    assert shown.count(first[0]) > 0.95 * len(shown)


def test_somebody_else_after_half_a_minute_is_somebody_else() -> None:
    """Nobody looked for 40 s; now somebody stands three heights away. Who stands where they stood is the same."""
    for x, same in ((0.3, True), (0.9, False)):
        tracker = Tracker()
        walk(tracker, 0.0, 2.0, x=0.1, pace=0.1)
        for step in range(20):
            tracker.update(detections(person(0.3)), moving(), 2.0 + step / 10)
        found = person(x)
        tracks = tracker.update(detections(found), moving(found[2]), 44.0)
        assert (ids(tracks) == [1]) is same


def test_who_stands_behind_somebody_is_waited_for_longer() -> None:
    """Ten seconds behind somebody nearer: the same number; ten seconds missed in plain sight: forgotten."""
    for covered, kept in ((True, True), (False, False)):
        tracker = Tracker()
        walk(tracker, 0.0, 3.0, x=0.1, pace=0.1)
        for step in range(10):
            tracker.update(detections(person(0.4)), moving(), 3.0 + step / 10)
        near = person(0.4 if covered else 0.8, foot=0.95, height=0.6)
        for step in range(100):
            tracker.update(detections(near), moving(near[2]), 4.0 + step / 10)
        tracks = tracker.update(detections(person(0.4)), moving(), 14.0)
        assert (ids(tracks) == [1]) is kept


def test_who_was_looked_for_in_vain_for_long_may_be_anybody() -> None:
    """Where a walker should be by now, somebody appears: after one second it is them, after four nobody knows."""
    for gone_s, same in ((1.0, True), (4.0, False)):
        tracker = Tracker()
        walked = walk(tracker, 0.0, 2.0, x=0.1, pace=0.15)[0]
        t = 2.0
        while t < 2.0 + gone_s:
            (expected,) = tracker.update(detections(), moving(), t)
            t += 0.1
        found = person(expected.foot[0] + 0.01, foot=expected.foot[1])
        tracks = tracker.update(detections(found), moving(found[2]), t)
        assert (ids(tracks) == [walked.id]) is same


def test_who_comes_out_of_scenery_is_not_the_scenery() -> None:
    """A sign that never moved is hidden by somebody who steps before it, a quarter of a height beside: a new number."""
    for changes, same in ((True, False), (False, True)):
        tracker = Tracker()
        for step in range(50):
            tracker.update(detections(person(0.5, score=0.45)), moving(), step / 10)
        found = person(0.5 + 0.25 * 0.4 / 2.0, score=0.5)
        tracks = tracker.update(detections(found), moving(*[found[2]] * changes), 5.0)
        assert (ids(tracks) == [1]) is same


def test_flickering_light_is_no_stillness() -> None:
    """Somebody appears and moves on the spot; in every other look all is light and dark, and motion cannot be told."""
    tracker = Tracker()
    flash = Motion(open=True, area_frac=0.9, mask=np.ones((100, 200), dtype=np.bool_), scene_change=True)
    for step in range(40):
        found = person(0.4)
        tracks = tracker.update(detections(found), flash if step % 2 else moving(found[2]), step / 5)
    assert [(track.id, track.believed) for track in tracks] == [(1, True)]


def test_nobody_gets_further_without_motion() -> None:
    """A walker is gone from sight, and where they should be now a box appears: only with motion there is it them."""
    for changes, same in ((True, True), (False, False)):
        tracker = Tracker()
        walk(tracker, 0.0, 2.0, x=0.1, pace=0.15)
        for step in range(8):
            (expected,) = tracker.update(detections(), moving(), 2.0 + step / 10)
        found = person(expected.foot[0], foot=expected.foot[1])
        tracks = tracker.update(detections(found), moving(*[found[2]] * changes), 2.8)
        assert (ids(tracks) == [1]) is same


@pytest.mark.parametrize("company", [False, True])
def test_nobody_leaves_their_number_with_a_sign(company: bool) -> None:
    """Somebody stops before a sign that was there first, and goes on unseen: it is the sign that is seen again.

    Even where another stands beside it, whose motion reaches into its box.
    """
    tracker, sign = Tracker(), person(0.5, score=0.42)
    for step in range(40):
        (scenery,) = tracker.update(detections(sign), moving(), step / 10)
    for step in range(22):
        found = person(0.3 + 0.01 * step)
        seen = (sign, found) if step < 15 else (found,)
        tracks = tracker.update(detections(*seen), moving(found[2]), 4 + step / 10)
    walker = next(track for track in tracks if track.believed)
    for step in range(30):
        tracks = tracker.update(detections(person(0.51, foot=0.81)), moving(person(0.51)[2]), 6.2 + step / 10)
    assert ids(tracks) == [walker.id]
    other = person(0.545, foot=0.78, score=0.8)
    for step in range(40):
        there, moved = ((sign, other), (other[2],)) if company else ((sign,), ())
        tracks = tracker.update(detections(*there), moving(*moved), 9.2 + step / 10)
        assert [track.id for track in tracks if track.seen and abs(track.foot[0] - 0.5) < 0.015] == [scenery.id]
    assert not next(track for track in tracks if track.id == scenery.id).confirmed


def test_who_passes_does_not_carry_a_sign_along() -> None:
    """Before a sign somebody is found as doubtfully as it, a little aside: the sign stays in its place."""
    tracker, sign = Tracker(), person(0.5, score=0.42)
    for step in range(40):
        tracker.update(detections(sign), moving(), step / 10)
    for step in range(30):
        passer = person(0.51, foot=0.82, score=0.44)
        tracks = tracker.update(detections(passer), moving(passer[2]), 4 + step / 10)
    tracks = tracker.update(detections(), moving(), 7.0)
    assert next(track for track in tracks if track.id == 1).foot == pytest.approx((0.5, 0.8), abs=0.002)


def test_a_part_taken_for_somebody_is_doubted_again() -> None:
    """A box that goes along half beside a walker is sure for a second, and then seldom: it is a part of them."""
    tracker = Tracker()
    was = False
    for step in range(80):
        found = person(0.1 + 0.008 * step)
        x1, y1, x2, y2 = found[2]
        score = 0.6 if step < 12 else 0.26
        beside: Found = ("person", score, (x1 - 0.55 * (x2 - x1), y1 + 0.1, x2 - 0.55 * (x2 - x1), y2))
        tracks = tracker.update(detections(found, beside), moving(found[2], beside[2]), step / 10)
        was = was or tracks[1].confirmed
    assert was
    assert [track.confirmed for track in tracks] == [True, False]


@pytest.mark.parametrize("burden", ["bottle", "person"])
def test_who_carries_something_is_no_part_of_it(burden: str) -> None:
    """Somebody found with doubt walks with a thing surely found: believed, unless the thing is a person, too."""
    tracker = Tracker()
    for step in range(40):
        found = person(0.1 + 0.008 * step, score=0.55 if step % 3 == 0 else 0.33)
        x1, y1, x2, _ = found[2]
        held: Found = (burden, 0.8, (x1 + 0.6 * (x2 - x1), y1 - 0.1, x2 + 0.6 * (x2 - x1), y1 + 0.25))
        tracks = tracker.update(detections(found, held), moving(found[2], held[2]), step / 10)
    walker = min(tracks, key=lambda track: abs(track.foot[1] - 0.8))
    assert walker.confirmed is (burden == "bottle")
