"""Fits the classifiers of concealment to windows of looks at people in labelled clips. Decodes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from device.core.concealment.body import BodyLook
from device.core.concealment.signs import Signs
from device.core.concealment.watch import HandWatch
from device.core.concealment.weigh import Classifier, Classifiers
from device.core.geometry import Polygon
from training.concealment.clips import Clip
from training.concealment.logistic import Floats, fit_logistic
from training.errors import DataError

HOP = 2
"""Every second window is enough to fit to."""
PENALTY = 3.0
CLIP_WEIGHT = 3.0
"""Each clip counts the same, however long it is."""
ROUNDS = 3
"""Of choosing, in each theft, the windows that look most like it, and fitting again."""
SHARE = 0.5
"""Of the windows of a theft: the act is somewhere in it, not all the time."""
BAG_AT_FIRST = np.log(0.15)
"""A clip whose bag sign (logarithm of score and 0.02) gets here is taken for a theft by bag at first."""

_UNTRIED = Classifiers(
    pocket=Classifier((0.0,) * 4, (1.0,) * 4, (0.0,) * 4, 0.0), bag=Classifier((0.0,) * 3, (1.0,) * 3, (0.0,) * 3, 0.0)
)
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Signs of every window of every person, and from which clip they are."""

    hands: Floats
    bags: Floats
    clip: NDArray[np.intp]


def windows_of(clips: Sequence[Clip], looks: Mapping[str, Sequence[BodyLook]], goods: Polygon) -> Windows:
    """The windows that the rule would weigh.

    Raises:
        DataError: there is none in any clip.
    """
    found = [(number, signs) for number, clip in enumerate(clips) for signs in _signs(looks[clip.name], goods)]
    if not found:
        raise DataError("nobody near the goods was seen in any clip; look at the polygon")
    return Windows(
        hands=np.stack([signs.hands for _, signs in found]),
        bags=np.stack([signs.bags for _, signs in found]),
        clip=np.array([number for number, _ in found]),
    )


def fit(windows: Windows, theft: Bools, use: Bools) -> Classifiers:
    """Classifiers for both acts.

    Args:
        windows: of all clips.
        theft: (clips,) which of them show one.
        use: (clips,) which of them to learn from.

    Raises:
        DataError: there are no thefts or no other clips to learn from.
    """
    clips = sorted(set(windows.clip.tolist()))
    thefts = [clip for clip in clips if use[clip] and theft[clip]]
    if not thefts or not any(use[clip] and not theft[clip] for clip in clips):
        raise DataError("thefts and other clips are both needed to learn from, each with somebody near the goods")
    with_bag = {clip: bool(windows.bags[windows.clip == clip, 1].max() > BAG_AT_FIRST) for clip in thefts}
    normal = use[windows.clip] & ~theft[windows.clip]
    found = _UNTRIED
    for _ in range(ROUNDS):
        pocket = _fit_act(windows.hands, windows.clip, normal, [clip for clip in thefts if not with_bag[clip]])
        bag = _fit_act(windows.bags, windows.clip, normal, [clip for clip in thefts if with_bag[clip]])
        found = Classifiers(pocket, bag)
        chances = _chances(windows, found)
        with_bag = {
            clip: bool(chances[1][windows.clip == clip].max() > chances[0][windows.clip == clip].max())
            for clip in thefts
        }
    return found


def scores(windows: Windows, classifiers: Classifiers, clips: int) -> Floats:
    """(clips,) the highest confidence of each, 0 where nobody was near the goods."""
    pocket, bag = _chances(windows, classifiers)
    found = np.zeros(clips)
    np.maximum.at(found, windows.clip, 1.0 - (1.0 - pocket) * (1.0 - bag))
    return found


def _signs(looks: Sequence[BodyLook], goods: Polygon) -> list[Signs]:
    found = []
    for _, of_one in groupby(sorted(looks, key=lambda look: look.track), key=lambda look: look.track):
        hands = HandWatch(goods, _UNTRIED)
        sights = [sight for look in of_one if (sight := hands.add(look)) is not None]
        found += [sight.signs for sight in sights]
    return found


def _fit_act(signs: Floats, clip: NDArray[np.intp], normal: Bools, thefts: Sequence[int]) -> Classifier:
    """One act against all that is normal; of each theft only the windows that look most like it."""
    if not thefts:
        return Classifier((0.0,) * signs.shape[1], (1.0,) * signs.shape[1], (0.0,) * signs.shape[1], -6.0)
    chosen = {number: np.flatnonzero(clip == number) for number in thefts}
    every = dict(chosen)
    found = None
    for _ in range(ROUNDS):
        if found is not None:
            for number, rows in every.items():
                order = np.argsort(-_chance(found, signs[rows]), kind="stable")
                chosen[number] = rows[order[: max(1, round(SHARE * len(rows)))]]
        rows = np.concatenate([np.flatnonzero(normal)[::HOP], *(rows[::HOP] for rows in chosen.values())])
        counts = np.bincount(clip[rows], minlength=int(clip.max()) + 1)
        is_it = np.isin(clip[rows], list(thefts))
        found = fit_logistic(signs[rows], is_it, CLIP_WEIGHT / counts[clip[rows]], PENALTY)
    assert found is not None  # noqa: S101 - there is at least one round
    return found


def _chances(windows: Windows, classifiers: Classifiers) -> tuple[Floats, Floats]:
    return _chance(classifiers.pocket, windows.hands), _chance(classifiers.bag, windows.bags)


def _chance(classifier: Classifier, signs: Floats) -> Floats:
    value = classifier.bias + ((signs - classifier.mean) / classifier.spread) @ np.array(classifier.weights)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -40.0, 40.0))))
