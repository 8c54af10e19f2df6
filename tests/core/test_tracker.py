"""The tracker fed by hand: scripted scenes."""

from dataclasses import replace

import numpy as np
import pytest

from device.core.detections import Detections
from device.core.geometry import Box
from device.core.motion import Motion
from device.core.track import Track
from device.core.tracking import ClassThresholds, Tracker, TrackerSettings
from device.core.tracking.match import expect, gains
from device.core.tracking.sight import lay_out
from device.core.tracking.thing import Thing

LABELS = ("person", "car", "truck", "bottle")
Found = tuple[str, float, Box]


def detections(*found: Found, size: tuple[int, int] = (800, 400)) -> Detections:
    """Detections in a picture that is, unless said otherwise, twice as wide as high."""
    return Detections(
        boxes=np.array([box for _, _, box in found], dtype=np.float32).reshape(-1, 4),
        scores=np.array([score for _, score, _ in found], dtype=np.float32),
        classes=np.array([LABELS.index(label) for label, _, _ in found], dtype=np.intp),
        labels=LABELS,
        size=size,
    )


def person(x: float, foot: float = 0.8, score: float = 0.8, height: float = 0.4) -> Found:
    """A person whose foot point is (x, foot)."""
    half = 0.09 * height
    return ("person", score, (x - half, foot - height, x + half, foot))


def looking(found: Detections, *looks: tuple[float, float]) -> Detections:
    """The same with an appearance each."""
    return replace(found, appearance=np.array(looks, dtype=np.float32))


def moving(*boxes: Box) -> Motion:
    """Motion under these boxes alone."""
    mask = np.zeros((100, 200), dtype=np.bool_)
    for x1, y1, x2, y2 in boxes:
        mask[round(y1 * 100) : round(y2 * 100), round(x1 * 200) : round(x2 * 200)] = True
    return Motion(open=bool(boxes), area_frac=float(mask.mean()), mask=mask, scene_change=False)


def believed(tracks: tuple[Track, ...]) -> list[Track]:
    """Those to act on."""
    return [track for track in tracks if track.believed]


def walk(
    tracker: Tracker, start: float, seconds: float, *, x: float, pace: float, rate: float = 10.0
) -> tuple[Track, ...]:
    """One person walking; the tracks at the end."""
    tracks: tuple[Track, ...] = ()
    for step in range(round(seconds * rate)):
        found = person(x + pace * step / rate)
        tracks = tracker.update(detections(found), moving(found[2]), start + step / rate)
    return tracks


@pytest.mark.parametrize("rate", [1.0, 2.0, 5.0, 10.0, 30.0])
def test_a_walker_keeps_one_number_at_any_rate(rate: float) -> None:
    """A person who walks through is one believed track with the right velocity."""
    tracks = walk(Tracker(), 0.0, 4.0, x=0.1, pace=0.15, rate=rate)
    assert [track.id for track in believed(tracks)] == [1]
    assert tracks[0].seen
    assert tracks[0].velocity[0] == pytest.approx(0.15, rel=0.15)
    assert tracks[0].box == pytest.approx(person(0.1 + 0.15 * (4.0 - 1 / rate))[2], abs=5e-3)


def test_believed_within_a_second() -> None:
    """An intruder who walks is believed soon, and not after one picture."""
    tracker = Tracker()
    first = walk(tracker, 0.0, 0.1, x=0.1, pace=0.15)
    assert not first[0].confirmed
    assert believed(walk(tracker, 0.1, 0.9, x=0.115, pace=0.15))


def test_uneven_gaps() -> None:
    """Looks come when they come; the pace is per second."""
    tracker = Tracker()
    ids = set()
    for t in (0.0, 0.1, 0.5, 0.6, 1.4, 1.5, 2.3, 2.35, 3.0):
        found = person(0.1 + 0.15 * t)
        ids |= {track.id for track in tracker.update(detections(found), moving(found[2]), t)}
    assert ids == {1}


