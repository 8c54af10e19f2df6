"""Pairs what was found with what is true, and counts what is taken for what. Does not average precision.

Pairs are made by place alone, whatever the classes; the best scores choose first. What is left of the truth was missed,
what is left of the found is a ghost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.core.detections import Detections
from training.coco import CocoSet, Picture

BACKGROUND = "background"
MATCH_IOU = 0.5

Sides = tuple[float, ...]
"""x, y, width, height, px."""


@dataclass(frozen=True, slots=True)
class FoundBox:
    """One thing that was found."""

    name: str
    score: float
    sides: Sides


@dataclass(frozen=True, slots=True)
class NamedBox:
    """One thing that is there."""

    name: str
    sides: Sides


@dataclass(frozen=True, slots=True)
class Pairing:
    """One picture, found against true."""

    pairs: tuple[tuple[NamedBox, FoundBox], ...]
    missed: tuple[NamedBox, ...]
    ghosts: tuple[FoundBox, ...]

    @property
    def misnamed(self) -> tuple[tuple[NamedBox, FoundBox], ...]:
        """Pairs whose names differ."""
        return tuple((truth, found) for truth, found in self.pairs if truth.name != found.name)


def pair_up(picture: Picture, found: Detections, coco: CocoSet, names: Sequence[str], threshold: float) -> Pairing:
    """Pair the boxes of one picture.

    Args:
        picture: of the set.
        found: what was found on it.
        coco: the truth.
        names: classes that are looked at; others are passed over on both sides.
        threshold: a score under it is not looked at.
    """
    boxes = [box for box in coco.boxes_of(picture.id) if not box.crowd]
    named = [NamedBox(coco.categories[box.category_id], box.sides) for box in boxes]
    free = dict(enumerate(truth for truth in named if truth.name in names))
    pairs, ghosts = [], []
    for thing in strong(found, threshold):
        if thing.name not in names:
            continue
        overlaps = {index: iou(thing.sides, truth.sides) for index, truth in free.items()}
        best = max(overlaps, key=overlaps.__getitem__, default=None)
        if best is None or overlaps[best] < MATCH_IOU:
            ghosts.append(thing)
        else:
            pairs.append((free.pop(best), thing))
    return Pairing(tuple(pairs), tuple(free.values()), tuple(ghosts))


def confusion_of(
    found: Mapping[int, Detections], coco: CocoSet, labels: tuple[str, ...], threshold: float
) -> NDArray[np.int64]:
    """Truth down, found across, a row and a column a label; the last of them is the background."""
    place = {name: index for index, name in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    background = place[BACKGROUND]
    for picture in coco.pictures:
        pairing = pair_up(picture, found[picture.id], coco, labels, threshold)
        for truth, thing in pairing.pairs:
            matrix[place[truth.name], place[thing.name]] += 1
        for truth in pairing.missed:
            matrix[place[truth.name], background] += 1
        for thing in pairing.ghosts:
            matrix[background, place[thing.name]] += 1
    return matrix


def strong(detections: Detections, threshold: float) -> list[FoundBox]:
    """What reaches the threshold, in px."""
    width, height = detections.size
    boxes = detections.boxes.astype(np.float64) * [width, height, width, height]
    named = zip(boxes.tolist(), detections.names(), detections.scores.tolist(), strict=True)
    return [
        FoundBox(name, value, (x1, y1, x2 - x1, y2 - y1))
        for (x1, y1, x2, y2), name, value in named
        if value >= threshold
    ]


def iou(a: Sides, b: Sides) -> float:
    """Overlap over union."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0.0, width) * max(0.0, height)
    union = a[2] * a[3] + b[2] * b[3] - common
    return common / union if union > 0.0 else 0.0
