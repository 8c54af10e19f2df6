"""The trackers that Shopwarden is held against, each behind one function. Does not score."""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import norfair
import numpy as np
import supervision
from scipy.optimize import linear_sum_assignment

from bench.scenes import Look, Scene
from bench.score import Row

Options = Mapping[str, float]
Step = Callable[[np.ndarray, np.ndarray], list[tuple[int, np.ndarray, bool]]]
"""Boxes (N, 4) px and scores (N,) of one look to (track, box, believed) of those seen in it."""


def follow(scene: Scene, make: Callable[[Options, float], Step], options: Options) -> tuple[list[Row], float]:
    """Rows of believed tracks on the pictures that show them, those from before too; CPU s spent."""
    step = make(options, scene.rate)
    rows: dict[int, list[Row]] = {}
    believed: set[int] = set()
    spent_s = 0.0
    for look in scene.looks:
        boxes, scores = _over(look, options["floor"])
        start_s = time.process_time()
        seen = step(boxes, scores)
        spent_s += time.process_time() - start_s
        for number, (x1, y1, x2, y2), sure in seen:
            rows.setdefault(number, []).append((look.number, number, x1, y1, x2, y2))
            if sure:
                believed.add(number)
    return [row for number in sorted(believed) for row in rows[number]], spent_s


def _over(look: Look, floor: float) -> tuple[np.ndarray, np.ndarray]:
    keep = look.detections.scores >= floor
    scale = np.array([*look.detections.size, *look.detections.size])
    return look.detections.boxes[keep].astype(np.float64) * scale, look.detections.scores[keep].astype(np.float64)


def byte_track(options: Options, rate: float) -> Step:
    """ByteTrack as ``supervision`` has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tracker = supervision.ByteTrack(
            track_activation_threshold=options["new"],
            lost_track_buffer=round(options["lost_s"] * 30),
            minimum_matching_threshold=options["match"],
            frame_rate=max(1, round(rate)),
        )

    def step(boxes: np.ndarray, scores: np.ndarray) -> list[tuple[int, np.ndarray, bool]]:
        classes = np.zeros(len(scores), dtype=int)
        found = tracker.update_with_detections(supervision.Detections(boxes, confidence=scores, class_id=classes))
        return [(int(number), box, True) for number, box in zip(found.tracker_id, found.xyxy, strict=True)]

    return step


def norfair_euclidean(options: Options, rate: float) -> Step:
    """The distance of norfair's own documentation for boxes' centres, in heights of the tracked box."""

    def distance(new: Any, known: Any) -> float:
        height = max(1e-6, known.estimate[1, 1] - known.estimate[0, 1])
        return float(np.linalg.norm(new.points.mean(axis=0) - known.estimate.mean(axis=0)) / height)

    return _norfair(distance, options, rate)


def norfair_corners(options: Options, rate: float) -> Step:
    """A distance of foot point and size, as recorders of network cameras use it."""

    def distance(new: Any, known: Any) -> float:
        (x1, y1), (x2, y2) = known.estimate
        size = np.maximum([x2 - x1, y2 - y1], 1e-6)
        new_size = np.maximum(new.points[1] - new.points[0], 1e-6)
        foot = np.array([(x1 + x2) / 2, y2])
        new_foot = np.array([new.points[:, 0].mean(), new.points[1, 1]])
        shape = np.maximum(size, new_size) / np.minimum(size, new_size) - 1.0
        return float(np.linalg.norm([*((new_foot - foot) / size), *shape]))

    return _norfair(distance, options, rate)


def _norfair(distance: Callable[[Any, Any], float], options: Options, rate: float) -> Step:
    tracker = norfair.Tracker(
        distance_function=distance,
        distance_threshold=options["match"],
        hit_counter_max=max(2, round(options["lost_s"] * rate)),
        initialization_delay=min(max(2, round(options["lost_s"] * rate)) - 1, round(options["delay_s"] * rate)),
    )

    def step(boxes: np.ndarray, scores: np.ndarray) -> list[tuple[int, np.ndarray, bool]]:
        found = [
            norfair.Detection(points=box.reshape(2, 2), scores=np.full(2, score))
            for box, score in zip(boxes, scores, strict=True)
        ]
        alive = tracker.update(detections=found)
        fresh = {id(item) for item in found}
        return [
            (int(item.id), item.last_detection.points.ravel(), True)
            for item in alive
            if id(item.last_detection) in fresh
        ]

    return step


_MEASURE = np.eye(4, 7)
_MOVE = np.eye(7) + np.eye(7, k=4) * np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])[:, None]
_MEASURE_NOISE = np.diag([1.0, 1.0, 10.0, 10.0])
_MOVE_NOISE = np.diag([1.0, 1.0, 1.0, 1.0, 0.01, 0.01, 0.0001])


@dataclass(slots=True, eq=False)
class _Target:
    """A Kalman filter over centre, area and aspect, with a pace for the first three."""

    number: int
    state: np.ndarray
    spread: np.ndarray = field(default_factory=lambda: np.diag([10.0] * 4 + [10000.0] * 3))
    missed: int = 0
    hits: int = 1

    def predict(self) -> np.ndarray:
        if self.state[2] + self.state[6] <= 0.0:
            self.state[6] = 0.0
        self.state = _MOVE @ self.state
        self.spread = _MOVE @ self.spread @ _MOVE.T + _MOVE_NOISE
        self.missed += 1
        return _box_of(self.state)

    def correct(self, box: np.ndarray) -> None:
        total = _MEASURE @ self.spread @ _MEASURE.T + _MEASURE_NOISE
        gain = self.spread @ _MEASURE.T @ np.linalg.inv(total)
        self.state = self.state + gain @ (_shape_of(box) - _MEASURE @ self.state)
        self.spread = (np.eye(7) - gain @ _MEASURE) @ self.spread
        self.missed = 0
        self.hits += 1


def sort(options: Options, rate: float) -> Step:
    """SORT as published: Kalman prediction, IoU, the Hungarian method, a life counted in pictures."""
    targets: list[_Target] = []
    numbers = iter(range(1, 1_000_000))
    max_age = max(1, round(options["lost_s"] * rate))

    def step(boxes: np.ndarray, scores: np.ndarray) -> list[tuple[int, np.ndarray, bool]]:  # noqa: ARG001
        expected = np.array([target.predict() for target in targets]).reshape(-1, 4)
        overlap = _overlap(expected, boxes)
        pairs = {column: row for row, column in zip(*linear_sum_assignment(-overlap), strict=True)}
        seen = []
        for column, box in enumerate(boxes):
            row = pairs.get(column)
            if row is not None and overlap[row, column] >= options["match"]:
                target = targets[row]
                target.correct(box)
            else:
                target = _Target(next(numbers), np.concatenate((_shape_of(box), np.zeros(3))))
                targets.append(target)
            seen.append((target.number, box, target.hits >= options["hits"]))
        targets[:] = [target for target in targets if target.missed <= max_age]
        return seen

    return step


def _shape_of(box: np.ndarray) -> np.ndarray:
    width, height = box[2] - box[0], max(1e-6, box[3] - box[1])
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, width * height, width / height])


def _box_of(state: np.ndarray) -> np.ndarray:
    width = np.sqrt(max(1e-6, state[2] * state[3]))
    half = np.array([width, state[2] / width]) / 2
    return np.concatenate((state[:2] - half, state[:2] + half))


def _overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    areas = np.prod(a[:, 2:] - a[:, :2], axis=1)[:, None] + np.prod(b[:, 2:] - b[:, :2], axis=1)[None, :]
    return np.asarray(shared / np.maximum(areas - shared, 1e-9))