def test_two_cross_and_keep_their_numbers() -> None:
    """Two people walk through each other; one hides the other for half a second."""
    tracker = Tracker()
    tracks: tuple[Track, ...] = ()
    start: dict[int, float] = {}
    for step in range(60):
        near, far = person(0.2 + 0.01 * step, foot=0.82), person(0.8 - 0.01 * step, foot=0.78, height=0.38)
        hidden = abs(near[2][0] - far[2][0]) < 0.03
        found = (near,) if hidden else (near, far)
        tracks = tracker.update(detections(*found), moving(near[2], far[2]), step / 10)
        start = start or {track.id: track.foot[0] for track in tracks}
    end = {track.id: track.foot[0] for track in believed(tracks)}
    assert {number: place > 0.5 for number, place in end.items()} == {number: x < 0.5 for number, x in start.items()}


def test_rejoins_after_seconds_behind_something() -> None:
    """Two seconds behind a pillar do not make another person."""
    tracker = Tracker()
    walk(tracker, 0.0, 2.0, x=0.1, pace=0.15)
    for step in range(20):
        tracks = tracker.update(detections(), moving(), 2.0 + step / 10)
    assert [(track.id, track.seen) for track in tracks] == [(1, False)]
    tracks = walk(tracker, 4.0, 1.0, x=0.7, pace=0.15)
    assert [track.id for track in believed(tracks)] == [1]


def test_a_skipped_look_ages_nothing() -> None:
    """A minute without looking is not a minute of absence."""
    tracker = Tracker()
    walk(tracker, 0.0, 2.0, x=0.3, pace=0.1)
    for second in range(60):
        tracks = tracker.update(None, None, 2.0 + second)
        assert [(track.id, track.seen) for track in tracks] == [(1, False)]
    found = person(0.5)
    assert believed(tracker.update(detections(found), moving(found[2]), 62.0))[0].id == 1


def test_one_missed_look_after_a_long_pause_is_one_miss() -> None:
    """How long nobody looked does not count against a track."""
    tracker = Tracker()
    walk(tracker, 0.0, 2.0, x=0.3, pace=0.1)
    assert [track.id for track in tracker.update(detections(), moving(), 100.0)] == [1]


def test_forgotten_after_looking_in_vain() -> None:
    """Who is looked for and not found for long enough is gone."""
    tracker = Tracker(TrackerSettings(forget_s=3.0))
    walk(tracker, 0.0, 2.0, x=0.3, pace=0.1)
    for step in range(29):
        assert tracker.update(detections(), moving(), 2.0 + step / 10)
    for step in range(29, 33):
        tracks = tracker.update(detections(), moving(), 2.0 + step / 10)
    assert tracks == ()


def test_who_walked_in_and_stands_still_stays() -> None:
    """A person who stands for ten minutes, long part of the scene to the gate, is still believed."""
    tracker = Tracker()
    walk(tracker, 0.0, 3.0, x=0.1, pace=0.1)
    t = 3.65
    while t < 600.0:
        assert not tracker.wants_look(t - 0.5)
        assert tracker.wants_look(t)
        tracks = tracker.update(detections(person(0.4)), moving(), t)
        t += 0.75
    assert [track.id for track in believed(tracks)] == [1]


def test_scenery_is_not_believed() -> None:
    """A sign that looks a little like a person, where nothing moves, is nobody, however long it is seen."""
    tracker = Tracker()
    rng = np.random.default_rng(3)
    confirmed = 0
    for step in range(600):
        found = person(0.4 + rng.normal(0.0, 0.002), score=float(rng.uniform(0.3, 0.52)))
        tracks = tracker.update(detections(found), moving(), step / 10)
        confirmed += sum(track.confirmed or track.moved for track in tracks)
    assert confirmed == 0


def test_passing_before_scenery_does_not_free_it() -> None:
    """A walker passes before a sign: one believed track, the walker's; the sign stays what it is."""
    tracker = Tracker()
    moved = set()
    for step in range(120):
        sign, walker = person(0.5, score=0.45), person(0.1 + 0.008 * step, foot=0.85)
        found = (sign, walker) if abs(walker[2][0] - sign[2][0]) > 0.03 else (walker,)
        for track in tracker.update(detections(*found), moving(walker[2]), step / 10):
            moved |= {track.id} if track.moved else set()
    assert len(moved) == 1


def test_a_person_who_stood_there_from_the_start_is_confirmed() -> None:
    """A high score speaks for itself; whether it is a mannequin is said by ``moved``."""
    tracker = Tracker()
    for step in range(30):
        tracks = tracker.update(detections(person(0.4, score=0.8)), moving(), step / 10)
    assert [(track.confirmed, track.moved) for track in tracks] == [(True, False)]
    tracks = walk(tracker, 3.0, 2.0, x=0.4, pace=0.1)
    assert [(track.id, track.believed) for track in tracks] == [(1, True)]


