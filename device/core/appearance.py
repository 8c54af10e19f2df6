"""How a thing looks, as a short vector that tells people apart by their clothes. Does not say who is who."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from device.core.detections import Detections
from device.core.frame import Frame

_BANDS = ((0.08, 0.20), (0.20, 0.48), (0.50, 0.88))
"""Parts of a box's height: head, upper body, lower body."""
_WEIGHTS = (0.5, 1.0, 1.0)
_INNER = (0.25, 0.75)
"""Part of a box's width that is mostly the thing itself, not what lies behind it."""
_ROWS, _COLUMNS = 8, 6
"""Pixels sampled in each band."""
_LUMA_BINS, _CHROMA_BINS = 8, 12
_CHROMA_RANGE = (88.0, 168.0)
"""Colours of clothes keep near grey; beyond this they count as the last bin."""
_SIZE = len(_BANDS) * (_LUMA_BINS + 2 * _CHROMA_BINS)
_MOST = 100
"""No more things than this are described in one picture, best first."""


def describe(frame: Frame, detections: Detections) -> Detections:
    """Add a unit vector for each detection: soft histograms of Y, U and V in bands of its box.

    The cosine of two vectors is near the Bhattacharyya coefficient of the two histograms.
    """
    count = min(len(detections), _MOST)
    if not count:
        return detections
    looks = np.zeros((len(detections), _SIZE), dtype=np.float32)
    looks[:, 0] = 1.0
    looks[:count] = _histograms(frame, detections.boxes[:count])
    return replace(detections, appearance=looks)


def _histograms(frame: Frame, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, _SIZE) root histograms; pixels are sampled, so the cost hardly depends on the size of a box."""
    x1, y1, x2, y2 = boxes.T
    low, high = np.array(_BANDS, dtype=np.float32).T
    across = np.linspace(*_INNER, _COLUMNS, dtype=np.float32)
    down = (low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, _ROWS, dtype=np.float32)).ravel()
    columns = _pixels(x1[:, None] + (x2 - x1)[:, None] * across, frame.width)[:, None, :]
    rows = _pixels(y1[:, None] + (y2 - y1)[:, None] * down, frame.height)[:, :, None]
    chroma = frame.i420[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
    half_rows, half_columns = rows // 2, columns // 2
    luma = _soft(frame.luma[rows, columns], 0.0, 255.0, _LUMA_BINS)
    parts = [luma] + [_soft(plane[half_rows, half_columns], *_CHROMA_RANGE, _CHROMA_BINS) for plane in chroma]
    weights = np.repeat(np.array(_WEIGHTS, dtype=np.float32), _LUMA_BINS + 2 * _CHROMA_BINS)
    roots = np.sqrt(np.concatenate(parts, axis=2).reshape(len(boxes), _SIZE) * weights)
    return np.asarray(roots / np.linalg.norm(roots, axis=1, keepdims=True), dtype=np.float32)


def _pixels(fractions: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    return np.clip(fractions * count, 0, count - 1).astype(np.intp)


def _soft(values: NDArray[np.uint8], low: float, high: float, bins: int) -> NDArray[np.float32]:
    """(N, bands, bins) part of each band's pixels in each bin, every pixel shared between the two nearest."""
    count = len(values) * len(_BANDS)
    place = np.clip(
        (values.reshape(count, -1).astype(np.float32) - low) * ((bins - 1) / (high - low)), 0.0, bins - 1.001
    )
    left = place.astype(np.intp)
    part = place - left
    index = left + (np.arange(count) * bins)[:, None]
    total = np.bincount(index.ravel(), (1.0 - part).ravel(), count * bins)
    total += np.bincount(index.ravel() + 1, part.ravel(), count * bins)
    return np.asarray(total.reshape(-1, len(_BANDS), bins) / values[0].size * len(_BANDS), dtype=np.float32)
