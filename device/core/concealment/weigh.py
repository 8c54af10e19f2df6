"""How much the signs of a window weigh: one small classifier for each act. Knows no people and keeps no score."""

import math
from dataclasses import dataclass

import numpy as np

from device.core.concealment.signs import Floats, Signs


@dataclass(frozen=True, slots=True)
class Classifier:
    """A logistic regression over a few signs."""

    mean: tuple[float, ...]
    """Of each sign over the windows that it was fitted to."""
    spread: tuple[float, ...]
    """Standard deviation of each."""
    weights: tuple[float, ...]
    bias: float

    def chance(self, signs: Floats) -> float:
        """0..1."""
        value = self.bias + float(((signs - np.array(self.mean)) / np.array(self.spread)) @ np.array(self.weights))
        return 1.0 / (1.0 + math.exp(-min(max(value, -40.0), 40.0)))


@dataclass(frozen=True, slots=True)
class Weight:
    """What a window of looks is worth."""

    pocket: float
    """How much it looks like an item put into a pocket at the hip, 0..1."""
    bag: float
    """The same for a bag or a jacket held before the body."""

    @property
    def confidence(self) -> float:
        """That it is one of them, 0..1."""
        return 1.0 - (1.0 - self.pocket) * (1.0 - self.bag)


@dataclass(frozen=True, slots=True)
class Classifiers:
    """One for each act."""

    pocket: Classifier
    bag: Classifier

    def weigh(self, signs: Signs) -> Weight:
        """What the signs of a window are worth."""
        return Weight(pocket=self.pocket.chance(signs.hands), bag=self.bag.chance(signs.bags))