def test_who_stood_half_hidden_for_long_is_soon_believed() -> None:
    """Doubt of an hour fades: once the person walks about and is seen well, it is a matter of seconds."""
    tracker, t, tracks = Tracker(), 0.0, tuple[Track, ...]()
    while t < 3600.0:
        tracker.update(detections(person(0.3, score=0.3)), None, t)
        t += 0.7
    began = t
    while not believed(tracks) and t < began + 60.0:
        x = 0.3 + 0.05 * (t - began)
        found = person(x)
        tracks = tracker.update(detections(found), moving(found[2]), t)
        t += 0.2

    assert t - began < 6.0


def test_out_of_a_car() -> None:
    """Somebody appears in the middle of the picture, and stands: there was motion, so it is somebody."""
    tracker = Tracker()
    for step in range(30):
        found = person(0.4)
        tracks = tracker.update(detections(found), moving(found[2]), step / 10)
    assert [track.id for track in believed(tracks)] == [1]


def test_a_low_score_keeps_a_track_alive() -> None:
    """Half hidden, a person is scored low; that is enough for one who is expected just there."""
    tracker = Tracker()
    walk(tracker, 0.0, 2.0, x=0.1, pace=0.1)
    for step in range(20):
        found = person(0.3 + 0.01 * step, score=0.3)
        tracks = tracker.update(detections(found), moving(found[2]), 2.0 + step / 10)
    assert [(track.id, track.seen) for track in tracks] == [(1, True)]


def test_a_low_score_alone_is_nobody() -> None:
    """What never reaches the threshold of its class is never confirmed."""
    tracker = Tracker()
    for step in range(50):
        found = person(0.1 + 0.01 * step, score=0.44)
        tracks = tracker.update(detections(found), moving(found[2]), step / 10)
        assert not any(track.confirmed for track in tracks)


def test_a_doubtful_box_begins_nothing() -> None:
    """What may continue a track is not yet enough to begin one, and costs no number."""
    tracker = Tracker()
    for step in range(20):
        found = person(0.1 + 0.01 * step, score=0.28)
        assert tracker.update(detections(found), moving(found[2]), step / 10) == ()
    assert tracker.next_id == 1


def test_a_part_that_goes_along_is_nobody() -> None:
    """A box half on a walker and half beside them, as sure as many a person, is never believed."""
    tracker = Tracker()
    for step in range(40):
        found = person(0.1 + 0.015 * step)
        x1, y1, x2, y2 = found[2]
        beside: Found = ("person", 0.55, (x1 - 0.4 * (x2 - x1), y1 + 0.1, x2 - 0.4 * (x2 - x1), y2))
        tracks = tracker.update(detections(found, beside), moving(found[2], beside[2]), step / 10)
        assert {track.id for track in tracks if track.confirmed} <= {1}
    assert tracks[0].believed


def test_two_side_by_side_are_two() -> None:
    """Who walks half behind another is a person, too."""
    tracker = Tracker()
    for step in range(40):
        near = person(0.1 + 0.015 * step, score=0.85)
        far = person(0.145 + 0.015 * step, foot=0.78, score=0.7)
        tracks = tracker.update(detections(near, far), moving(near[2], far[2]), step / 10)
    assert [track.id for track in believed(tracks)] == [1, 2]


@pytest.mark.parametrize(("label", "score", "expected"), [("person", 0.4, False), ("bottle", 0.4, True)])
def test_thresholds_belong_to_classes(label: str, score: float, expected: bool) -> None:
    """Goods are found at scores at which people are not believed."""
    tracker = Tracker()
    for step in range(30):
        box = (0.1 + 0.01 * step, 0.4, 0.15 + 0.01 * step, 0.6)
        tracks = tracker.update(detections((label, score, box)), moving(box), step / 10)
    assert any(track.confirmed for track in tracks) is expected


def test_thresholds_can_be_set_for_a_label() -> None:
    """The settings are asked by name."""
    settings = TrackerSettings(thresholds={"bottle": ClassThresholds(low=0.6, begin=0.6, high=0.7, sure=0.7)})
    assert Tracker(settings).update(detections(("bottle", 0.5, (0.1, 0.1, 0.2, 0.3))), None, 0.0) == ()


