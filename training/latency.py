"""How long the device's own code takes for a picture. Does not look at what is found."""

import itertools
import os
import time
from pathlib import Path

import cv2
import numpy as np

from device.core.frame import Frame, frame_from_bgr
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


def _timed_ms(detector: NetworkDetector, frame: Frame) -> float:
    begin = time.perf_counter()
    detector.detect(frame)
    return (time.perf_counter() - begin) * 1000.0
