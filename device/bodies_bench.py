"""What a second look at one person costs, and the rule that weighs it: counted apart from the rest. Judges nothing."""

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from statistics import median
from typing import Any, TypeVar

import numpy as np

from device.core.concealment.body import Body, BodyLook
from device.core.concealment.fitted import FITTED
from device.core.concealment.register import Concealed
from device.core.frame import Frame
from device.core.geometry import Box, Polygon
from device.core.motion import Motion
from device.core.rules.concealment import ConcealmentRule
from device.core.rules.scene import RuleSettings, Scene
from device.core.track import Track
from device.detect.body import open_body_looker
from device.detect.catalogue import find_model
from device.ports import BodyFinder

Result = TypeVar("Result")

POSE, BAGS = "pose-256", "general-256"
PERSON: Box = (0.35, 0.15, 0.65, 0.95)
GOODS = Polygon(((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)))
MAX_LOOKS = 100
GAP_S = 0.2


def second_look(pictures: Sequence[Frame], threads: int) -> dict[str, Any]:
    """CPU of a look at a person who fills most of the picture, and of the rule for that look.

    Raises:
        ModelError: a network cannot be used.
    """
    with contextlib.closing(open_body_looker(find_model(POSE), find_model(BAGS), threads=threads)) as looker:
        looker.look(pictures[0], PERSON)
        seen = [_timed_look(looker, picture) for picture in pictures[:MAX_LOOKS]]
    size = (pictures[0].width, pictures[0].height)
    rule = ConcealmentRule(_settings(), GOODS, FITTED, Concealed())
    looks = [BodyLook(1, number * GAP_S, PERSON, size, body) for number, (_, body) in enumerate(seen)]
    rule_ms = [_cpu_ms(partial(rule.update, _scene(look)))[0] for look in looks]
    return {"looks": len(seen), "look_cpu_ms": _middle(ms for ms, _ in seen), "rule_cpu_ms": _middle(rule_ms)}


def _timed_look(looker: BodyFinder, picture: Frame) -> tuple[float, Body]:
    return _cpu_ms(lambda: looker.look(picture, PERSON))


def _middle(values: Iterable[float]) -> float:
    return round(median(values), 3)


def _cpu_ms(work: Callable[[], Result]) -> tuple[float, Result]:
    before = time.process_time()
    result = work()
    return (time.process_time() - before) * 1000, result


def _settings() -> RuleSettings:
    return RuleSettings(
        name="bench", kind="concealment", labels=frozenset({"person"}), after_s=0.0, cooldown_s=0.0, min_confidence=0.5
    )


def _scene(look: BodyLook) -> Scene:
    track = Track(1, "person", PERSON, 0.9, confirmed=True, moved=True, seen=True, t_first=0.0, t_seen=look.t)
    still = Motion(open=True, area_frac=0.0, mask=np.zeros((4, 4), dtype=np.bool_), scene_change=False)
    return Scene(t=look.t, tracks=(track,), motion=still, looked=True, bodies=(look,))