def test_a_car_taken_for_a_truck_is_one_thing() -> None:
    """A detector wavers between kin; the number stays, the label is the one seen most."""
    tracker = Tracker()
    for step in range(30):
        box = (0.1 + 0.01 * step, 0.5, 0.3 + 0.01 * step, 0.7)
        tracks = tracker.update(detections(("truck" if step % 3 == 0 else "car", 0.7, box)), moving(box), step / 10)
    assert [(track.id, track.label) for track in tracks] == [(1, "car")]


def test_a_person_and_a_bottle_in_one_place_are_two() -> None:
    """Things of different kinds never take each other's number."""
    tracker = Tracker()
    for step in range(10):
        box = person(0.3)[2]
        tracks = tracker.update(detections(("person", 0.8, box), ("bottle", 0.7, box)), moving(box), step / 10)
    assert sorted(track.label for track in tracks) == ["bottle", "person"]


def test_a_reported_box_jitters_less_than_the_detected() -> None:
    """Boxes of one who stands still are steadier than what was detected, and just as right."""
    tracker, rng = Tracker(), np.random.default_rng(9)
    detected, reported = [], []
    for step in range(100):
        found = person(0.4 + float(rng.normal(0.0, 0.005)), foot=0.8 + float(rng.normal(0.0, 0.01)))
        (track,) = tracker.update(detections(found), moving(found[2]), step / 10)
        detected.append(found[2])
        reported.append(track.box)
    assert (np.std(reported[10:], axis=0) < np.std(detected[10:], axis=0)).all()
    assert np.mean(reported, axis=0) == pytest.approx(np.mean(detected, axis=0), abs=0.005)


def test_a_second_box_around_one_person_begins_nothing() -> None:
    """Half a person, and one box around it all, are the same person."""
    tracker = Tracker()
    for step in range(20):
        found = person(0.1 + 0.02 * step)
        x1, y1, x2, y2 = found[2]
        half: Found = ("person", 0.6, (x1, y1, x2, (y1 + y2) / 2))
        tracks = tracker.update(detections(found, half), moving(found[2]), step / 10)
    assert [track.id for track in tracks] == [1]


def test_nothing_lives_nobody_looks() -> None:
    """An empty shop costs no looks; scenery alone costs few."""
    tracker = Tracker()
    tracker.update(detections(), None, 0.0)
    assert not tracker.wants_look(100.0)
    for step in range(50):
        tracker.update(detections(person(0.4, score=0.45)), moving(), step / 10)
    assert not tracker.wants_look(4.9 + 3.0)
    assert tracker.wants_look(4.9 + 5.0)


def test_no_more_than_the_most_live() -> None:
    """A picture full of boxes is bounded, and who is believed outlives the crowd."""
    tracker = Tracker(TrackerSettings(max_tracks=10, max_detections=30))
    walk(tracker, 0.0, 2.0, x=0.1, pace=0.1)
    rng = np.random.default_rng(5)
    for step in range(30):
        crowd = [person(float(x), foot=float(y), height=0.1) for x, y in rng.uniform(0.2, 0.9, (60, 2))]
        tracks = tracker.update(detections(*crowd), None, 2.0 + step / 10)
        assert len(tracks) <= 10
    assert 1 in {track.id for track in tracks}


def test_a_new_ghost_takes_nobodys_place() -> None:
    """Where all that lives is believed or seen just now, one more box begins nothing and costs no number."""
    tracker = Tracker(TrackerSettings(max_tracks=2))
    for step in range(20):
        near, far = person(0.1 + 0.01 * step), person(0.9 - 0.01 * step)
        tracker.update(detections(near, far), moving(near[2], far[2]), step / 10)
    for step in range(20, 24):
        near, far, ghost = person(0.1 + 0.01 * step), person(0.9 - 0.01 * step), person(0.5, foot=0.45, height=0.2)
        found = (near, ghost) if step == 21 else (near, far, ghost)
        tracks = tracker.update(detections(*found), moving(near[2], far[2]), step / 10)
        assert [(track.id, track.believed) for track in tracks] == [(1, True), (2, True)]
    assert tracker.next_id == 3


