"""The tracker on simulated squares with the detector's own noise, and through a whole simulated day."""

import pickle
from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bench.eye import Eye
from bench.scenes import PLANS, SHOP, Scene, simulated
from bench.world import STEP_S, Plan, live
from device.core.geometry import iou
from device.core.tracking import Tracker

DAY_S = 24 * 3600.0
SECONDS = 25.0


@cache
def scene(name: str) -> Scene:
    """One of the scenes of the track table, at its full rate."""
    plan = next(plan for plan in PLANS if plan.name == name)
    return simulated(replace(plan, seconds=SECONDS), seed=7)


def share_of_main_track(scene: Scene) -> tuple[float, int]:
    """Part of all sightings of people that fall to each one's most used number; pictures with a number for nobody."""
    tracker = Tracker()
    numbers: dict[int, Counter[int]] = {}
    nobody = 0
    for look in scene.looks:
        width, height = look.detections.size
        for track in tracker.update(look.detections, look.motion, look.t):
            if not (track.seen and track.believed):
                continue
            x1, y1, x2, y2 = track.box
            box = (x1 * width, y1 * height, x2 * width, y2 * height)
            overlap = [iou(box, (a, b, c, d)) for a, b, c, d in look.boxes.tolist()]
            best = int(np.argmax(overlap)) if overlap else -1
            if best >= 0 and overlap[best] >= 0.5:
                numbers.setdefault(look.ids[best], Counter())[track.id] += 1
            else:
                nobody += max(overlap, default=0.0) < 0.1
    total = sum(counter.total() for counter in numbers.values())
    return sum(max(counter.values()) for counter in numbers.values()) / total, nobody


@pytest.mark.parametrize("rate", [10.0, 5.0, 2.5])
@pytest.mark.parametrize("name", ["mast", "square", "waiting"])
def test_people_keep_their_numbers(name: str, rate: float) -> None:
    """On a square with crossings, a lamp post and people who wait, most sightings are under one number a person."""
    share, nobody = share_of_main_track(scene(name).thinned(rate))
    assert share > 0.8
    assert nobody < 0.02 * SECONDS * rate * 6.0


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_no_number_stays_with_a_sign(seed: int) -> None:
    """People pass signs that score .2 to .5 all the time, stop before and behind them, and go on without them."""
    plan = next(plan for plan in PLANS if plan.name == "signs")
    signs = [sign.box(plan.view).tolist() for sign in plan.signs]
    tracker, on_signs, rows = Tracker(), 0, 0
    for look in simulated(replace(plan, seconds=SECONDS), seed).looks:
        width, height = look.detections.size
        for track in tracker.update(look.detections, look.motion, look.t):
            if track.seen and track.believed:
                x1, y1, x2, y2 = track.box
                box = (x1 * width, y1 * height, x2 * width, y2 * height)
                somebody = max((iou(box, (a, b, c, d)) for a, b, c, d in look.boxes.tolist()), default=0.0)
                on_signs += somebody < 0.3 and any(iou(box, (a, b, c, d)) > 0.5 for a, b, c, d in signs)
                rows += 1
    assert rows > 500
    assert on_signs < 0.01 * rows


def test_an_empty_square_has_nobody() -> None:
    """Scenery that looks like people, and single ghosts, are never believed."""
    plan = Plan("empty", people=0.0, ghosts=6, seconds=60.0)
    looks = simulated(plan, seed=3).looks
    tracker = Tracker()
    ghosts = {
        track.id for look in looks for track in tracker.update(look.detections, look.motion, look.t) if track.believed
    }
    assert sum(len(look.detections) for look in looks) > 1000
    assert not ghosts


def test_the_same_scene_gives_the_same_tracks() -> None:
    """Nothing depends on chance or on what was followed before."""
    looks = simulated(replace(PLANS[0], seconds=6.0), seed=2).looks
    runs = []
    for _ in range(2):
        tracker = Tracker()
        runs.append([tracker.update(look.detections, look.motion, look.t) for look in looks])
    assert runs[0] == runs[1]


@pytest.mark.slow
def test_state_is_flat_over_a_day() -> None:
    """Customers come and go for 24 hours: what the tracker keeps at the end is no more than after one."""
    plan = Plan("shop", SHOP, people=3.0, ghosts=2, seconds=60.0)
    moments, eye, tracker = live(plan, seed=4), Eye(plan, seed=5), Tracker()
    minute = [(eye.look(moment), eye.motion(moment)) for moment in moments[:: round(2.0 / STEP_S)]]
    sizes = []
    t, highest = 0.0, 0
    while t < DAY_S:
        open_now = int(t / 600.0) % 6 == 0  # ten minutes of each hour are busy
        for found, motion in minute if open_now else minute[:1]:
            tracks = tracker.update(found, motion, t)
            highest = max([highest, *(track.id for track in tracks)])
            t += 2.0 if open_now else 60.0
            if round(t) % 20 == 0:
                sizes.append(len(pickle.dumps(tracker)))
    hour = len(sizes) // 24
    assert highest > 1000
    assert max(sizes[-hour:]) < 1.2 * max(sizes[:hour])
