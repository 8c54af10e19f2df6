"""Measures a model file on a set of pictures, through the code that ships. Does not compute the figures or draw."""

import itertools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.decode import DecodeSettings
from device.core.detections import Detections
from device.core.frame import Frame, frame_from_bgr
from device.detect.detector import DetectorSettings, NetworkDetector, open_detector
from training.coco import CocoSet, read_coco, read_picture
from training.errors import TrainingError
from training.metrics import Scores, score
from training.report import render_report

EVALUATION = DecodeSettings(floor=0.02, max_candidates=1000, max_detections=100)
"""Average precision asks for the weak boxes too: all from .02, the best 100 of a picture, overlap as the card says."""

_TIMED_PICTURES = 100
_WARM_UPS = 3

Find = Callable[[NDArray[np.uint8]], Detections]


def measure(find: Find, coco: CocoSet, labels: tuple[str, ...]) -> Scores:
    """Look at every picture of a set and score what was found.

    Raises:
        DataError: a picture cannot be read, or nothing can be scored.
    """
    found = {picture.id: find(read_picture(picture)) for picture in coco.pictures}
    return score(found, coco, labels)


def evaluate_file(model: Path, instances: Path, images: Path, out: Path, *, threads: int = 1) -> dict[str, Any]:
    """Measure a model file and write ``metrics.json`` and ``report.html``.

    Raises:
        DataError: the set cannot be used.
        ModelError: the model cannot be used.
        TrainingError: the results cannot be written.
    """
    coco = read_coco(instances, images)
    cv2.setNumThreads(threads)
    detector = open_detector(model, DetectorSettings(threads=threads, decode=EVALUATION))
    try:
        scores = measure(detector.detect_bgr, coco, detector.card.labels)
    finally:
        detector.close()
    metrics = metrics_as_json(scores, _latency_ms(model, coco, threads), len(coco.pictures), threads)
    _write(out, metrics, render_report(detector.card, metrics, instances.name))
    return metrics


def _latency_ms(model: Path, coco: CocoSet, threads: int) -> list[float]:
    """Letterbox, network and decoder with the device's own settings, a picture each; the first warm the caches."""
    detector = open_detector(model, DetectorSettings(threads=threads))
    frames = (frame_from_bgr(read_picture(picture)) for picture in coco.pictures[:_TIMED_PICTURES])
    try:
        first = next(frames)
        for _ in range(_WARM_UPS):
            detector.detect(first)
        return [_timed_ms(detector, frame) for frame in itertools.chain([first], frames)]
    finally:
        detector.close()


def _timed_ms(detector: NetworkDetector, frame: Frame) -> float:
    begin = time.perf_counter()
    detector.detect(frame)
    return (time.perf_counter() - begin) * 1000.0


def metrics_as_json(scores: Scores, latency_ms: Sequence[float], images: int, threads: int) -> dict[str, Any]:
    """The figures as ``metrics.json`` holds them."""
    return {
        "ap": scores.ap,
        "ap50": scores.ap50,
        "ap75": scores.ap75,
        "ar100": scores.ar100,
        "per_class": {name: dict(figures) for name, figures in scores.per_class.items()},
        "operating_point": asdict(scores.operating_point),
        "class_points": {name: asdict(point) for name, point in scores.class_points.items()},
        "confusion": {"labels": list(scores.confusion_labels), "matrix": scores.confusion.tolist()},
        "latency_ms": {
            "median": float(np.median(latency_ms)),
            "p95": float(np.percentile(latency_ms, 95)),
            "threads": threads,
        },
        "images": images,
        "not_in_model": list(scores.not_in_model),
        "not_in_set": list(scores.not_in_set),
        "decode": {
            "floor": EVALUATION.floor,
            "max_candidates": EVALUATION.max_candidates,
            "max_detections": EVALUATION.max_detections,
        },
    }


def summary(name: str, metrics: Mapping[str, Any]) -> str:
    """The figures as a few lines for a terminal."""
    point, latency = metrics["operating_point"], metrics["latency_ms"]
    lines = [
        f"{name} on {metrics['images']} pictures",
        f"AP {metrics['ap']:.4f}  AP50 {metrics['ap50']:.4f}  AP75 {metrics['ap75']:.4f}  AR100 {metrics['ar100']:.4f}",
        f"best F1 {point['f1']:.3f} at {point['threshold']:.2f}: "
        f"precision {point['precision']:.3f}, recall {point['recall']:.3f}",
        f"{latency['median']:.1f} ms a picture, p95 {latency['p95']:.1f}, {latency['threads']} thread(s)",
    ]
    if metrics["not_in_model"]:
        lines.append(f"not scored, the model lacks them: {', '.join(metrics['not_in_model'])}")
    return "\n".join(lines) + "\n"


def _write(out: Path, metrics: Mapping[str, Any], report: str) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
        (out / "report.html").write_text(report, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{out}: cannot be written: {error.strerror}") from error
