"""Splits clips by whole groups, and says how well scores separate them. Fits nothing."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 2000


def group_folds(groups: Sequence[Hashable], folds: int = 5) -> NDArray[np.intp]:
    """(clips,) the fold of each: whole groups, the largest first, each into the smallest fold so far."""
    sizes: dict[Hashable, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    filled, fold_of = [0] * folds, dict[Hashable, int]()
    for group in sorted(sizes, key=lambda group: (-sizes[group], str(group))):
        fold_of[group] = filled.index(min(filled))
        filled[fold_of[group]] += sizes[group]
    return np.array([fold_of[group] for group in groups])


def auc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Chance that a positive one scores higher than another, ties half; nan where one kind is missing."""
    high, low = scores[positive], scores[~positive]
    if not len(high) or not len(low):
        return float("nan")
    return float(((high[:, None] > low).mean() + (high[:, None] >= low).mean()) / 2)


def auc_interval(
    scores: Floats, positive: NDArray[np.bool_], groups: Sequence[Hashable], *, seed: int = 0
) -> tuple[float, float]:
    """The middle 95 % of the AUC when whole groups are drawn again, with repetition."""
    return middle_of_draws(lambda drawn: auc(scores[drawn], positive[drawn]), groups, seed=seed)


def middle_of_draws(
    value_of: Callable[[NDArray[np.intp]], float], groups: Sequence[Hashable], *, seed: int = 0
) -> tuple[float, float]:
    """The middle 95 % of a value of rows, when whole groups are drawn again; draws that have none do not count."""
    order = sorted(set(groups), key=str)
    rows = [np.flatnonzero([group == one for group in groups]) for one in order]
    random, found = np.random.default_rng(seed), list[float]()
    while len(found) < DRAWS:
        value = value_of(np.concatenate([rows[i] for i in random.integers(0, len(rows), len(rows))]))
        if not np.isnan(value):
            found.append(value)
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def best_f1(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """The highest F1 that any threshold gives."""
    found = 0.0
    for threshold in np.unique(scores):
        said = scores >= threshold
        hits = int((said & positive).sum())
        found = max(found, 2 * hits / (int(said.sum()) + int(positive.sum())))
    return found
