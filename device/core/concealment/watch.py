"""Follows the hands of one person, look by look: the signs of the last seconds, and when a hand was at the goods."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from device.core.concealment.body import BodyLook
from device.core.concealment.signs import Signs, read_signs
from device.core.concealment.weigh import Classifiers, Weight
from device.core.geometry import Polygon

WINDOW_S = 3.0
"""Signs are read over so long: an item is gone within a second, and the hand comes back or stays."""
LEAST_LOOKS = 5
LEAST_S = 1.5
MAX_LOOKS = 256
AT_HIP = 0.45
"""Torsos: a wrist so near to its hip has the hand there."""
_SIDES = ("left", "right")


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the last seconds are worth, and what was seen in them."""

    weight: Weight
    signs: Signs
    t: float
    at_goods: tuple[float | None, float | None]
    """When the left and the right hand were last seen at the goods; None: never."""


class HandWatch:
    """One person's hands."""

    def __init__(self, goods: Polygon, classifiers: Classifiers) -> None:
        """``goods``: where they lie in the picture."""
        self._goods, self._classifiers = goods, classifiers
        self._looks: deque[BodyLook] = deque(maxlen=MAX_LOOKS)
        self._at_goods: list[float | None] = [None, None]

    def add(self, look: BodyLook) -> Sight | None:
        """Take a look; None while there are too few of them to say anything."""
        self._looks.append(look)
        while look.t - self._looks[0].t > WINDOW_S:
            self._looks.popleft()
        for hand, side in enumerate(_SIDES):
            if self._goods.contains(look.body.pose.point(f"{side} index")):
                self._at_goods[hand] = look.t
        if len(self._looks) < LEAST_LOOKS or look.t - self._looks[0].t < LEAST_S:
            return None
        signs = read_signs(tuple(self._looks))
        left, right = self._at_goods
        return Sight(self._classifiers.weigh(signs), signs, look.t, (left, right))


def told(sight: Sight) -> tuple[str, ...]:
    """What was seen, for a person to read; lengths in torsos."""
    signs, weight = sight.signs, sight.weight
    span_s = float(signs.t[-1] - signs.t[0])
    facts = [f"{len(signs.t)} looks at the hands in {span_s:.1f} s"]
    facts += [_goods_told(side, sight.at_goods[hand], sight.t) for hand, side in enumerate(_SIDES)]
    if weight.bag > weight.pocket:
        at_bag = signs.bag_scores > 0.0
        facts.append(
            f"a hand at what may be a bag in {int(at_bag.sum())} of {len(at_bag)} looks, "
            f"score {float(np.median(signs.bag_scores)):.2f} in the middle, {float(signs.bag_scores.max()):.2f} at most"
        )
    else:
        facts += [_hip_told(side, signs, hand) for hand, side in enumerate(_SIDES)]
    return (
        *(fact for fact in facts if fact),
        f"into a bag or jacket {weight.bag:.2f}, into a pocket {weight.pocket:.2f}",
    )


def _goods_told(side: str, at: float | None, t: float) -> str:
    return "" if at is None or t - at > 30.0 else f"{side} hand last at the goods {max(0.0, t - at):.1f} s before"


def _hip_told(side: str, signs: Signs, hand: int) -> str:
    way = signs.from_hip[:, hand]
    near = np.flatnonzero(way <= AT_HIP)
    if not len(near):
        return f"{side} hand {float(way.min()):.2f} torsos from the hip at least"
    first_t, stayed_s = float(signs.t[near[0]]), float(signs.t[near[-1]] - signs.t[near[0]])
    return (
        f"{side} hand within {AT_HIP:g} torsos of the hip from {first_t:.1f} s on, for {stayed_s:.1f} s; "
        f"{float(way.mean()):.2f} in the mean"
    )
