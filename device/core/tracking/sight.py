"""One look laid out for matching: detections in a fixed order, and what moved under each. Decides nothing."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.detections import Detections
from device.core.motion import Motion
from device.core.tracking.settings import TrackerSettings

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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
    kinds: tuple[str, ...]
    """(N,) what each label is taken for."""
    begins: Flags
    """(N,) whether it is sure enough to begin a thing."""
    high: Flags
    """(N,) whether it is sure enough to continue anything."""
    doubtful: Flags
    """(N,) whether it is no surer than scenery often is: nobody is believed for it."""
    appearance: NDArray[np.float32]
    """(N, D), or (0, 0)."""
    changed: Floats
    """(N,) part of each box that changed, 0..1; nan where motion was not looked for."""
    overlap: Floats
    """(N, N) intersection over union of each two."""
    inside: Floats
    """(N, N) intersection of each two over the smaller one's area."""
    own: Flags
    """(N,) False where it may well be a part of something better of its kind."""
    alone: Flags
    """(N,) whether it is that, and no other such thing of any kind touches it: motion there is its own."""
    apart: Flags
    """(N,) the same, where only its own kind counts: a bag in a hand makes nobody a part of the bag."""
    shown: Floats
    """(N,) part of each box that no surely seen box nearer to the camera covers, 0..1."""
    cut: Flags
    """(N,) whether the left or right edge of the picture cuts it off."""

    def __len__(self) -> int:
        return len(self.score)


def lay_out(detections: Detections, motion: Motion | None, settings: TrackerSettings) -> Sight:
    """Drop what is below its class's least score; bring the rest into an order that does not depend on theirs."""
    names = detections.labels
    classes = detections.classes.tolist()
    levels = {index: settings.of(names[index]) for index in set(classes)}
    low = np.array([levels[index].low for index in classes])
    keep = np.flatnonzero(detections.scores >= low)
    boxes, scores = detections.boxes[keep].astype(np.float64), detections.scores[keep].astype(np.float64)
    order = _order(boxes, scores, detections.classes[keep])[: settings.max_detections]
    boxes, scores, chosen = boxes[order], scores[order], keep[order]
    x1, y1, x2, y2 = boxes.T
    aspect = detections.size[0] / detections.size[1]
    labels = tuple(names[classes[index]] for index in chosen.tolist())
    shared = _shared(boxes, boxes)
    overlap, inside = _ratios(shared, boxes, boxes)
    kinds = tuple(settings.kind(label) for label in labels)
    same = np.array([[a == b for b in kinds] for a in kinds], dtype=np.bool_) if len(set(kinds)) > 1 else None
    own = _own(inside, same, settings.part_inside)
    touches = (inside > _TOUCH) & own
    least = [levels[classes[index]] for index in chosen.tolist()]
    high = scores >= np.array([level.high for level in least])
    return Sight(
        aspect=aspect,
        boxes=boxes,
        foot_x=(x1 + x2) * (0.5 * aspect),
        foot_y=y2,
        width=np.maximum((x2 - x1) * aspect, _LEAST),
        height=np.maximum(y2 - y1, _LEAST),
        score=scores,
        labels=labels,
        kinds=kinds,
        begins=scores >= np.array([level.begin for level in least]),
        high=high,
        doubtful=scores < np.array([level.sure for level in least]),
        appearance=detections.appearance[chosen] if detections.appearance.size else detections.appearance[:0],
        changed=_changed(boxes, motion),
        overlap=overlap,
        inside=inside,
        own=own,
        alone=own & (touches.sum(axis=1) <= 1),
        apart=own & ((touches if same is None else touches & same).sum(axis=1) <= 1),
        shown=_shown(boxes, _part(shared, boxes), high, settings),
        cut=_cut(boxes, aspect),
    )


def _cut(boxes: Floats, aspect: float) -> Flags:
    """(N,) whether they reach to the left or right edge of the picture."""
    slack = _CUT * (boxes[:, 3] - boxes[:, 1]) / aspect
    return np.asarray((boxes[:, 0] <= slack) | (boxes[:, 2] >= 1.0 - slack))


