"""Runs the float network as the device would run its int8 one: the same letterbox, the same choice of boxes.

Does not measure anything.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec
from device.core.decode import Candidates, DecodeSettings, Limits, Placement, cells_of, select
from device.core.detections import Detections
from device.detect.preprocess import Letterbox
from training.nanodet import BINS, STRIDES


class FloatInput:
    """The letterbox of the device, but its bytes normalised in float."""

    def __init__(self, spec: InputSpec) -> None:
        """Take the shape, order and normalisation from what the card will say."""
        plain = replace(spec, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), scale=1.0, zero_point=-128)
        self._letterbox = Letterbox(plain)
        self._mean = np.array(spec.mean, dtype=np.float32)
        self._std = np.array(spec.std, dtype=np.float32)

    def fill(self, bgr: NDArray[np.uint8]) -> tuple[NDArray[np.float32], Placement]:
        """The input (1, height, width, 3) of a picture, and where in it the picture lies."""
        value, placement = self._letterbox.fill_bgr(bgr)
        picture = value.astype(np.float32) + 128.0
        return ((picture - self._mean) / self._std).astype(np.float32), placement


def float_finder(
    model: Any, spec: InputSpec, labels: tuple[str, ...], nms_iou: float, settings: DecodeSettings
) -> Callable[[NDArray[np.uint8]], Detections]:
    """A function that finds things in a BGR picture with a network from ``build_nanodet``."""
    import tensorflow as tf

    # Layer by layer, Python takes some twenty times as long as the network itself.
    run = tf.function(lambda picture: model(picture, training=False))
    source = FloatInput(spec)
    centres, strides = cells_of(spec.width, spec.height, STRIDES)
    limits = Limits(nms_iou, settings.max_detections)

    def find(bgr: NDArray[np.uint8]) -> Detections:
        value, placement = source.fill(bgr)
        outputs = run(tf.constant(value))
        scores, logits = np.asarray(outputs["scores"])[0], np.asarray(outputs["boxes"])[0]
        hits = np.flatnonzero(scores >= settings.floor)
        hits = hits[np.argsort(-scores.reshape(-1)[hits], kind="stable")][: settings.max_candidates]
        cells, classes = np.divmod(hits, len(labels))
        distances = _distances(logits[cells]) * strides[cells, None]
        boxes = np.concatenate([centres[cells] - distances[:, :2], centres[cells] + distances[:, 2:]], axis=1)
        found = Candidates(boxes, classes, scores[cells, classes])
        return select(found, placement, (bgr.shape[1], bgr.shape[0]), labels, limits)

    return find


def _distances(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 4) distances in strides from (N, 4 * bins) logits."""
    spread = logits.reshape(-1, 4, BINS)
    weights = np.exp(spread - spread.max(axis=2, keepdims=True))
    mean: NDArray[np.float32] = (weights @ np.arange(BINS, dtype=np.float32)) / weights.sum(axis=2)
    return mean
