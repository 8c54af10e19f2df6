"""How long the device's own code takes for a picture. Does not look at what is found."""

import itertools
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.frame import Frame, frame_from_bgr
from device.detect.classifier import open_classifier
from device.detect.detector import DetectorSettings, NetworkDetector, open_detector
from training.coco import CocoSet, read_picture

_TIMED_PICTURES = 60
_WARM_UPS = 3
_COUNTS = (1, 2, 4)
"""Threads worth asking about: a Pi has four cores."""


def thread_counts(wanted: int) -> list[int]:
    """The counts to measure at: those that this machine has cores for, and the wanted one."""
    cores = len(os.sched_getaffinity(0))
    return sorted({count for count in _COUNTS if count <= cores} | {wanted})


def latency_ms(model: Path, coco: CocoSet, threads: int, runtime: str = "auto") -> dict[str, float | int]:
    """Median and 95th percentile of letterbox, network and decoder, with the device's own settings.

    Raises:
        DataError: a picture cannot be read.
        ModelError: the model cannot be used.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(threads)
    detector = open_detector(model, DetectorSettings(runtime=runtime, threads=threads))
    frames = (frame_from_bgr(read_picture(picture)) for picture in coco.pictures[:_TIMED_PICTURES])
    try:
        first = next(frames)
        for _ in range(_WARM_UPS):
            detector.detect(first)
        spent = [_timed_ms(detector, frame) for frame in itertools.chain([first], frames)]
    finally:
        detector.close()
        cv2.setNumThreads(before)
    return {"median": float(np.median(spent)), "p95": float(np.percentile(spent, 95)), "threads": threads}


@dataclass(frozen=True, slots=True)
class NamedInTime:
    """What a classifier called each picture, and how long it took for one."""

    names: tuple[str, ...]
    median_ms: float


def name_latency_ms(model: Path, pictures: Sequence[NDArray[np.uint8]], threads: int) -> NamedInTime:
    """Name (height, width, 3) BGR pictures against the clock.

    Raises:
        ModelError: the model is no classifier or cannot run here.
    """
    classifier = open_classifier(model, threads=threads)
    names, spent = [], []
    try:
        for _ in range(_WARM_UPS):
            classifier.classify_bgr(pictures[0])
        for picture in pictures:
            begin = time.perf_counter()
            scores = classifier.classify_bgr(picture)
            spent.append((time.perf_counter() - begin) * 1000.0)
            names.append(classifier.card.labels[int(scores.argmax())])
    finally:
        classifier.close()
    return NamedInTime(tuple(names), float(np.median(spent)))


def _timed_ms(detector: NetworkDetector, frame: Frame) -> float:
    begin = time.perf_counter()
    detector.detect(frame)
    return (time.perf_counter() - begin) * 1000.0