def _shown(boxes: Floats, parts: Floats, high: Flags, settings: TrackerSettings) -> Floats:
    """(N,) what the one that hides most leaves of each box; who stands lower in the picture is nearer."""
    slack = settings.foot_noise * (boxes[:, 3] - boxes[:, 1])
    hides = high & (boxes[:, 3] > (boxes[:, 3] - slack)[:, None])
    np.fill_diagonal(hides, False)
    return np.asarray(1.0 - np.max(parts * hides, axis=1, initial=0.0))


def _own(inside: Floats, same: Flags | None, most: float) -> Flags:
    """Whether none before it in the list, of the same kind, shares more with it than ``most``; None: all are of one."""
    covers = np.tril(inside > most, -1)
    if same is not None:
        covers &= same
    return np.asarray(~covers.any(axis=1))


def _order(boxes: Floats, scores: Floats, classes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Best first; among equals one order for a picture and its mirror image, as far as there can be one."""
    x1, y1, x2, y2 = boxes.T
    off_middle, wide = np.round(np.abs(x1 + x2 - 1.0), _DIGITS), np.round(x2 - x1, _DIGITS)
    return np.lexsort((x1, classes, off_middle, wide, y1, y2, -scores))


_DIGITS = 5
"""Places behind the point to which edges, single precision and mirrored, still are the same."""
_LEAST = 1e-4
"""Picture heights: a box of no size gets a little one."""


def _changed(boxes: Floats, motion: Motion | None) -> Floats:
    """Part of each box that changed, by an integral image over the motion grid."""
    if motion is None or motion.scene_change:
        return np.full(len(boxes), np.nan)
    if motion.area_frac == 0.0 or not len(boxes):
        return np.zeros(len(boxes))
    rows, columns = motion.mask.shape
    total = cv2.integral(motion.mask.view(np.uint8))
    x1, x2 = _cells(boxes[:, 0], boxes[:, 2], columns)
    y1, y2 = _cells(boxes[:, 1], boxes[:, 3], rows)
    count = total[y2, x2] - total[y1, x2] - total[y2, x1] + total[y1, x1]
    return np.asarray(count / ((x2 - x1) * (y2 - y1)), dtype=np.float64)


def _cells(low: Floats, high: Floats, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The cells that a range of fractions covers, as start and end; never none, and mirrored the same ones."""
    start = np.minimum(np.maximum((low * count + _CELL_SLACK).astype(np.intp), 0), count - 1)
    end = np.minimum(np.maximum(np.ceil(high * count - _CELL_SLACK).astype(np.intp), start + 1), count)
    return start, end


_CELL_SLACK = 1e-3
"""Cells: an edge so little beyond a cell's own lies on it; single precision is no finer."""


def overlaps(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """(A, B) intersection over union, and intersection over the smaller area, of two lists of boxes."""
    return _ratios(_shared(a, b), a, b)


def _ratios(shared: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    area_a, area_b = _areas(a)[:, None], _areas(b)
    union = np.maximum(area_a + area_b - shared, _NO_AREA)
    return shared / union, shared / np.maximum(np.minimum(area_a, area_b), _NO_AREA)


def covered(a: Floats, b: Floats) -> Floats:
    """(A, B) part of each a that lies within each b."""
    return _part(_shared(a, b), a)


def _part(shared: Floats, a: Floats) -> Floats:
    return shared / np.maximum(_areas(a)[:, None], _NO_AREA)


_CUT = 0.05
"""Heights: a box that comes so near to the edge of the picture is cut off there; edges are off by as much."""
_NO_AREA = 1e-12
_TOUCH = 0.1
"""Two things share so much of the smaller one's area where one may stir in the other's box."""


def _areas(boxes: Floats) -> Floats:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _shared(a: Floats, b: Floats) -> Floats:
    ax1, ay1, ax2, ay2 = a.T[:, :, None]
    bx1, by1, bx2, by2 = b.T
    wide = np.maximum(np.minimum(ax2, bx2) - np.maximum(ax1, bx1), 0.0)
    tall = np.maximum(np.minimum(ay2, by2) - np.maximum(ay1, by1), 0.0)
    return np.asarray(wide * tall)
