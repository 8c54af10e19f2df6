"""From the int8 outputs of a detector to boxes. Does not run the network or fill its input."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from device.core.card import ModelCard
from device.core.detections import Detections, no_detections

NEVER = 2.0
"""A floor that no score reaches: the class is not wanted."""


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """Which of the boxes that a network sees are handed on."""

    floor: float = 0.1
    """Least score; well below the thresholds of the card, because a tracker follows what fades."""
    floors: Mapping[str, float] = field(default_factory=dict)
    """Least score of single classes, by label."""
    only: tuple[str, ...] | None = None
    """The classes that anybody wants; None for all. Fewer are cheaper."""
    nms_iou: float | None = None
    """Overlap from which the weaker of two boxes of a class goes; None takes the card's."""
    max_candidates: int = 300
    """Cells that are looked at, best first: bounds the work on a crowded picture."""
    max_detections: int = 100


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the picture lies in the input of the network, px of the input."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the choice among boxes ends."""

    nms_iou: float
    max_detections: int


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Boxes before the choice among those that overlap, best first."""

    boxes: NDArray[np.float32]
    """(N, 4) left, top, right, bottom, px of the input."""
    classes: NDArray[np.intp]
    scores: NDArray[np.float32]


class Decoder:
    """Reads the outputs of one detector; all tables are made once."""

    def __init__(self, card: ModelCard, settings: DecodeSettings) -> None:
        """Make the tables.

        Args:
            card: of the detector; its head must not be None.
            settings: what is wanted of it.

        Raises:
            ValueError: the card has no head, or a label is not in it.
        """
        if card.head is None:
            raise ValueError(f"model {card.name} is a {card.kind}, not a detector")
        self._labels = card.labels
        self._max_candidates = settings.max_candidates
        nms_iou = card.nms_iou if settings.nms_iou is None else settings.nms_iou
        self._limits = Limits(nms_iou, settings.max_detections)
        self._score_of = _dequantised(card.head.scores.scale, card.head.scores.zero_point)
        floors = _floors(card, settings)
        self._least_q = np.array([_first_at_least(self._score_of, floor) for floor in floors], dtype=np.int16)
        self._columns = np.flatnonzero(self._least_q <= np.iinfo(np.int8).max)
        self._centres, self._cell_stride = cells_of(card.input.width, card.input.height, card.head.strides)
        logits = _dequantised(card.head.boxes.scale, card.head.boxes.zero_point)
        self._exp_of = np.exp(logits - logits.max()).astype(np.float32)
        bins = np.arange(card.head.bins, dtype=np.float32)
        self._sums = np.stack([bins, np.ones_like(bins)], axis=1)

    def decode(
        self,
        scores_q: NDArray[np.int8],
        boxes_q: NDArray[np.int8],
        placement: Placement,
        size: tuple[int, int],
    ) -> Detections:
        """Turn one picture's outputs into boxes, best score first; ties fall in the order of cells and classes.

        Args:
            scores_q: (1, cells, classes).
            boxes_q: (1, cells, 4 * bins).
            placement: where the picture lay in the input.
            size: width and height of the picture, px.
        """
        cells, classes, scores = self._candidates(scores_q[0])
        if not len(cells):
            return no_detections(self._labels, size)
        boxes = self._boxes(boxes_q[0], cells)
        return select(Candidates(boxes, classes, scores), placement, size, self._labels, self._limits)

    def _candidates(self, scores_q: NDArray[np.int8]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """Cell, class and score of everything at or over its floor, best first."""
        columns = self._columns
        if not len(columns):
            nothing = np.zeros(0, dtype=np.intp)
            return nothing, nothing, np.zeros(0, dtype=np.float32)
        # The lowest floor first: one comparison of bytes over everything leaves little for the floor of each class.
        lowest = np.int8(self._least_q[columns].min())
        few = len(columns) * 8 <= scores_q.shape[1]
        wanted = scores_q[:, columns] if few else scores_q
        hits = np.flatnonzero(wanted >= lowest)
        cells, places = np.divmod(hits, wanted.shape[1])
        classes = columns[places] if few else places
        found = wanted.reshape(-1)[hits]
        passed = found >= self._least_q[classes]
        if not passed.all():
            cells, classes, found = cells[passed], classes[passed], found[passed]
        order = np.argsort(-found.astype(np.int16), kind="stable")[: self._max_candidates]
        return cells[order], classes[order], self._score_of[found[order].astype(np.intp) + 128]

    def _boxes(self, boxes_q: NDArray[np.int8], cells: NDArray[np.intp]) -> NDArray[np.float32]:
        """Left, top, right, bottom of the boxes of some cells, px of the input."""
        weights = self._exp_of[boxes_q[cells].astype(np.intp) + 128].reshape(-1, len(self._sums))
        sums = weights @ self._sums
        distances = (sums[:, 0] / sums[:, 1]).reshape(-1, 4) * self._cell_stride[cells, None]
        centres = self._centres[cells]
        return np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1)


def select(
    found: Candidates, placement: Placement, size: tuple[int, int], labels: tuple[str, ...], limits: Limits
) -> Detections:
    """Cut candidates at the picture's edge and keep the best of those that overlap.

    Args:
        found: boxes on the input of the network.
        placement: where the picture lay in it.
        size: width and height of the picture, px.
        labels: names of the classes.
        limits: how many stay, and how close.
    """
    fractions = _to_fractions(found.boxes, placement)
    inside = np.flatnonzero((fractions[:, 2:] > fractions[:, :2]).all(axis=1))
    fractions, classes, scores = fractions[inside], found.classes[inside], found.scores[inside]
    # Overlap is measured in pixels of the input, where both axes have one unit.
    pixels = fractions * np.array([placement.width, placement.height] * 2, dtype=np.float32)
    keep = suppress(pixels, classes, limits.nms_iou)[: limits.max_detections]
    return Detections(boxes=fractions[keep], scores=scores[keep], classes=classes[keep], labels=labels, size=size)


def suppress(boxes: NDArray[np.float32], classes: NDArray[np.intp], iou: float) -> NDArray[np.intp]:
    """Indices of the boxes that stay: of two of one class that overlap by more than ``iou`` the later one goes.

    Args:
        boxes: (N, 4) left, top, right, bottom, best first.
        classes: (N,).
        iou: most overlap that two boxes of a class may have.
    """
    left, top, right, bottom = np.ascontiguousarray(boxes.T)
    common = np.minimum(right[:, None], right)
    common -= np.maximum(left[:, None], left)
    height = np.minimum(bottom[:, None], bottom)
    height -= np.maximum(top[:, None], top)
    np.maximum(common, 0.0, out=common)
    np.maximum(height, 0.0, out=height)
    common *= height
    area = ((right - left) * (bottom - top)) * np.float32(iou / (1.0 + iou))
    # common / (a + b - common) <= iou, without the division
    friends = common <= area[:, None] + area
    friends |= classes[:, None] != classes
    alive = np.ones(len(boxes), dtype=np.bool_)
    kept = []
    for index in range(len(boxes)):
        if alive[index]:
            kept.append(index)
            alive &= friends[index]
    return np.array(kept, dtype=np.intp)


def _to_fractions(boxes: NDArray[np.float32], placement: Placement) -> NDArray[np.float32]:
    origin = np.array([placement.left, placement.top] * 2, dtype=np.float32)
    extent = np.array([placement.width, placement.height] * 2, dtype=np.float32)
    fractions: NDArray[np.float32] = np.clip((boxes - origin) / extent, 0.0, 1.0)
    return fractions


def _dequantised(scale: float, zero_point: int) -> NDArray[np.float32]:
    """The value of every int8 number from -128 on."""
    values: NDArray[np.float32] = ((np.arange(-128, 128) - zero_point) * scale).astype(np.float32)
    return values


def _first_at_least(values: NDArray[np.float32], floor: float) -> int:
    """The least int8 number whose value reaches the floor; 128, which none is, where no value does."""
    return int(np.searchsorted(values, np.float32(floor), side="left")) - 128


def _floors(card: ModelCard, settings: DecodeSettings) -> list[float]:
    unknown = sorted({*settings.floors, *(settings.only or ())} - set(card.labels))
    if unknown:
        raise ValueError(f"model {card.name} does not know {', '.join(unknown)}")
    wanted = card.labels if settings.only is None else settings.only
    return [settings.floors.get(label, settings.floor) if label in wanted else NEVER for label in card.labels]


def cells_of(
    width_px: int, height_px: int, strides: tuple[int, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centre (cells, 2) and stride (cells,) of every cell, px of the input, in the order of the outputs."""
    centres, sizes = [], []
    for stride in strides:
        rows, columns = height_px // stride, width_px // stride
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
        centres.append((np.stack([x.ravel(), y.ravel()], axis=1) + np.float32(0.5)) * np.float32(stride))
        sizes.append(np.full(rows * columns, stride, dtype=np.float32))
    return np.concatenate(centres), np.concatenate(sizes)
