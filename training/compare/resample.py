"""What a figure could have been on other pictures of the same kind: the bootstrap. Does not look at pictures.

Pictures are drawn again with replacement, whole pictures, because boxes of one picture fail together; both models are
measured on the same draw, so that what is hard for both cancels out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.int64]
"""(pictures,) how often each picture was drawn."""
Figures = Callable[[Weights], Mapping[str, float]]
"""The figures of a model on such a draw."""

DRAWS = 400
"""The ends of a 95 % interval then rest on ten draws each: steady in the second decimal."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and where it lies in 95 of 100 draws."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two models."""

    first: Interval
    second: Interval
    gain: Interval
    """Second less first."""


def differences(first: Figures, second: Figures, pictures: int, seed: int, draws: int = DRAWS) -> dict[str, Difference]:
    """Each figure of both models, with intervals.

    Args:
        first: figures of the one model.
        second: of the other.
        pictures: how many there are.
        seed: of the draws; the same gives the same.
        draws: how many.
    """
    random = np.random.default_rng(seed)
    weights = [np.ones(pictures, dtype=np.int64)]
    weights += [np.bincount(random.integers(pictures, size=pictures), minlength=pictures) for _ in range(draws)]
    a, b = [first(weight) for weight in weights], [second(weight) for weight in weights]
    return {
        name: Difference(
            _interval([row[name] for row in a]),
            _interval([row[name] for row in b]),
            _interval([after[name] - before[name] for before, after in zip(a, b, strict=True)]),
        )
        for name in a[0]
    }


def _interval(values: list[float]) -> Interval:
    """The first value is of all pictures as they are; the others are draws.

    A draw has fewer different pictures, and often lacks the rarest classes, which makes it easier or harder than the
    set; so the draws say how wide the interval is, and the set itself where it lies.
    """
    draws = np.array(values[1:])
    low, high = np.percentile(draws - draws.mean(), [2.5, 97.5]) + values[0]
    return Interval(float(values[0]), float(low), float(high))
