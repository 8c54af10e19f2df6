"""What a detector found in one picture, as arrays. Does not know how it was found."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _no_appearance() -> NDArray[np.float32]:
    return np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """N things found in one picture, best score first.

    Where a stage did not look it hands on ``None`` in place of this: not looked is not nothing there.
    """

    boxes: NDArray[np.float32]
    """(N, 4) x1, y1, x2, y2 in fractions of the picture, 0..1."""
    scores: NDArray[np.float32]
    """(N,) 0..1."""
    classes: NDArray[np.intp]
    """(N,) index into ``labels``."""
    labels: tuple[str, ...]
    """Names of all classes that the detector knows."""
    size: tuple[int, int]
    """Width and height of the picture, px: what turns fractions into a true aspect."""
    appearance: NDArray[np.float32] = field(default_factory=_no_appearance)
    """(N, D) a unit vector for each box that tells people apart by their look, or (0, 0) where none was made."""

    def __post_init__(self) -> None:
        count = len(self.scores)
        if self.boxes.shape != (count, 4) or self.classes.shape != (count,):
            raise ValueError(f"boxes {self.boxes.shape}, scores {self.scores.shape}, classes {self.classes.shape}")
        if self.appearance.size and (self.appearance.ndim != 2 or len(self.appearance) != count):
            raise ValueError(f"appearance {self.appearance.shape} of {count} detections")
        if not np.isfinite(self.boxes).all() or not np.isfinite(self.scores).all():
            raise ValueError("a detection is not finite")
        if (self.boxes[:, 2:] < self.boxes[:, :2]).any():
            raise ValueError("a box ends before it begins")

    def __len__(self) -> int:
        return len(self.scores)

    def names(self) -> list[str]:
        """The label of each detection."""
        return [self.labels[index] for index in self.classes]


def no_detections(labels: tuple[str, ...], size: tuple[int, int]) -> Detections:
    """Looked, and nothing was there."""
    return Detections(
        boxes=np.zeros((0, 4), dtype=np.float32),
        scores=np.zeros(0, dtype=np.float32),
        classes=np.zeros(0, dtype=np.intp),
        labels=labels,
        size=size,
    )
