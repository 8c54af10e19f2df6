"""Logistic regression by Newton's steps, in numpy. Knows nothing of what it separates."""

import numpy as np
from numpy.typing import NDArray

from device.core.concealment.weigh import Classifier

Floats = NDArray[np.float64]
STEPS = 50


def fit_logistic(signs: Floats, is_it: NDArray[np.bool_], weights: Floats, penalty: float) -> Classifier:
    """The regression of least loss, its weights on standardised signs held down by ``penalty / 2 * |weights|^2``.

    Args:
        signs: (N, signs).
        is_it: (N,).
        weights: (N,) how much each row counts.
        penalty: from 0; the bias goes free.
    """
    mean, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-6
    rows = np.hstack([np.ones((len(signs), 1)), (signs - mean) / spread])
    ridge = np.diag([1e-3, *([penalty] * signs.shape[1])])
    found = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(rows @ found, -40.0, 40.0)))
        slope = rows.T @ (weights * (chance - is_it)) + ridge @ found
        bend = (rows * (weights * chance * (1.0 - chance))[:, None]).T @ rows + ridge
        step = np.linalg.solve(bend, slope)
        found -= step
        if float(np.abs(step).max()) < 1e-9:
            break
    bias, *others = (float(value) for value in found)
    return Classifier(tuple(mean.tolist()), tuple(spread.tolist()), tuple(others), bias)
