"""Signs of concealment in what one person's hands did over a few seconds. Does not weigh them.

Lengths are in torsos, from the middle of the shoulders to the middle of the hips, so that they hold near the camera and
far from it, and whichever way somebody stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.core.concealment.body import BodyLook

Floats = NDArray[np.float64]

HAND_SIGNS = ("far_mean", "far_most", "near_mean", "near_most")
"""Of each wrist from the hip of its side: mean and most over the window, of the farther and the nearer hand."""
BAG_SIGNS = ("bag_quarter", "bag_half", "bag_most")
"""Logarithm of the score of the best bag that a hand is at: quartiles over the window, lowest first."""

_SIDES = ("left", "right")
_LEAST_TORSO = 0.15
"""Heights of the person: no torso counts as shorter, however somebody bends."""
_BAG_HEIGHT = 0.6
"""Heights of the person: what is taller is no bag but the person."""
_CARRIED = 0.4
"""Torsos over the hips: a bag with its middle higher hangs on a shoulder or a back. From .3 to .5 alike."""
_BESIDE, _ABOVE, _BELOW = 0.2, 0.25, 0.1
"""Torsos: a wrist so far outside a bag's box still has its hand in it."""
_NO_BAG = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """The signs, and what they were made of."""

    hands: Floats
    """(4,) in the order of ``HAND_SIGNS``."""
    bags: Floats
    """(3,) in the order of ``BAG_SIGNS``."""
    t: Floats
    """(T,) times of the looks, s."""
    from_hip: Floats
    """(T, 2) distance of the left and the right wrist from the hip of its side."""
    bag_scores: Floats
    """(T,) of the best bag that a hand is at, 0 for none."""


def read_signs(looks: Sequence[BodyLook]) -> Signs:
    """The signs of a window of looks at one person, at least one, oldest first."""
    points = _pixels(looks)
    names = looks[0].body.pose.names
    at = {name: points[:, index] for index, name in enumerate(names)}
    hips = (at["left hip"] + at["right hip"]) / 2
    shoulders = (at["left shoulder"] + at["right shoulder"]) / 2
    heights = [(look.box[3] - look.box[1]) * look.size[1] for look in looks]
    torso = max(float(np.median(np.linalg.norm(hips - shoulders, axis=1))), _LEAST_TORSO * float(np.median(heights)))
    body = (points - hips[:, None]) / torso
    steady = {name: _steadied(body[:, index]) for index, name in enumerate(names)}
    from_hip = np.stack(
        [np.linalg.norm(steady[f"{side} wrist"] - steady[f"{side} hip"], axis=1) for side in _SIDES], axis=1
    )
    wrists = np.stack([at[f"{side} wrist"] for side in _SIDES], axis=1)
    scores = np.array([_bag_at(*each, torso) for each in zip(looks, wrists, hips[:, 1], strict=True)])
    mean, most = from_hip.mean(axis=0), from_hip.max(axis=0)
    return Signs(
        hands=np.array([mean.max(), most.max(), mean.min(), most.min()]),
        bags=np.quantile(np.log(scores + _NO_BAG), (0.25, 0.5, 0.75)),
        t=np.array([look.t for look in looks]),
        from_hip=from_hip,
        bag_scores=scores,
    )


def _pixels(looks: Sequence[BodyLook]) -> Floats:
    """(T, points, 2): both axes of one unit."""
    return np.stack([look.body.pose.points.astype(np.float64) * look.size for look in looks])


def _steadied(way: Floats) -> Floats:
    """The way of a point without single leaps: the median of three looks."""
    steady = way.copy()
    if len(way) > 2:
        steady[1:-1] = np.median(np.stack([way[:-2], way[1:-1], way[2:]]), axis=0)
    return steady


def _bag_at(look: BodyLook, wrists: Floats, hip_y: float, torso: float) -> float:
    """Score of the best bag that one of the hands is at, low enough to put something in."""
    tallest = _BAG_HEIGHT * (look.box[3] - look.box[1])
    (width, height), beside, above, below = look.size, _BESIDE * torso, _ABOVE * torso, _BELOW * torso
    hands = [(float(x), float(y)) for x, y in wrists]
    # Best first: the first that fits is the answer.
    for bag in look.body.bags:
        left, top, right, bottom = bag.box
        carried = hip_y - (top + bottom) / 2 * height > _CARRIED * torso
        if (
            not carried
            and bottom - top <= tallest
            and any(
                left * width - beside < x < right * width + beside
                and top * height - above < y < bottom * height + below
                for x, y in hands
            )
        ):
            return bag.score
    return 0.0
