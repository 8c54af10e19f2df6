"""Holds rows of tracks against truth: MOTA, IDF1, switches. Does not follow anything itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import motmetrics
import numpy as np

from bench.scenes import Scene

Row = tuple[int, int, float, float, float, float]
"""Picture, track, x1, y1, x2, y2 in px."""


@dataclass(frozen=True, slots=True)
class Score:
    """How good some tracks are."""

    mota: float
    idf1: float
    switches: int
    false: int
    missed: int
    truth: int


def score(runs: Sequence[tuple[Scene, Sequence[Row]]]) -> Score:
    """All runs together, boxes of truth and track paired at an IoU of at least .5."""
    books = [_book(scene, rows) for scene, rows in runs]
    names = ["mota", "idf1", "num_switches", "num_false_positives", "num_misses", "num_objects"]
    table = motmetrics.metrics.create().compute_many(
        books, names=[str(i) for i in range(len(books))], metrics=names, generate_overall=True
    )
    mota, idf1, switches, false, missed, truth = table.loc["OVERALL"].tolist()
    return Score(mota, idf1, int(switches), int(false), int(missed), int(truth))


def _book(scene: Scene, rows: Sequence[Row]) -> object:
    by_picture: dict[int, list[Row]] = {}
    for row in rows:
        by_picture.setdefault(row[0], []).append(row)
    book = motmetrics.MOTAccumulator(auto_id=True)
    for look in scene.looks:
        mine = by_picture.get(look.number, [])
        boxes = np.array([row[2:] for row in mine]).reshape(-1, 4)
        distance = 1.0 - _iou(look.boxes, boxes)
        book.update(look.ids, [row[1] for row in mine], np.where(distance <= 0.5, distance, np.nan))
    return book


def _iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    area_a, area_b = np.prod(a[:, 2:] - a[:, :2], axis=1), np.prod(b[:, 2:] - b[:, :2], axis=1)
    return np.asarray(shared / np.maximum(area_a[:, None] + area_b[None, :] - shared, 1e-9))
