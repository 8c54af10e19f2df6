"""Makes the device's classifier of a finished training: int8, measured, with its card. Does not train."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.card import ModelCard
from device.detect.classifier import open_classifier
from training.base import efficientnet
from training.base.recipe import RECIPES
from training.classifier.evaluate import measure_classes
from training.classifier.networks import input_spec
from training.classifier.recipe import LITE0
from training.classifier.scores import ClassScores
from training.classifier.task import ClassExperiment, ClassifierTask
from training.data.sample import Sample
from training.floatrun import FloatInput
from training.quantise import Quantised
from training.ship import Finished, Say, Ware, ship
from training.train.checkpoint import weights_sha256

_COMPARED_PICTURES = 1000
"""At least so many, where there are: of fewer, the allowed hundredth is a picture or two, and mostly chance."""
_SURE = 0.5
"""The score from which a name is believed: it then outweighs all others together."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassComparison:
    """The int8 and the float network on the same pictures."""

    pictures: int
    int8: ClassScores
    real: ClassScores

    @property
    def loss(self) -> float:
        """What int8 loses, in accuracy."""
        return self.real.accuracy - self.int8.accuracy

    def __str__(self) -> str:
        return f"{self.pictures} pictures, int8 accuracy {self.int8.accuracy:.4f}, float {self.real.accuracy:.4f}"


def export_classifier(experiment: ClassExperiment, path: Path, say: Say) -> ModelCard:
    """Quantise the best weights, hold them against the float network, and write the model.

    Args:
        experiment: whose training has measured weights.
        path: the ``.tflite`` file to write.
        say: is told how it goes, a line at a time.

    Raises:
        RecipeError: there are no weights yet, or the path is no ``.tflite``.
        ExportError: int8 loses more than the recipe allows; the message holds the figures.
    """
    return ship(_CLASSIFIER, experiment, path, say)


def _compare(finished: Finished, _: ModelCard, trial: Path, samples: Sequence[Sample]) -> ClassComparison:
    labels = finished.experiment.dataset.labels
    classifier = open_classifier(trial)
    try:
        int8 = measure_classes(classifier.classify_bgr, samples, labels)
    finally:
        classifier.close()
    return ClassComparison(len(samples), int8, measure_classes(_float_namer(finished), samples, labels))


def _float_namer(finished: Finished) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    import tensorflow as tf

    source = FloatInput(input_spec(finished.experiment.recipe.network))
    call = tf.function(lambda picture: finished.model(picture, training=False))
    return lambda bgr: np.asarray(call(source.fill(bgr)[0]), dtype=np.float32)[0]


def _card(finished: Finished, name: str, quantised: Quantised, calibrated: int) -> ModelCard:
    experiment = finished.experiment
    picture = input_spec(experiment.recipe.network)
    return ModelCard(
        name=name,
        kind="classifier",
        labels=experiment.dataset.labels,
        input=replace(picture, scale=quantised.picture.scale, zero_point=quantised.picture.zero_point),
        head=None,
        scores=quantised.outputs[0],
        thresholds={"default": _SURE},
        nms_iou=1.0,
        model_sha256="written with the file",
        weights_sha256=weights_sha256(finished.weights),
        licence=experiment.recipe.export.licence,
        source=_source(experiment, finished.notes),
        calibration={"set": "training pictures, every class", "pictures": calibrated},
    )


def _source(experiment: ClassExperiment, notes: dict[str, Any]) -> dict[str, Any]:
    network = experiment.recipe.network
    published = f"{efficientnet.PACKAGE}=={efficientnet.VERSION}" if network.base == LITE0 else "keras.applications"
    return {
        "base": network.base,
        **({"weights": published} if network.weights != "none" else {}),
        "recipe": experiment.recipe.name,
        "seed": experiment.recipe.seed,
        "epoch": notes["epoch"],
        "data_sha256": experiment.data_sha256,
        "training_pictures": len(experiment.train),
    }


def _notices(experiment: ClassExperiment) -> dict[str, str]:
    network = experiment.recipe.network
    if network.base != LITE0 or network.weights == "none":
        return {}
    licence = (RECIPES / "general.LICENSE").read_text(encoding="utf-8")
    return {"NOTICE": efficientnet.NOTICE + "Trained further on other pictures.\n", "LICENSE": licence}


def _measured(validation: ClassComparison, many: ClassComparison) -> dict[str, Any]:
    return {
        "set": "validation pictures of the training",
        "images": validation.pictures,
        "accuracy": round(validation.int8.accuracy, 4),
        "float_accuracy": round(validation.real.accuracy, 4),
        "int8_loses_accuracy": round(many.loss, 4),
        "int8_loses_accuracy_on": many.pictures,
    }


def _complete(card: ModelCard, validation: ClassComparison, many: ClassComparison) -> ModelCard:
    return replace(card, measured=_measured(validation, many))


_CLASSIFIER = Ware(
    figure="accuracy",
    limit="max_accuracy_loss",
    compared=_COMPARED_PICTURES,
    task=ClassifierTask,
    card=_card,
    notices=_notices,
    compare=_compare,
    complete=_complete,
)
