"""What ranks clips of thefts without seeing any: the controls beside the rule about concealment."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.frame import frame_from_bgr
from device.detect.detector import open_detector
from device.detect.shipped import find_shipped
from training.concealment.clips import Clip
from training.concealment.fit import Windows

GRID = (16, 12)
PICTURES = 6
MARGIN = 0.15
PENALTY = 30.0

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Folds = NDArray[np.intp]


def hand_to_hip(windows: Windows, clips: int) -> Floats:
    """Untrained: how near the nearer hand stays to its hip, in the window where it is nearest."""
    found = np.full(clips, -9.0)
    np.maximum.at(found, windows.clip, -windows.hands[:, 2])
    return found


def with_sign(values: Floats, theft: Bools, fold: Folds) -> Floats:
    """A single figure of each clip, turned the way in which it separates the other folds."""
    found = np.zeros(len(values))
    for one in set(fold.tolist()):
        rest = fold != one
        sign = np.sign(values[rest & theft].mean() - values[rest & ~theft].mean())
        found[~rest] = sign * (values[~rest] - values[rest].mean())
    return found


def ridge_scores(signs: Floats, theft: Bools, fold: Folds) -> Floats:
    """A linear fit to the other folds, held down."""
    found = np.zeros(len(theft))
    for one in set(fold.tolist()):
        rest = fold != one
        mean, spread = signs[rest].mean(axis=0), signs[rest].std(axis=0) + 1e-6
        rows = (signs - mean) / spread
        aim = theft[rest] - theft[rest].mean()
        inner = rows[rest] @ rows[rest].T + PENALTY * rows.shape[1] / 10 * np.eye(int(rest.sum()))
        found[~rest] = rows[~rest] @ (rows[rest].T @ np.linalg.solve(inner, aim))
    return found


def backgrounds(clips: list[Clip]) -> Floats:
    """(clips, cells) colours of each clip on a coarse grid where no person is seen; what they always hide is grey."""
    path = find_shipped("general-416")
    if path is None:
        raise FileNotFoundError("general-416")
    with contextlib.closing(open_detector(path)) as detector:
        found = []
        for clip in clips:
            grids = []
            for picture in _pictures(clip.path):
                small = cv2.resize(picture, GRID, interpolation=cv2.INTER_AREA).astype(np.float64)
                seen = detector.detect(frame_from_bgr(picture))
                for box, name in zip(seen.boxes.tolist(), seen.names(), strict=True):
                    if name == "person":
                        _blank(small, box)
                grids.append(small)
            with np.errstate(all="ignore"):
                stacked = np.array(grids)
                kept = ~np.isnan(stacked)
                mean = np.where(kept, stacked, 0.0).sum(axis=0) / np.maximum(1, kept.sum(axis=0))
            found.append(np.where(kept.any(axis=0), mean, 128.0).ravel())
    return np.array(found)


def _blank(grid: Floats, box: list[float]) -> None:
    width, height = box[2] - box[0], box[3] - box[1]
    x1, x2 = (box[0] - MARGIN * width) * GRID[0], (box[2] + MARGIN * width) * GRID[0]
    y1, y2 = (box[1] - MARGIN * height) * GRID[1], (box[3] + MARGIN * height) * GRID[1]
    grid[max(0, int(y1)) : max(0, int(np.ceil(y2))), max(0, int(x1)) : max(0, int(np.ceil(x2)))] = np.nan


def _pictures(path: Path) -> Iterator[NDArray[np.uint8]]:
    """Some pictures all over a clip."""
    video = cv2.VideoCapture(str(path))
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, max(0, count - 1), PICTURES).astype(int).tolist())
    for number in range(count):
        read, picture = video.read()
        if read and number in wanted:
            yield np.asarray(picture, dtype=np.uint8)
    video.release()
