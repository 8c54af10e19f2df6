"""Measures a model file on a set of pictures, through the code that ships. Does not compute the figures or draw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from device.detect.detector import open_detector
from device.detect.litert import runtime_module
from training.coco import CocoSet, read_coco
from training.errors import TrainingError
from training.latency import latency_ms, thread_counts
from training.look import EVALUATION, look_with
from training.metrics import Scores, score
from training.report.detector import DetectorSubject, render_report
from training.report.worst import most_wrong
from training.variants import float_variant, refuse_other_run, variant_of, variants_beside

_WORST_PICTURES = 12


@dataclass(frozen=True, slots=True)
class Extra:
    """What is put beside the figures of the model itself."""

    threads: int = 1
    runtime: str = "auto"
    float_run: Path | None = None
    """The folder of the training that the model was exported from: its float network is measured too."""
    beside: tuple[Path, ...] = ()
    """``metrics.json`` of other runs, as of another interpreter in its own environment."""


def evaluate_file(model: Path, instances: Path, images: Path, out: Path, extra: Extra | None = None) -> dict[str, Any]:
    """Measure a model file and write ``metrics.json`` and ``report.html``.

    Raises:
        DataError: the set cannot be used.
        RecipeError: the training beside it is not that of the model.
        ModelError: the model cannot be used.
        TrainingError: the results cannot be written.
    """
    extra = extra or Extra()
    coco = read_coco(instances, images)
    extra = replace(extra, runtime=runtime_module(extra.runtime)[1])
    cv2.setNumThreads(extra.threads)
    card = open_detector(model).card
    if extra.float_run is not None:
        refuse_other_run(card, extra.float_run)
    found = look_with(model, coco, extra.runtime, extra.threads)
    scores = score(found, coco, card.labels)
    metrics = metrics_as_json(scores, _latencies(model, coco, extra), len(coco.pictures), extra)
    metrics["variants"] = _variants(metrics, model, coco, extra)
    worst = most_wrong(found, coco, list(scores.per_class), scores.operating_point.threshold, _WORST_PICTURES)
    page = render_report(DetectorSubject(card, instances.name, metrics, scores, worst))
    write_results(out, {"metrics.json": json.dumps(metrics, indent=1) + "\n", "report.html": page})
    return metrics


def metrics_as_json(
    scores: Scores, latencies: Sequence[Mapping[str, Any]], images: int, extra: Extra
) -> dict[str, Any]:
    """The figures as ``metrics.json`` holds them."""
    return {
        "ap": scores.ap,
        "ap50": scores.ap50,
        "ap75": scores.ap75,
        "ar100": scores.ar100,
        "per_class": {name: dict(figures) for name, figures in scores.per_class.items()},
        "operating_point": asdict(scores.operating_point),
        "class_points": {name: asdict(point) for name, point in scores.class_points.items()},
        "sizes": dict(scores.sizes),
        "class_sizes": {name: dict(sizes) for name, sizes in scores.class_sizes.items()},
        "confusion": {"labels": list(scores.confusion_labels), "matrix": scores.confusion.tolist()},
        "latency_ms": next(dict(row) for row in latencies if row["threads"] == extra.threads),
        "latency_by_threads": [dict(row) for row in latencies],
        "runtime": extra.runtime,
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


def write_results(out: Path, texts: Mapping[str, str]) -> None:
    """Write the files of an evaluation into its folder.

    Raises:
        TrainingError: they cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{out}: cannot be written: {error.strerror}; name another --out") from error


def _latencies(model: Path, coco: CocoSet, extra: Extra) -> list[dict[str, float | int]]:
    counts = thread_counts(extra.threads)
    return [latency_ms(model, coco, count, extra.runtime) for count in counts]


def _variants(metrics: Mapping[str, Any], model: Path, coco: CocoSet, extra: Extra) -> list[dict[str, Any]]:
    main = variant_of(f"int8, {extra.runtime}", metrics, model.stat().st_size)
    others = [float_variant(extra.float_run, coco)] if extra.float_run is not None else []
    return [main, *others, *variants_beside(extra.beside)]
