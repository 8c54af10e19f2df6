"""The same network in other forms, side by side: float, or on another interpreter. Does not draw them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from device.core.card import ModelCard
from training.coco import CocoSet
from training.errors import DataError, RecipeError
from training.train.checkpoint import best_weights, weights_sha256


def variant_of(name: str, metrics: Mapping[str, Any], model_bytes: int | None) -> dict[str, Any]:
    """A row of the table of forms."""
    return {
        "name": name,
        "ap": metrics["ap"],
        "ap50": metrics["ap50"],
        "f1": metrics["operating_point"]["f1"],
        "latency_ms": metrics["latency_ms"]["median"],
        "model_bytes": model_bytes,
    }


def variants_beside(files: Iterable[Path]) -> list[dict[str, Any]]:
    """What other runs of ``evaluate`` wrote.

    Raises:
        DataError: a file is not such a ``metrics.json``.
    """
    return [row for file in files for row in _read(file)]


def _read(path: Path) -> list[dict[str, Any]]:
    path = path / "metrics.json" if path.is_dir() else path
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["variants"]
        return [dict(row) | {"name": str(row["name"]), "ap": float(row["ap"])} for row in rows]
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a metrics.json of a detector ({error!r}); evaluate that one first") from error


def refuse_other_run(card: ModelCard, run: Path) -> None:
    """Another network's float figures would stand as those of this model.

    Raises:
        RecipeError: the training holds other weights than the model was made of, or none.
        TrainingError: its weights are damaged.
    """
    if weights_sha256(best_weights(run).arrays) != card.weights_sha256:
        raise RecipeError(f"{run}: {card.name} was not made of its weights; give its own training, or export anew")


def float_variant(run: Path, coco: CocoSet) -> dict[str, Any]:
    """The float network of a training on the same pictures.

    Raises:
        RecipeError: the folder holds no finished training of a detector.
        DataError: a picture cannot be read.
    """
    from training.detector.task import finished
    from training.floatrun import float_finder
    from training.look import EVALUATION, measure
    from training.train.experiment import reopen

    experiment: Any = reopen(run)
    recipe, labels = experiment.recipe, experiment.dataset.labels
    model = finished(experiment, best_weights(run).arrays)
    find = float_finder(model, recipe.input_spec(), labels, recipe.export.nms_iou, EVALUATION)
    scores = measure(find, coco, labels)
    figures = {"ap": scores.ap, "ap50": scores.ap50, "f1": scores.operating_point.f1}
    return {"name": "float", **figures, "latency_ms": None, "model_bytes": None}
