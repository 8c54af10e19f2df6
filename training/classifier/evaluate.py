"""Measures a classifier on a folder per class, through the code that ships. Does not compute figures or draw."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.detect.classifier import open_classifier
from training.classifier.scores import ClassScores, score_classes
from training.data.pictures import read_pixels
from training.data.read import read_data
from training.data.sample import Dataset, Sample
from training.errors import DataError
from training.evaluate import write_results
from training.report.classes import render_class_report

Name = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""From a BGR picture to the score of each label."""
_MOST_WRONG = 24


def measure_classes(name: Name, samples: Sequence[Sample], labels: tuple[str, ...]) -> ClassScores:
    """Name every picture and count.

    Raises:
        DataError: a picture cannot be read.
    """
    named = [int(name(read_pixels(sample.path)).argmax()) for sample in samples]
    return score_classes([sample.labels[0] for sample in samples], named, labels)


def evaluate_folders(model: Path, folder: Path, out: Path, *, threads: int = 1) -> dict[str, Any]:
    """Measure a classifier file and write ``metrics.json`` and ``report.html``.

    Raises:
        DataError: the folders cannot be used, or share no class with the model.
        ModelError: the model cannot be used.
        TrainingError: the results cannot be written.
    """
    dataset = read_data(folder, "folders")
    classifier = open_classifier(model, threads=threads)
    try:
        labels = classifier.card.labels
        samples = [sample for sample in dataset.samples if _label(dataset, sample) in labels]
        if not samples:
            raise DataError(f"{folder}: none of its classes is known to {model.name}; it knows {', '.join(labels)}")
        looks = [_look(classifier.classify_bgr, sample) for sample in samples]
    finally:
        classifier.close()
    truth = [labels.index(_label(dataset, sample)) for sample in samples]
    scores = score_classes(truth, [int(shares.argmax()) for shares, _ in looks], labels)
    metrics = {
        **scores.as_json(),
        "latency_ms": _latency([spent_ms for _, spent_ms in looks], threads),
        "images": len(samples),
        "not_in_model": sorted(set(dataset.labels) - set(labels)),
        "not_in_set": [label for label in labels if label not in dataset.labels],
        "wrong": _wrong(samples, truth, [shares for shares, _ in looks], labels),
    }
    page = render_class_report(classifier.card, metrics, folder.resolve().name)
    write_results(out, {"metrics.json": json.dumps(metrics, indent=1) + "\n", "report.html": page})
    return metrics


def class_summary(name: str, metrics: Mapping[str, Any]) -> str:
    """The figures as a few lines for a terminal."""
    latency = metrics["latency_ms"]
    lines = [
        f"{name} on {metrics['images']} pictures",
        f"accuracy {metrics['accuracy']:.4f}",
        *(
            f"  {label}: precision {row['precision']:.3f}, recall {row['recall']:.3f}, F1 {row['f1']:.3f}"
            for label, row in metrics["per_class"].items()
            if row["support"]
        ),
        f"{latency['median']:.1f} ms a picture, p95 {latency['p95']:.1f}, {latency['threads']} thread(s)",
    ]
    if metrics["not_in_model"]:
        lines.append(f"not scored, the model lacks them: {', '.join(metrics['not_in_model'])}")
    return "\n".join(lines) + "\n"


def _label(dataset: Dataset, sample: Sample) -> str:
    return dataset.labels[sample.labels[0]]


def _look(name: Name, sample: Sample) -> tuple[NDArray[np.float32], float]:
    """The scores of a picture, and the ms that letterbox and network took."""
    pixels = read_pixels(sample.path)
    begin = time.perf_counter()
    shares = name(pixels)
    return shares, (time.perf_counter() - begin) * 1000.0


def _latency(spent_ms: Sequence[float], threads: int) -> dict[str, float | int]:
    return {"median": float(np.median(spent_ms)), "p95": float(np.percentile(spent_ms, 95)), "threads": threads}


def _wrong(
    samples: Sequence[Sample], truth: Sequence[int], shares: Sequence[NDArray[np.float32]], labels: Sequence[str]
) -> list[dict[str, Any]]:
    """The pictures that were named wrong, the surest first."""
    rows: list[dict[str, Any]] = [
        {
            "file": str(sample.path),
            "truth": labels[right],
            "named": labels[int(scores.argmax())],
            "score": round(float(scores.max()), 4),
        }
        for sample, right, scores in zip(samples, truth, shares, strict=True)
        if int(scores.argmax()) != right
    ]
    return sorted(rows, key=lambda row: (-row["score"], row["file"]))[:_MOST_WRONG]
