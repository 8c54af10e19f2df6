"""The page of a detector's evaluation. Does not measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from device.core.card import ModelCard
from training.metrics import Curve, Scores
from training.report.chart import Line, chart, spark
from training.report.html import Html, page, paragraph, pictures, table, tiles
from training.report.matrix import matrix_table
from training.report.worst import WrongPicture, draw_wrong

_RECALLS = _THRESHOLDS = np.linspace(0.0, 1.0, 101)
_CLASSES_WITH_CURVES = 40
_CURVES = (
    "Left: of what it reports, how much is right (precision), when it is to find so much of what is there (recall). "
    "Right: both in one figure, F1, by the score from which a thing counts as seen. Bold: all classes together; thin: "
    "a class each; dot: the best threshold on these pictures; ring: the one on the card."
)
_CONFUSION = (
    "At the threshold {:.2f}, boxes paired by place. A row is what is there, a column what it was called; a ghost "
    "is a box where nothing is."
)


@dataclass(frozen=True, slots=True, eq=False)
class DetectorSubject:
    """What the page is about."""

    card: ModelCard
    set_name: str
    metrics: Mapping[str, Any]
    """The content of ``metrics.json``."""
    scores: Scores
    worst: Sequence[WrongPicture]


def render_report(subject: DetectorSubject) -> str:
    """The page as HTML.

    Raises:
        DataError: one of the worst pictures cannot be read any more.
    """
    metrics, scores = subject.metrics, subject.scores
    return page(
        f"{subject.card.name} on {subject.set_name}",
        [
            _intro(subject),
            _tiles(metrics),
            _missing(metrics),
            "<h2>Found against missed</h2>",
            paragraph(_CURVES),
            _charts(subject.card, scores),
            "<h2>Classes</h2>",
            _classes(subject),
            "<h2>Sizes</h2>",
            paragraph("AP by the size of the box in the picture: small under 32 x 32 px, large over 96 x 96."),
            table(("size", "AP"), [(size, value) for size, value in scores.sizes.items()]),
            "<h2>Taken for one another</h2>",
            paragraph(_CONFUSION.format(metrics["operating_point"]["threshold"])),
            matrix_table(scores.confusion_labels, scores.confusion),
            "<h2>On which interpreter, how fast</h2>",
            _variants(metrics),
            _latency(metrics),
            *_worst(subject.worst),
        ],
    )


def _intro(subject: DetectorSubject) -> str:
    card = subject.card
    size = f"{card.input.width} x {card.input.height} px"
    text = f"{subject.metrics['images']} pictures, {len(subject.scores.per_class)} classes, network input {size}"
    return paragraph(f"{text}; model sha256 {card.model_sha256[:16]}.", "soft")


def _tiles(metrics: Mapping[str, Any]) -> str:
    point, latency = metrics["operating_point"], metrics["latency_ms"]
    return tiles(
        [
            ("AP50", f"{metrics['ap50']:.3f}"),
            ("AP", f"{metrics['ap']:.3f}"),
            (f"precision at {point['threshold']:.2f}", f"{point['precision']:.3f}"),
            ("recall there", f"{point['recall']:.3f}"),
            ("F1 there", f"{point['f1']:.3f}"),
            (f"a picture, {latency['threads']} thread(s)", f"{latency['median']:.1f} ms"),
        ]
    )


def _missing(metrics: Mapping[str, Any]) -> str:
    lacking = ", ".join(metrics["not_in_model"])
    return paragraph(f"Not scored, because the model lacks them: {lacking}.", "bad") if lacking else ""


def _charts(card: ModelCard, scores: Scores) -> str:
    curve = scores.curve
    if curve is None:
        return ""
    pr = [_pr_line(name, each) for name, each in scores.class_curves.items()]
    f1 = [_f1_line(name, each) for name, each in scores.class_curves.items()]
    point, default = scores.operating_point, card.thresholds["default"]
    return (
        '<div class="charts"><figure>'
        + chart([*pr, _pr_line("all", curve, main=True)], ("recall", "precision"), [(point.recall, point.precision)])
        + "</figure><figure>"
        + chart(
            [*f1, _f1_line("all", curve, main=True)],
            ("threshold", "F1"),
            [(point.threshold, point.f1)],
            [(default, f1_at(curve, default))],
        )
        + "</figure></div>"
    )


def _pr_line(name: str, curve: Curve, *, main: bool = False) -> Line:
    return Line(_RECALLS, curve.precision, name, main)


def _f1_line(name: str, curve: Curve, *, main: bool = False) -> Line:
    return Line(_THRESHOLDS, np.array([f1_at(curve, float(value)) for value in _THRESHOLDS]), name, main)


def f1_at(curve: Curve, threshold: float) -> float:
    """F1 when what scores at least this much counts."""
    counted = int(np.searchsorted(-curve.thresholds, -threshold, side="right"))
    return float(curve.f1[counted - 1]) if counted else 0.0


def _classes(subject: DetectorSubject) -> str:
    scores = subject.scores
    seen = [(name, figures) for name, figures in scores.per_class.items() if figures["support"]]
    seen.sort(key=lambda item: (-(item[1]["support"] or 0), item[0]))
    drawn = len(seen) <= _CLASSES_WITH_CURVES
    heads = (
        "class",
        "boxes",
        "AP50",
        "AP",
        "small",
        "medium",
        "large",
        "threshold",
        "precision",
        "recall",
        "F1",
        "on card",
        "F1 there",
    )
    rows = [
        _class_row(subject, name, figures) + ([_class_curve(subject, name)] if drawn else []) for name, figures in seen
    ]
    return table((*heads, "F1 by threshold") if drawn else heads, rows)


def _class_row(subject: DetectorSubject, name: str, figures: Mapping[str, float | int | None]) -> list[Any]:
    scores, chosen = subject.scores, subject.card.threshold(name)
    point, sizes = scores.class_points[name], scores.class_sizes.get(name, {})
    by_size = [sizes.get(size) for size in ("small", "medium", "large")]
    best = [point.threshold, point.precision, point.recall, point.f1]
    return [
        name,
        figures["support"],
        figures["ap50"],
        figures["ap"],
        *by_size,
        *best,
        chosen,
        f1_at(scores.class_curves[name], chosen),
    ]


def _class_curve(subject: DetectorSubject, name: str) -> Html:
    curve, point = subject.scores.class_curves[name], subject.scores.class_points[name]
    chosen = subject.card.threshold(name)
    dots = [(point.threshold, point.f1)] if point.f1 else []
    return spark(_f1_line(name, curve, main=True), dots, [(chosen, f1_at(curve, chosen))])


def _variants(metrics: Mapping[str, Any]) -> str:
    rows = [
        (v["name"], v["ap"], v["ap50"], v["f1"], v.get("latency_ms"), v.get("model_bytes")) for v in metrics["variants"]
    ]
    return table(("the same network as", "AP", "AP50", "best F1", "ms a picture", "bytes"), rows)


def _latency(metrics: Mapping[str, Any]) -> str:
    rows = [(row["threads"], row["median"], row["p95"]) for row in metrics["latency_by_threads"]]
    machine = "Letterbox, network and decoder on the machine that measured; the Pi's own: shopwarden bench."
    return table(("threads", "ms, median", "ms, p95"), rows) + paragraph(machine, "note")


def _worst(worst: Sequence[WrongPicture]) -> list[str]:
    if not worst:
        return []
    legend = "Green: missed. Red: nothing there, or a wrong name. Blue: right. Look here for wrong labels first."
    drawn = [(draw_wrong(entry), str(entry)) for entry in worst]
    return ["<h2>The pictures it gets most wrong</h2>", paragraph(legend), pictures(drawn)]
