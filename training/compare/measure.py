"""Puts two model files side by side on one frozen set, and writes what came out. Does not draw or decide."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.card import ModelCard
from device.detect.load import read_model
from device.errors import UsageError
from training.coco import CocoSet, read_coco
from training.compare.page import render_comparison
from training.compare.precision import precision_figures
from training.compare.resample import Difference, Figures, Weights, differences
from training.compare.verdict import Contender, Verdict, decide
from training.data.pictures import read_pixels
from training.data.read import read_data
from training.errors import DataError
from training.evaluate import write_results
from training.latency import latency_ms, name_latency_ms
from training.look import look_with
from training.metrics import Scores, score, shared_ids

_ROUNDS = 2
"""The two take turns, and the quicker round counts: what else the machine does hits both alike."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be compared."""

    a: Path
    """The model in use."""
    b: Path
    out: Path
    threads: int = 1
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Side:
    """One model, measured."""

    contender: Contender
    figures: Figures
    per_class: dict[str, float | None]


def compare_detectors(call: Call, instances: Path, images: Path) -> dict[str, Any]:
    """Compare two detectors and write ``compare.json`` and ``compare.html``.

    Raises:
        DataError: the set cannot be used, or one of the models shares no class with it.
        ModelError: a model cannot be used.
        TrainingError: the results cannot be written.
    """
    coco = read_coco(instances, images)
    cards = [_card(path, "detector") for path in (call.a, call.b)]
    ids = _known_to_both(coco, cards)
    found = [look_with(path, coco, "auto", call.threads) for path in (call.a, call.b)]
    scores = [score(seen, coco, tuple(ids)) for seen in found]
    figures = [precision_figures(seen, coco, ids) for seen in found]
    times = [[latency_ms(path, coco, call.threads)["median"] for path in (call.a, call.b)] for _ in range(_ROUNDS)]
    contenders = _contenders(call, cards, list(coco.categories.values()), np.array(times))
    sides = [Side(c, f, _precisions(s)) for c, f, s in zip(contenders, figures, scores, strict=True)]
    return _conclude(call, sides, _Set(instances.name, _sum_of(instances), len(coco.pictures)), "ap")


def compare_classifiers(call: Call, folder: Path) -> dict[str, Any]:
    """Compare two classifiers over a folder per class and write ``compare.json`` and ``compare.html``.

    Raises:
        DataError: the folders cannot be used.
        ModelError: a model cannot be used.
        TrainingError: the results cannot be written.
    """
    dataset = read_data(folder, "folders")
    cards = [_card(path, "classifier") for path in (call.a, call.b)]
    both = set(cards[0].labels) & set(cards[1].labels)
    samples = [sample for sample in dataset.samples if dataset.labels[sample.labels[0]] in both]
    if not samples:
        raise DataError(f"{folder}: none of its classes is known to both models")
    truth = [dataset.labels[sample.labels[0]] for sample in samples]
    pixels = [read_pixels(sample.path) for sample in samples]
    runs = [[name_latency_ms(path, pixels, call.threads) for path in (call.a, call.b)] for _ in range(_ROUNDS)]
    right = [np.array([n == t for n, t in zip(run.names, truth, strict=True)], dtype=bool) for run in runs[0]]
    contenders = _contenders(call, cards, dataset.labels, np.array([[run.median_ms for run in row] for row in runs]))
    sides = [Side(c, _accuracy(r), _recalls(r, truth)) for c, r in zip(contenders, right, strict=True)]
    total = hashlib.sha256("".join(sorted(sample.look.sha256 for sample in samples)).encode()).hexdigest()
    return _conclude(call, sides, _Set(folder.resolve().name, total, len(samples)), "accuracy")


@dataclass(frozen=True, slots=True)
class _Set:
    name: str
    sha256: str
    pictures: int


def _conclude(call: Call, sides: Sequence[Side], subject: _Set, decisive: str) -> dict[str, Any]:
    figures = differences(sides[0].figures, sides[1].figures, subject.pictures, call.seed)
    a, b = (side.contender for side in sides)
    verdict = decide(a, b, figures, decisive)
    result = _as_json(sides, figures, verdict) | {
        "set": subject.name,
        "set_sha256": subject.sha256,
        "images": subject.pictures,
        "threads": call.threads,
        "seed": call.seed,
        "decided_by": decisive,
    }
    texts = {"compare.json": json.dumps(result, indent=1) + "\n", "compare.html": render_comparison(result)}
    write_results(call.out, texts)
    return result


def _as_json(sides: Sequence[Side], figures: dict[str, Difference], verdict: Verdict) -> dict[str, Any]:
    names = list(sides[0].per_class)
    return {
        "a": asdict(sides[0].contender),
        "b": asdict(sides[1].contender),
        "figures": {
            name: {"a": asdict(row.first), "b": asdict(row.second), "gain": asdict(row.gain)}
            for name, row in figures.items()
        },
        "per_class": {name: {"a": sides[0].per_class[name], "b": sides[1].per_class[name]} for name in names},
        "verdict": asdict(verdict),
    }


def _card(path: Path, kind: str) -> ModelCard:
    card = read_model(path).card
    if card.kind != kind:
        way = "--folders" if card.kind == "classifier" else "--coco and --images"
        raise UsageError(f"{path}: a {card.kind}, not a {kind}; compare it with {way}")
    return card


def _known_to_both(coco: CocoSet, cards: Sequence[ModelCard]) -> dict[str, int]:
    ids = [shared_ids(coco, card.labels) for card in cards]
    both = {name: category for name, category in ids[0].items() if name in ids[1]}
    if not both:
        raise DataError(f"{coco.path}: no class of it is known to both models")
    return both


def _contenders(
    call: Call, cards: Sequence[ModelCard], classes: Sequence[str], times_ms: NDArray[np.float64]
) -> list[Contender]:
    known = [set(card.labels) for card in cards]
    paths = (call.a, call.b)
    same = cards[0].name == cards[1].name
    return [
        Contender(
            name=str(path) if same else card.name,
            path=str(path),
            model_bytes=path.stat().st_size,
            latency_ms=float(times_ms[:, place].min()),
            lacking=tuple(name for name in classes if name in known[1 - place] and name not in known[place]),
        )
        for place, (path, card) in enumerate(zip(paths, cards, strict=True))
    ]


def _precisions(scores: Scores) -> dict[str, float | None]:
    return {
        name: None if row["ap"] is None else float(row["ap"])
        for name, row in scores.per_class.items()
        if row["support"]
    }


def _accuracy(right: NDArray[np.bool_]) -> Figures:
    def figures(weights: Weights) -> dict[str, float]:
        return {"accuracy": float((weights * right).sum() / weights.sum())}

    return figures


def _recalls(right: NDArray[np.bool_], truth: Sequence[str]) -> dict[str, float | None]:
    names = np.array(truth)
    return {name: float(right[names == name].mean()) for name in sorted(set(truth))}


def _sum_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
