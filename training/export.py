"""Makes the device's model of a finished training: int8, measured, with its card. Does not train."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from device.core.card import HeadSpec, ModelCard
from device.detect.detector import DetectorSettings, NetworkDetector
from device.detect.load import read_model
from training.base import efficientnet
from training.base.fetch import PACKAGE, VERSION
from training.base.make import NOTICE, UPSTREAM
from training.base.recipe import RECIPES
from training.coco import CocoSet
from training.data.sample import Sample
from training.detector.task import DetectorExperiment, DetectorTask
from training.floatrun import float_finder
from training.look import EVALUATION, measure
from training.metrics import Scores
from training.nanodet import BINS, STRIDES
from training.quantise import Quantised
from training.ship import LEARN_LEVELS, Finished, Say, Ware, ship
from training.train.checkpoint import weights_sha256
from training.train.recipe import LITE0, NANODET

_COMPARED_PICTURES = 250
"""At least so many pictures tell what int8 loses: on a few dozen the difference of two precisions is mostly chance."""
_TRUSTED_SUPPORT = 20
"""Validation boxes at which the threshold of a class is half its own and half that of all classes."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The int8 and the float network on the same pictures."""

    pictures: int
    int8: Scores
    real: Scores

    @property
    def loss(self) -> float:
        """What int8 loses, in average precision."""
        return self.real.ap - self.int8.ap

    def __str__(self) -> str:
        return (
            f"{self.pictures} pictures, int8 AP {self.int8.ap:.4f} AP50 {self.int8.ap50:.4f}, "
            f"float AP {self.real.ap:.4f} AP50 {self.real.ap50:.4f}"
        )


def export(experiment: DetectorExperiment, path: Path, say: Say) -> ModelCard:
    """Quantise the best weights, hold them against the float network, and write the model.

    Args:
        experiment: whose training has measured weights.
        path: the ``.tflite`` file to write.
        say: is told how it goes, a line at a time.

    Raises:
        RecipeError: there are no weights yet, or the path is no ``.tflite``.
        ExportError: int8 loses more than the recipe allows; the message holds the figures.
    """
    return ship(_DETECTOR, experiment, path, say)


def thresholds(scores: Scores) -> dict[str, float]:
    """The score from which each class counts as seen: that of its best F1 on the validation pictures.

    Few boxes say little, so the threshold of a class leans to that of all classes the more, the fewer boxes it has.
    """
    common = scores.operating_point.threshold
    found = {"default": round(common, 3)}
    for name, point in scores.class_points.items():
        support = int(scores.per_class[name]["support"] or 0)
        own = support / (support + _TRUSTED_SUPPORT) if point.f1 > 0 else 0.0
        found[name] = round(own * point.threshold + (1.0 - own) * common, 3)
    return found


def _card(finished: Finished, name: str, quantised: Quantised, calibrated: int) -> ModelCard:
    recipe, experiment = finished.experiment.recipe, finished.experiment
    boxes, scores = quantised.outputs
    picture = recipe.input_spec()
    return ModelCard(
        name=name,
        kind="detector",
        labels=experiment.dataset.labels,
        input=replace(picture, scale=quantised.picture.scale, zero_point=quantised.picture.zero_point),
        head=HeadSpec(type="gfl", strides=STRIDES, bins=BINS, scores=scores, boxes=boxes),
        thresholds={"default": 0.3},
        nms_iou=recipe.export.nms_iou,
        model_sha256="written with the file",
        weights_sha256=weights_sha256(finished.weights),
        licence=recipe.export.licence,
        source=_source(experiment, finished.notes),
        calibration={"set": "training pictures, every class", "pictures": calibrated},
    )


def _source(experiment: DetectorExperiment, notes: dict[str, Any]) -> dict[str, Any]:
    recipe = experiment.recipe
    base = {"package": PACKAGE, "version": VERSION, "package_licence": "MIT", "upstream": UPSTREAM}
    return {
        **(base if recipe.network.base == NANODET else {}),
        **({"backbone": f"{efficientnet.PACKAGE}=={efficientnet.VERSION}"} if recipe.network.base == LITE0 else {}),
        **({"namer": f"{efficientnet.PACKAGE}=={efficientnet.VERSION}"} if recipe.network.namer else {}),
        "recipe": recipe.name,
        "seed": recipe.seed,
        **({"members": recipe.network.members} if recipe.network.members > 1 else {}),
        "epoch": notes["epoch"],
        "data_sha256": experiment.data_sha256,
        "training_pictures": len(experiment.train),
    }


def _notices(experiment: DetectorExperiment) -> dict[str, str]:
    if experiment.recipe.network.base == "none":
        return {}
    licence = (RECIPES / "general.LICENSE").read_text(encoding="utf-8")
    network = experiment.recipe.network
    base = NOTICE if network.base == NANODET else ""
    names = efficientnet.NOTICE if network.namer or network.base == LITE0 else ""
    return {"NOTICE": base + names + "Trained further on other pictures.\n", "LICENSE": licence}


def _compare(finished: Finished, card: ModelCard, trial: Path, samples: Sequence[Sample]) -> Comparison:
    coco = finished.experiment.coco(samples)
    return Comparison(len(samples), _int8_scores(trial, coco), _float_scores(finished, card, coco))


def _float_scores(finished: Finished, card: ModelCard, coco: CocoSet) -> Scores:
    find = float_finder(finished.model, card.input, card.labels, card.nms_iou, EVALUATION)
    return measure(find, coco, card.labels)


def _int8_scores(path: Path, coco: CocoSet) -> Scores:
    detector = NetworkDetector(read_model(path), DetectorSettings(decode=EVALUATION))
    try:
        return measure(detector.detect_bgr, coco, detector.card.labels)
    finally:
        detector.close()


def _measured(validation: Comparison, many: Comparison) -> dict[str, Any]:
    return {
        "set": "validation pictures of the training",
        "images": validation.pictures,
        "ap": round(validation.int8.ap, 4),
        "ap50": round(validation.int8.ap50, 4),
        "f1": round(validation.int8.operating_point.f1, 4),
        "float_ap": round(validation.real.ap, 4),
        "float_ap50": round(validation.real.ap50, 4),
        "int8_loses_ap": round(many.loss, 4),
        "int8_loses_ap_on": many.pictures,
    }


def _complete(card: ModelCard, validation: Comparison, many: Comparison) -> ModelCard:
    return replace(card, thresholds=thresholds(validation.int8), measured=_measured(validation, many))


def _advice(experiment: DetectorExperiment) -> str:
    alone = experiment.recipe.network.members == 1
    return (
        LEARN_LEVELS if alone else "train with network.members = 1 and export.qat_epochs, so that it learns its levels"
    )


_DETECTOR = Ware(
    figure="AP",
    limit="max_ap_loss",
    compared=_COMPARED_PICTURES,
    task=DetectorTask,
    card=_card,
    notices=_notices,
    compare=_compare,
    complete=_complete,
    blame="the tensor {tensor} loses most; ",
    advice=_advice,
)
