"""From truth and names to the figures of a classifier. Does not run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """How well pictures were named."""

    labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    """(classes, classes): pictures of the row's class that were named by the column."""

    @property
    def accuracy(self) -> float:
        """Share of the pictures that were named right."""
        return float(np.trace(self.confusion)) / max(int(self.confusion.sum()), 1)

    @property
    def per_class(self) -> Mapping[str, Mapping[str, float | int]]:
        """Precision, recall, F1 and number of pictures by label; 0 where nothing can be divided."""
        right = np.diag(self.confusion).astype(np.float64)
        named, shown = self.confusion.sum(axis=0), self.confusion.sum(axis=1)
        precision, recall = right / np.maximum(named, 1), right / np.maximum(shown, 1)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        return {
            label: {
                "precision": float(precision[place]),
                "recall": float(recall[place]),
                "f1": float(f1[place]),
                "support": int(shown[place]),
            }
            for place, label in enumerate(self.labels)
        }

    def as_json(self) -> dict[str, Any]:
        """The figures as ``metrics.json`` holds them."""
        return {
            "accuracy": self.accuracy,
            "per_class": {label: dict(figures) for label, figures in self.per_class.items()},
            "confusion": {"labels": list(self.labels), "matrix": self.confusion.tolist()},
        }


def score_classes(truth: Sequence[int], named: Sequence[int], labels: Sequence[str]) -> ClassScores:
    """Count which class was named as which.

    Args:
        truth: the place of the right label, a picture each.
        named: the place of the label that was given.
        labels: of both.
    """
    confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(confusion, (np.asarray(truth, dtype=np.intp), np.asarray(named, dtype=np.intp)), 1)
    return ClassScores(tuple(labels), confusion)
