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
from training.classifier.networks import Classifier, build_classifier, finished_classifier, input_spec
from training.classifier.recipe import LITE0
from training.classifier.scores import ClassScores
from training.classifier.task import ClassExperiment
from training.data.pictures import read_pixels
from training.data.sample import Sample
from training.errors import ExportError, RecipeError
from training.export import compared_pictures, stratified, weights_sha256
from training.floatrun import FloatInput
from training.quantise import Quantised, quantise
from training.sensitive import losing_tensors
from training.tflite_file import write_model
from training.train.checkpoint import load_checkpoint
from training.train.loop import BEST
from training.train.task import Weights

Say = Callable[[str], None]
_TRACED_SAMPLES = 4
_SURE = 0.5
"""The score from which a name is believed: it then outweighs all others together."""


@dataclass(frozen=True, slots=True, eq=False)
class _Finished:
    experiment: ClassExperiment
    weights: Weights
    notes: dict[str, Any]
    net: Classifier
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
    samples = _calibration(experiment)
    say(f"{path.name}: best weights of epoch {finished.notes['epoch']}, quantising on {len(samples)} pictures")
    quantised = quantise(finished.model, samples)
    card = _card(finished, path.stem, quantised, len(samples))
    path.parent.mkdir(parents=True, exist_ok=True)
    trial = path.with_name(path.name + ".trial")
    try:
        write_model(trial, quantised.network, card, _notices(experiment))
        validation, many = (
            _compare(finished, trial, some) for some in (experiment.val, compared_pictures(experiment))
        )
    finally:
        trial.unlink(missing_ok=True)
    losing = losing_tensors(finished.model, quantised.network, samples[:_TRACED_SAMPLES])
    say(f"validation: {validation}")
    say(f"int8 loses {many.loss:.4f} accuracy: {many}")
    say("tensors that lose most: " + ", ".join(f"{loss.name} {loss.error:.1%}" for loss in losing[:5]))
    limit = experiment.recipe.export.max_accuracy_loss
    if many.loss > limit:
        raise ExportError(
            f"{path.name}: int8 loses {many.loss:.4f} accuracy, export.max_accuracy_loss allows {limit} ({many}); "
            f"nothing was written; export.qat_epochs lets the network learn its levels"
        )
    card = replace(card, measured=_measured(validation, many))
    return write_model(path, quantised.network, card, _notices(experiment))


def _finished(experiment: ClassExperiment) -> _Finished:
    stored = load_checkpoint(experiment.out / BEST)
    if stored is None:
        raise RecipeError(f"{experiment.out}: no weights yet; 'shopwarden-train train' makes them")
    net = build_classifier(experiment.recipe.network, len(experiment.dataset.labels))
    net.put(stored.arrays)
    return _Finished(experiment, stored.arrays, stored.notes, net, finished_classifier(net))


def _calibration(experiment: ClassExperiment) -> list[NDArray[np.float32]]:
    """Training pictures as the device will see them."""
    wanted = experiment.recipe.export.calibration_pictures
    chosen = stratified(experiment.train, wanted, len(experiment.dataset.labels))
    source = FloatInput(input_spec(experiment.recipe.network))
    return [source.fill(read_pixels(sample.path))[0].copy() for sample in chosen]


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
