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
from training.calibration import compared_pictures
from training.classifier.evaluate import measure_classes
from training.classifier.networks import input_spec
from training.classifier.recipe import LITE0
from training.classifier.scores import ClassScores
from training.classifier.task import ClassExperiment, ClassifierTask
from training.data.sample import Sample
from training.errors import ExportError, RecipeError
from training.floatrun import FloatInput
from training.quantise import Quantised, quantise
from training.sensitive import losing_tensors
from training.tflite_file import write_model
from training.train.checkpoint import load_checkpoint, weights_sha256
from training.train.loop import BEST
from training.train.rounding import learn_rounding
from training.train.task import Weights

Say = Callable[[str], None]
_TRACED_SAMPLES = 4
_NAMED_TENSORS = 5
_COMPARED_PICTURES = 1000
"""At least so many, where there are: of fewer, the allowed hundredth is a picture or two, and mostly chance."""
_SURE = 0.5
"""The score from which a name is believed: it then outweighs all others together."""


@dataclass(frozen=True, slots=True, eq=False)
class _Finished:
    experiment: ClassExperiment
    task: ClassifierTask
    weights: Weights
    notes: dict[str, Any]
    model: Any
    """The float network."""


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
    if path.suffix != ".tflite":
        raise RecipeError(f"{path}: the device reads files that end in .tflite; name one")
    finished = _finished(experiment)
    samples = finished.task.calibration()
    say(f"{path.name}: best weights of epoch {finished.notes['epoch']}, quantising on {len(samples)} pictures")
    path.parent.mkdir(parents=True, exist_ok=True)
    trial = _try(finished, finished.model, path, say)
    losing = losing_tensors(finished.model, trial.quantised.network, samples[:_TRACED_SAMPLES])
    say("tensors that lose most: " + ", ".join(f"{loss.name} {loss.error:.1%}" for loss in losing[:_NAMED_TENSORS]))
    table = experiment.recipe.export
    if trial.many.loss > table.max_accuracy_loss and table.qat_epochs:
        trial = _try(finished, learn_rounding(finished.task, finished.weights, table, say), path, say)
    if trial.many.loss > table.max_accuracy_loss:
        raise ExportError(
            f"{path.name}: int8 loses {trial.many.loss:.4f} accuracy, export.max_accuracy_loss allows "
            f"{table.max_accuracy_loss} ({trial.many}); nothing was written; raise export.qat_epochs, so that "
            "the network learns its levels"
        )
    card = replace(trial.card, measured=_measured(trial.validation, trial.many))
    return write_model(path, trial.quantised.network, card, _notices(experiment))


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    quantised: Quantised
    card: ModelCard
    validation: ClassComparison
    many: ClassComparison


def _try(finished: _Finished, model: Any, path: Path, say: Say) -> _Trial:
    """Quantise a network and hold it against the float one."""
    experiment = finished.experiment
    samples = finished.task.calibration()
    quantised = quantise(model, samples)
    card = _card(finished, path.stem, quantised, len(samples))
    trial = path.with_name(path.name + ".trial")
    try:
        write_model(trial, quantised.network, card, _notices(experiment))
        sets = (experiment.val, compared_pictures(experiment, _COMPARED_PICTURES))
        validation, many = (_compare(finished, trial, some) for some in sets)
    finally:
        trial.unlink(missing_ok=True)
    say(f"validation: {validation}")
    say(f"int8 loses {many.loss:.4f} accuracy: {many}")
    return _Trial(quantised, card, validation, many)


def _finished(experiment: ClassExperiment) -> _Finished:
    stored = load_checkpoint(experiment.out / BEST)
    if stored is None:
        raise RecipeError(f"{experiment.out}: no weights yet; 'shopwarden-train train' makes them")
    task = ClassifierTask(experiment)
    return _Finished(experiment, task, stored.arrays, stored.notes, task.finished(stored.arrays))


def _compare(finished: _Finished, trial: Path, samples: Sequence[Sample]) -> ClassComparison:
    labels = finished.experiment.dataset.labels
    classifier = open_classifier(trial)
    try:
        int8 = measure_classes(classifier.classify_bgr, samples, labels)
    finally:
        classifier.close()
    return ClassComparison(len(samples), int8, measure_classes(_float_namer(finished), samples, labels))


def _float_namer(finished: _Finished) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    import tensorflow as tf

    source = FloatInput(input_spec(finished.experiment.recipe.network))
    call = tf.function(lambda picture: finished.model(picture, training=False))
    return lambda bgr: np.asarray(call(source.fill(bgr)[0]), dtype=np.float32)[0]


def _card(finished: _Finished, name: str, quantised: Quantised, calibrated: int) -> ModelCard:
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