def test_the_youngest_doubt_gives_way() -> None:
    """A full tracker makes room at the cost of what is neither confirmed nor seen, the youngest first."""
    tracker = Tracker(TrackerSettings(max_tracks=3))
    places = [person(0.1 + 0.2 * number, height=0.2) for number in range(4)]
    tracker.update(detections(places[0]), None, 0.0)
    tracker.update(detections(places[0], places[1]), None, 0.1)
    tracker.update(detections(places[0], places[1], places[2]), None, 0.2)
    tracks = tracker.update(detections(places[3]), None, 0.3)
    assert [(track.id, track.seen) for track in tracks] == [(1, False), (2, False), (4, True)]


def test_another_shape_of_picture_keeps_numbers() -> None:
    """A camera comes back with a narrower picture of the same view: everybody is where they were in fractions of it."""
    tracker = Tracker()
    for step in range(60):
        people = [person(0.5 - 0.1 * number + 0.004 * step, foot=0.9, height=0.3) for number in range(4)]
        size = (800, 400) if step < 30 else (600, 450)
        tracks = tracker.update(detections(*people, size=size), moving(*(box for _, _, box in people)), step / 10)
        if step >= 10:
            feet = {track.id: track.foot[0] for track in tracks if track.seen}
            assert feet == pytest.approx({n + 1: box[0] + 0.027 for n, (_, _, box) in enumerate(people)}, abs=0.01)
    assert tracker.next_id == 5


def test_an_hour_unwatched_is_no_evidence() -> None:
    """Seen twice with an hour between in which nobody looked: that is as much as seen twice within a second."""
    tracker = Tracker()
    for t in (0.0, 0.3, 3600.0):
        tracks = tracker.update(detections(person(0.4, score=0.8)), moving(), t)
    assert [(track.id, track.confirmed) for track in tracks] == [(1, True)]
    for pause_s in (0.3, 3600.0):
        tracker = Tracker()
        tracker.update(detections(person(0.4, score=0.8)), moving(), 0.0)
        tracks = tracker.update(detections(person(0.4, score=0.8)), moving(), pause_s)
        assert not tracks[0].moved
        assert not tracker.wants_look(pause_s + 0.5)
        assert tracker.wants_look(pause_s + 0.8)


def test_what_moved_long_ago_says_little() -> None:
    """Whether there is motion with a thing is asked of late: an hour of stillness does not outweigh five minutes."""
    tracker, found = Tracker(), person(0.4, score=0.55)
    for step in range(5000):
        tracks = tracker.update(detections(found), moving(), 0.7 * step)
    assert [(track.id, track.confirmed) for track in tracks] == [(1, False)]
    for step in range(5000, 5000 + 420):
        tracks = tracker.update(detections(found), moving(found[2]), 0.7 * step)
    assert [(track.id, track.believed) for track in tracks] == [(1, True)]


def test_thresholds_must_rise() -> None:
    """A low threshold above the high one is refused."""
    with pytest.raises(ValueError, match="rise"):
        ClassThresholds(low=0.6, begin=0.6, high=0.5, sure=0.7)


def test_equals_are_numbered_alike_in_a_mirror() -> None:
    """Two people alike in all but their place get the numbers in a mirror that they get without one."""
    plain, mirror = Tracker(), Tracker()
    here = plain.update(detections(person(0.25), person(0.375)), None, 0.0)
    there = mirror.update(detections(person(0.75), person(0.625)), None, 0.0)
    assert {a.id: a.foot[0] for a in here} == pytest.approx({b.id: 1.0 - b.foot[0] for b in there}, abs=1e-6)


RED, BLUE = (1.0, 0.0), (0.0, 1.0)
"""Looks as unlike as can be."""


def stand(tracker: Tracker, who: Found, look: tuple[float, float], start: float, looks: int = 12) -> tuple[Track, ...]:
    """Somebody who has come and stands, four looks a second; the tracks at the end."""
    tracks: tuple[Track, ...] = ()
    for n in range(looks):
        tracks = tracker.update(looking(detections(who), look), moving(who[2]), start + n / 4)
    return tracks


def test_who_stands_in_another_light_keeps_the_number() -> None:
    """In the very place, a look later, it is who was there: nobody goes while another comes between two looks."""
    tracker = Tracker()
    assert [track.id for track in believed(stand(tracker, person(0.5), RED, 0.0))] == [1]

    assert [track.id for track in stand(tracker, person(0.5), BLUE, 3.0, looks=1) if track.seen] == [1]


