"""Average precision on any draw of the pictures, from one matching of all. Does not draw.

On the pictures as they are it equals COCO's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.detections import Detections
from training.coco import CocoSet
from training.compare.resample import Figures, Weights
from training.metrics import RECALLS, run_coco

_RECALLS = np.linspace(0.0, 1.0, RECALLS)


@dataclass(frozen=True, slots=True, eq=False)
class ClassHits:
    """All detections of one class, best score first, matched at each of COCO's ten overlaps."""

    picture: NDArray[np.intp]
    """(n,) place of its picture."""
    right: NDArray[np.bool_]
    """(overlaps, n)."""
    counts: NDArray[np.bool_]
    """(overlaps, n); False: it lies on a crowd, and neither counts nor harms."""
    truths: NDArray[np.int64]
    """(pictures,) boxes that are there."""


def precision_figures(found: Mapping[int, Detections], coco: CocoSet, ids: Mapping[str, int]) -> Figures:
    """``ap`` and ``ap50`` of the named classes on any draw."""
    evaluation = run_coco(found, coco, ids)
    tables = [_hits(evaluation, category, len(coco.pictures)) for category in ids.values()]

    def figures(weights: Weights) -> dict[str, float]:
        rows = [row for table in tables if (row := _by_overlap(table, weights)) is not None]
        mean = np.mean(rows, axis=0) if rows else np.zeros(10)
        return {"ap": float(mean.mean()), "ap50": float(mean[0])}

    return figures


def _hits(evaluation: Any, category: int, pictures: int) -> ClassHits:
    params = evaluation.params
    place_of = {picture: place for place, picture in enumerate(params.imgIds)}
    truths = np.zeros(pictures, dtype=np.int64)
    overlaps = len(params.iouThrs)
    scores, places = [np.zeros(0)], [np.zeros(0, dtype=np.intp)]
    right, ignored = [np.zeros((overlaps, 0), dtype=bool)], [np.zeros((overlaps, 0), dtype=bool)]
    for entry in evaluation.evalImgs:
        if entry is None or entry["category_id"] != category or entry["aRng"] != params.areaRng[0]:
            continue
        place = place_of[entry["image_id"]]
        truths[place] = int((np.asarray(entry["gtIgnore"]) == 0).sum())
        scores.append(np.asarray(entry["dtScores"], dtype=np.float64))
        places.append(np.full(len(entry["dtScores"]), place, dtype=np.intp))
        right.append(np.asarray(entry["dtMatches"]).reshape(overlaps, -1) > 0)
        ignored.append(np.asarray(entry["dtIgnore"]).reshape(overlaps, -1) > 0)
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return ClassHits(
        np.concatenate(places)[order],
        np.concatenate(right, axis=1)[:, order],
        ~np.concatenate(ignored, axis=1)[:, order],
        truths,
    )


def _by_overlap(hits: ClassHits, weights: Weights) -> NDArray[np.float64] | None:
    """Average precision at each overlap; None where the draw holds no box of the class."""
    truths = int(hits.truths @ weights)
    if not truths:
        return None
    drawn = weights[hits.picture]
    true = np.cumsum(np.where(hits.right & hits.counts, drawn, 0), axis=1)
    false = np.cumsum(np.where(~hits.right & hits.counts, drawn, 0), axis=1)
    precision = true / np.maximum(true + false, 1)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    padded = np.concatenate([envelope, np.zeros((len(envelope), 1))], axis=1)
    recall = true / truths
    rows = [padded[n, np.searchsorted(recall[n], _RECALLS, side="left")].mean() for n in range(len(padded))]
    return np.array(rows, dtype=np.float64)
