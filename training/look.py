"""Looks at a set of pictures with a detector and scores what it found. Does not write or draw results."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.core.decode import DecodeSettings
from device.core.detections import Detections
from device.detect.detector import DetectorSettings, open_detector
from training.coco import CocoSet, read_picture
from training.metrics import Scores, score

EVALUATION = DecodeSettings(floor=0.02, max_candidates=1000, max_detections=100)
"""Average precision asks for the weak boxes too: all from .02, the best 100 of a picture, overlap as the card says."""

Find = Callable[[NDArray[np.uint8]], Detections]


def measure(find: Find, coco: CocoSet, labels: tuple[str, ...]) -> Scores:
    """Look at every picture of a set and score what was found.

    Raises:
        DataError: a picture cannot be read, or nothing can be scored.
    """
    return score(look(find, coco), coco, labels)


def look(find: Find, coco: CocoSet) -> dict[int, Detections]:
    """What is found on every picture, by its id.

    Raises:
        DataError: a picture cannot be read.
    """
    return {picture.id: find(read_picture(picture)) for picture in coco.pictures}


def look_with(model: Path, coco: CocoSet, runtime: str, threads: int) -> dict[int, Detections]:
    """The same with a model file, every weak box kept.

    Raises:
        DataError: a picture cannot be read.
        ModelError: the model cannot be used.
    """
    detector = open_detector(model, DetectorSettings(runtime=runtime, threads=threads, decode=EVALUATION))
    try:
        return look(detector.detect_bgr, coco)
    finally:
        detector.close()
