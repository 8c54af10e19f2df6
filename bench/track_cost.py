"""What following costs: with ten people in the picture, and over a simulated day. Does not say how well it follows."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from bench.contenders import CONTENDERS, Options
from bench.eye import Eye
from bench.scenes import PLANS, SHOP, Scene, simulated
from bench.world import STEP_S, Plan, live
from device.core.appearance import describe
from device.core.frame import frame_from_bgr
from device.core.tracking import Tracker

DAY_S = 24 * 3600.0
_HOUR_S = 3600.0
_BUSY_S, _CYCLE_S = 600.0, 2400.0
"""Ten minutes of each forty are busy."""
_TEN = (9, 11)
"""People who are there, for a picture to count as one of ten."""
_TIMES = 200


def cost_lines(chosen: Mapping[str, Options]) -> Iterator[str]:
    """CPU a look with ten people, of each tracker and of describing appearance."""
    scene = ten_people()
    yield "| what | CPU ms |"
    yield "|---|---|"
    for contender in CONTENDERS:
        spent = min(contender.run(scene, chosen[contender.name])[1] for _ in range(2))
        yield f"| {contender.name}, a look | {1000.0 * spent / len(scene.looks):.2f} |"
    yield f"| describing the appearance of ten (Shopwarden's pipeline only) | {_describe_ms(scene):.2f} |"


def ten_people() -> Scene:
    """Looks at a square with about ten people, one after the other."""
    plan = next(plan for plan in PLANS if plan.name == "crowd")
    whole = simulated(replace(plan, people=13.0, seconds=30.0), seed=21)
    return replace(whole, looks=tuple(look for look in whole.looks if _TEN[0] <= len(look.ids) <= _TEN[1]))


def _describe_ms(scene: Scene) -> float:
    look = max(scene.looks, key=lambda look: len(look.detections))
    width, height = look.detections.size
    frame = frame_from_bgr(np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8))
    ten = replace(
        look.detections,
        boxes=look.detections.boxes[:10],
        scores=look.detections.scores[:10],
        classes=look.detections.classes[:10],
        appearance=look.detections.appearance[:10],
    )
    describe(frame, ten)
    start_s = time.process_time()
    for _ in range(_TIMES):
        describe(frame, ten)
    return 1000.0 * (time.process_time() - start_s) / _TIMES


def day_lines() -> Iterator[str]:
    """The first hour of a simulated day in a shop beside the last."""
    yield "| hour | looks | CPU ms a look | things held, mean | at most | numbers given so far |"
    yield "|---|---|---|---|---|---|"
    for hour, (spent_s, held, given) in enumerate(_day(), 1):
        if hour in {1, 2, 12, 23, 24}:
            yield (
                f"| {hour} | {len(held)} | {1000.0 * spent_s / len(held):.2f} | {np.mean(held):.1f} "
                f"| {max(held)} | {given} |"
            )


def _day() -> Iterator[tuple[float, list[int], int]]:
    """CPU s, things held after each look and numbers given, of each hour."""
    plan = Plan("shop", SHOP, people=3.0, ghosts=2, seconds=120.0)
    eye, tracker = Eye(plan, seed=5), Tracker()
    looks = [(eye.look(moment), eye.motion(moment)) for moment in live(plan, seed=4)[:: round(1.0 / STEP_S)]]
    t = 0.0
    for hour in range(round(DAY_S / _HOUR_S)):
        spent_s, held = 0.0, list[int]()
        while t < (hour + 1) * _HOUR_S:
            busy = t % _CYCLE_S < _BUSY_S
            found, motion = looks[int(t) % len(looks)] if busy else looks[0]
            start_s = time.process_time()
            held.append(len(tracker.update(found, motion, t)))
            spent_s += time.process_time() - start_s
            t += 1.0 if busy else 60.0
        yield spent_s, held, tracker.next_id - 1
