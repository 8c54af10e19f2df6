"""How good detections are against the truth: COCO's average precision, the best threshold, and the curves to both.

Does not run models, read pictures or draw. Classes meet by name; only those that both sides know are scored.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.detections import Detections
from training.coco import CocoSet
from training.confusion import BACKGROUND, confusion_of
from training.errors import DataError

RECALLS = 101
"""Recalls at which COCO reads the precision, from 0 to 1."""
_SIZES = {"small": 1, "medium": 2, "large": 3}
"""Places of COCO's sizes among its ranges of area: under 32 x 32 px, under 96 x 96, and above."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The threshold of the best F1, boxes matched at an overlap of one half."""

    threshold: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How precision, recall and F1 go with the threshold, boxes matched at an overlap of one half."""

    precision: NDArray[np.float64]
    """(101,) the best precision at recalls 0, .01 .. 1 and beyond; 0 where they are not reached."""
    thresholds: NDArray[np.float64]
    """Falling; at each of them a detection more counts."""
    f1: NDArray[np.float64]
    """At each threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What was measured."""

    ap: float
    ap50: float
    ap75: float
    ar100: float
    per_class: Mapping[str, Mapping[str, float | int | None]]
    """``ap``, ``ap50`` and ``support`` by class; without support there is no precision, so None."""
    operating_point: OperatingPoint
    class_points: Mapping[str, OperatingPoint]
    """The same for each class that has support."""
    confusion_labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    """Truth down, found across, at the operating point; background is what has no partner."""
    not_in_model: tuple[str, ...]
    not_in_set: tuple[str, ...]
    sizes: Mapping[str, float | None] = field(default_factory=dict)
    """Average precision by COCO's sizes of boxes; None where the set has none of a size."""
    class_sizes: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    """The same by class."""
    curve: Curve | None = None
    """Of all classes together."""
    class_curves: Mapping[str, Curve] = field(default_factory=dict)
    """Of each class that has support."""


def score(found: Mapping[int, Detections], coco: CocoSet, labels: Sequence[str]) -> Scores:
    """Hold the detections of every picture against the set.

    Args:
        found: detections by picture id.
        coco: the truth.
        labels: all classes that the model knows.

    Raises:
        DataError: the two share no class, or the set has no box of one.
    """
    ids = shared_ids(coco, labels)
    evaluation = run_coco(found, coco, ids)
    by_size = evaluation.eval["precision"][..., 2]
    precision = by_size[..., 0]
    if not (precision > -1).any():
        raise DataError(f"{coco.path}: holds no box of a class that the model knows")
    support = _support(coco, ids)
    hits = {name: _matches(evaluation, [category]) for name, category in ids.items() if support[name]}
    every = _matches(evaluation, list(ids.values()))
    best = _best_point(*every)
    confusion_labels = (*ids, BACKGROUND)
    return Scores(
        ap=_mean(precision) or 0.0,
        ap50=_mean(precision[0]) or 0.0,
        ap75=_mean(precision[5]) or 0.0,
        ar100=_mean(evaluation.eval["recall"][:, :, 0, 2]) or 0.0,
        per_class={
            name: {
                "ap": _mean(precision[:, :, place]),
                "ap50": _mean(precision[0, :, place]),
                "support": support[name],
            }
            for place, name in enumerate(ids)
        },
        operating_point=best,
        class_points={name: _best_point(*match) for name, match in hits.items()},
        sizes={size: _mean(by_size[..., index]) for size, index in _SIZES.items()},
        class_sizes={
            name: {size: _mean(by_size[:, :, place, index]) for size, index in _SIZES.items()}
            for place, name in enumerate(ids)
        },
        curve=_curve(*every),
        class_curves={name: _curve(*match) for name, match in hits.items()},
        confusion_labels=confusion_labels,
        confusion=confusion_of(found, coco, confusion_labels, best.threshold),
        not_in_model=tuple(name for _, name in sorted(coco.categories.items()) if name not in ids),
        not_in_set=tuple(name for name in labels if name not in ids),
    )


def shared_ids(coco: CocoSet, labels: Sequence[str]) -> dict[str, int]:
    """The category of each class that both the set and a model know.

    Raises:
        DataError: there is none.
    """
    ids = {name: category for category, name in sorted(coco.categories.items()) if name in set(labels)}
    if not ids:
        raise DataError(f"{coco.path}: shares no class with the model, which knows {', '.join(labels[:5])} ...")
    return ids


