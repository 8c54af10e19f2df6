"""One look laid out for matching: detections in a fixed order, and what moved under each. Decides nothing."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.detections import Detections
from device.core.motion import Motion

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """N detections of one look, best score first; lengths in picture heights."""

    aspect: float
    """Width of the picture by its height."""
    boxes: Floats
    """(N, 4) x1, y1, x2, y2 in fractions of the picture."""
    foot_x: Floats
    foot_y: Floats
    width: Floats
    height: Floats
    score: Floats
    labels: tuple[str, ...]
    """(N,) by name."""
    appearance: NDArray[np.float32]
    """(N, D), or (0, 0)."""
    changed: Floats
    """(N,) part of each box that changed, 0..1; nan where motion was not looked for."""

    def __len__(self) -> int:
        return len(self.score)


def lay_out(detections: Detections, motion: Motion | None, limit: int) -> Sight:
    """Put detections into an order that does not depend on the one they came in, at most ``limit`` of them."""
    boxes = detections.boxes.astype(np.float64)
    scores = detections.scores.astype(np.float64)
    middle = boxes[:, 0] + boxes[:, 2]
    keys = (detections.classes, middle, boxes[:, 2] - boxes[:, 0], boxes[:, 1], boxes[:, 3], -scores)
    order = np.lexsort(keys)[:limit]
    boxes, aspect = boxes[order], detections.size[0] / detections.size[1]
    looks = detections.appearance
    return Sight(
        aspect=aspect,
        boxes=boxes,
        foot_x=(boxes[:, 0] + boxes[:, 2]) / 2.0 * aspect,
        foot_y=boxes[:, 3],
        width=(boxes[:, 2] - boxes[:, 0]) * aspect,
        height=boxes[:, 3] - boxes[:, 1],
        score=scores[order],
        labels=tuple(detections.labels[index] for index in detections.classes[order].tolist()),
        appearance=looks[order] if len(looks) == len(detections) and looks.size else looks[:0],
        changed=_changed(boxes, motion),
    )


def _changed(boxes: Floats, motion: Motion | None) -> Floats:
    """Part of each box that changed, by an integral image over the motion grid."""
    if motion is None or motion.scene_change:
        return np.full(len(boxes), np.nan)
    if motion.area_frac == 0.0 or not len(boxes):
        return np.zeros(len(boxes))
    rows, columns = motion.mask.shape
    total = cv2.integral(motion.mask.view(np.uint8) & 1)
    x1, x2 = _cells(boxes[:, 0], boxes[:, 2], columns)
    y1, y2 = _cells(boxes[:, 1], boxes[:, 3], rows)
    count = total[y2, x2] - total[y1, x2] - total[y2, x1] + total[y1, x1]
    return np.asarray(count / ((x2 - x1) * (y2 - y1)), dtype=np.float64)


def _cells(low: Floats, high: Floats, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The cells that a range of fractions covers, as start and end; never none."""
    start = np.clip(np.floor(low * count), 0, count - 1).astype(np.intp)
    end = np.clip(np.ceil(high * count), start + 1, count).astype(np.intp)
    return start, end


def overlaps(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """(A, B) intersection over union, and intersection over the smaller area, of two lists of boxes."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    area_a, area_b = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (a, b))
    union = area_a[:, None] + area_b[None, :] - shared
    smaller = np.minimum(area_a[:, None], area_b[None, :])
    return shared / np.maximum(union, 1e-12), shared / np.maximum(smaller, 1e-12)