def test_who_is_found_elsewhere_and_looks_different_is_somebody_else() -> None:
    """The place excuses nothing but a look in just that place."""
    tracker = Tracker()
    stand(tracker, person(0.5), RED, 0.0)

    assert [track.id for track in stand(tracker, person(0.6), BLUE, 3.0, looks=1) if track.seen] == [2]


@pytest.mark.parametrize(("height", "number"), [(0.4, 1), (0.48, 2)])
@pytest.mark.parametrize("x", [0.04, 0.96])
def test_at_the_edge_of_the_picture_it_must_be_as_tall_as_well(x: float, height: float, number: int) -> None:
    """There one does go while another comes."""
    tracker = Tracker()
    assert [track.id for track in believed(stand(tracker, person(x), RED, 0.0))] == [1]

    found = stand(tracker, person(x, height=height), BLUE, 3.0, looks=1)

    assert [track.id for track in found if track.seen] == [number]


@pytest.mark.parametrize(("foot", "same"), [(0.8, True), (0.74, False)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_who_comes_where_another_went_out_of_the_picture(foot: float, same: bool, mirrored: bool) -> None:
    """Half a second after one left, somebody in much the same clothes who is deeper in the room is somebody else."""
    tracker = Tracker()
    for n in range(16):
        x = 0.18 - 0.01 * n
        who = person(1.0 - x if mirrored else x)
        tracker.update(looking(detections(who), RED), moving(who[2]), n / 4)
    for n in range(2):
        tracker.update(looking(detections(person(0.5)), BLUE), moving(), 4.0 + n / 4)

    found = stand(tracker, person(0.97 if mirrored else 0.03, foot=foot), (0.9, 0.436), 4.5, looks=1)

    assert (1 in [track.id for track in found if track.seen]) == same


def test_of_who_is_behind_somebody_the_look_says_less() -> None:
    """What is seen in their box is the other's clothes; a box that nobody is sure of hides nothing."""
    settings, behind = TrackerSettings(), person(0.5)
    known = Thing(1, lay_out(looking(detections(behind), BLUE), None, settings), 0, 0.0, settings)
    known.confirmed = True

    def gain(score: float, foot: float) -> float:
        before = person(0.51, foot=foot, score=score)
        sight = lay_out(looking(detections(behind, before), RED, RED), None, settings)
        mine = int(np.argmin(np.abs(sight.boxes[:, 3] - 0.8)))
        return float(gains([known], expect([known]), sight, settings)[0, mine])

    unsure, sure, farther = gain(0.3, 0.85), gain(0.85, 0.85), gain(0.85, 0.75)
    assert sure > unsure + 0.5
    assert farther == pytest.approx(unsure, abs=1e-6)


def test_who_was_first_seen_behind_another_is_known_by_what_was_seen_alone() -> None:
    """What was taken for their look was mostly the other's."""
    tracker = Tracker()
    before, behind, aside = person(0.51, foot=0.83), person(0.5), person(0.57)
    for n in range(8):
        tracker.update(looking(detections(before, behind), RED, RED), moving(before[2], behind[2]), n / 4)
    alone = [track.id for track in stand(tracker, behind, BLUE, 2.0, looks=4) if track.seen]

    tracks = tracker.update(looking(detections(aside), BLUE), moving(aside[2], behind[2]), 3.0)

    assert [track.id for track in tracks if track.seen] == alone


@pytest.mark.parametrize("rate", [1.0, 2.0])
@pytest.mark.parametrize("mirrored", [False, True])
def test_who_stays_at_the_edge_of_the_picture_is_themselves(rate: float, mirrored: bool) -> None:
    """However unsteady the box is: nobody has gone who was seen there in the look before."""
    tracker, noise, numbers = Tracker(), np.random.default_rng(1), set[int]()
    for n in range(120):
        off = noise.normal(0.0, (0.003, 0.02, 0.045))
        x = 0.06 + float(off[0])
        who = person(1.0 - x if mirrored else x, foot=0.85 + float(off[1]), height=0.6 + float(off[2]))
        tracks = tracker.update(detections(who), moving(who[2]), n / rate)
        numbers |= {track.id for track in tracks}

    assert numbers == {1}