def run_coco(found: Mapping[int, Detections], coco: CocoSet, ids: Mapping[str, int]) -> Any:
    """COCO's own evaluation, done and summed up."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    # pycocotools talks on stdout, which belongs to the command.
    with contextlib.redirect_stdout(io.StringIO()):
        truth, guesses = COCO(), COCO()
        truth.dataset = _dataset(coco, coco.boxes_as_rows())
        guesses.dataset = _dataset(coco, _rows(found, ids))
        truth.createIndex()
        guesses.createIndex()
        evaluation = COCOeval(truth, guesses, "bbox")
        evaluation.params.catIds = list(ids.values())
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation


def _dataset(coco: CocoSet, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "images": [{"id": picture.id} for picture in coco.pictures],
        "categories": [{"id": category, "name": name} for category, name in coco.categories.items()],
        # pycocotools takes an id of 0 for "no partner", so rows count from 1.
        "annotations": [{"id": index, **row} for index, row in enumerate(rows, start=1)],
    }


def _rows(found: Mapping[int, Detections], ids: Mapping[str, int]) -> list[dict[str, Any]]:
    rows = []
    for picture_id, detections in found.items():
        width, height = detections.size
        boxes = detections.boxes.astype(np.float64) * [width, height, width, height]
        for (x1, y1, x2, y2), name, value in zip(boxes, detections.names(), detections.scores, strict=True):
            if name in ids:
                sides = {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": 0}
                rows.append({"image_id": picture_id, "category_id": ids[name], "score": float(value), **sides})
    return rows


def _mean(values: NDArray[np.float64]) -> float | None:
    """The mean of what was measured; pycocotools writes -1 where there was nothing to measure."""
    measured = values[values > -1]
    return float(measured.mean()) if measured.size else None


def _support(coco: CocoSet, ids: Mapping[str, int]) -> dict[str, int]:
    counted = [box.category_id for box in coco.boxes if not box.crowd]
    return {name: counted.count(category) for name, category in ids.items()}


def _matches(evaluation: Any, categories: list[int]) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """Score and rightness of every detection that counts, and the number of true boxes, overlap one half."""
    values, right, truths = [], [], 0
    for entry in evaluation.evalImgs:
        if entry is None or entry["category_id"] not in categories or entry["aRng"] != evaluation.params.areaRng[0]:
            continue
        counts = np.asarray(entry["dtIgnore"])[0] == 0
        values.append(np.asarray(entry["dtScores"])[counts])
        right.append(np.asarray(entry["dtMatches"])[0][counts] > 0)
        truths += int((np.asarray(entry["gtIgnore"]) == 0).sum())
    if not values:
        return np.zeros(0), np.zeros(0, dtype=np.bool_), truths
    return np.concatenate(values).astype(np.float64), np.concatenate(right), truths


def _best_point(values: NDArray[np.float64], right: NDArray[np.bool_], truths: int) -> OperatingPoint:
    """The threshold of the best F1; the higher one of two as good."""
    thresholds, hits, counts = _by_threshold(values, right)
    if not truths or not len(hits) or not hits[-1]:
        return OperatingPoint(1.0, 0.0, 0.0, 0.0)
    f1 = 2 * hits / (counts + truths)
    best = int(np.argmax(f1))
    return OperatingPoint(
        threshold=float(thresholds[best]),
        precision=float(hits[best] / counts[best]),
        recall=float(hits[best] / truths),
        f1=float(f1[best]),
    )


def _curve(values: NDArray[np.float64], right: NDArray[np.bool_], truths: int) -> Curve:
    thresholds, hits, counts = _by_threshold(values, right)
    # The best precision from here on: a higher recall that is more precise is the better choice.
    envelope = np.maximum.accumulate((hits / counts)[::-1])[::-1]
    places = np.searchsorted(hits / max(truths, 1), np.linspace(0.0, 1.0, RECALLS) - 1e-9)
    precision = np.append(envelope, 0.0)[places]
    return Curve(precision.astype(np.float64), thresholds, (2 * hits / (counts + truths)).astype(np.float64))


def _by_threshold(
    values: NDArray[np.float64], right: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Each different score, falling, with the right ones and all ones from it up."""
    order = np.argsort(-values, kind="stable")
    values, hits = values[order], np.cumsum(right[order])
    # A threshold cannot part equal scores, so only the last of each run counts.
    ends = np.flatnonzero(np.diff(values, append=-1.0) != 0)
    return values[ends], hits[ends].astype(np.int64), (ends + 1).astype(np.int64)
