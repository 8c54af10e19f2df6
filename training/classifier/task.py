"""Learning a classifier, as the loop wants it: feed, losses, validation. Does not loop or export."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.calibration import calibration_inputs, stratified
from training.classifier.networks import (
    Classifier,
    build_classifier,
    finished_classifier,
    flat_classifier,
    input_spec,
    load_published,
)
from training.classifier.recipe import ClassRecipe
from training.classifier.views import Views
from training.data.augment import augmentation
from training.data.feed import Feed, FeedSettings
from training.train.dropout import entry_of, kept_channels
from training.train.experiment import Experiment
from training.train.tables import TrainingTable
from training.train.task import BASE, HEADS, Losses, Pupil, Scores, Weights

ClassExperiment = Experiment[ClassRecipe]
_LEAST = 1e-6
"""Stands for a score of 0, which int8 gives and no logarithm takes."""


class ClassifierTask:
    """A classifier to learn."""

    def __init__(self, experiment: ClassExperiment) -> None:
        """Keep what is to be learned in mind; nothing is read or built yet."""
        self._experiment, self._recipe = experiment, experiment.recipe
        self._spec = input_spec(self._recipe.network)
        self._net: Classifier | None = None
        self._views: Views | None = None
        self._feed, self._unseen = (self._feed_of(samples) for samples in (experiment.train, experiment.val))
        self._augment = augmentation(self._recipe.augmentation, self._spec, self.seed, mix=False)

    @property
    def out(self) -> Path:
        """The folder of the results."""
        return self._experiment.out

    @property
    def seed(self) -> int:
        """Of all that is drawn."""
        return self._recipe.seed

    @property
    def settings(self) -> TrainingTable:
        """How it learns."""
        return self._recipe.training

    @property
    def batches(self) -> int:
        """Batches an epoch."""
        return -(-len(self._feed) // self.settings.batch)

    @property
    def loss_names(self) -> Sequence[str]:
        """One loss: the cross entropy."""
        return ("total",)

    @property
    def opening(self) -> str:
        """How many pictures there are."""
        classes = len(self._experiment.dataset.labels)
        return f"{len(self._feed)} training and {len(self._unseen)} validation pictures of {classes} classes"

    def pupil(self) -> Pupil:
        """A network with fresh weights."""
        net = self._net = self._build()
        return Pupil(net.variables, {HEADS: net.head, BASE: net.learning}, self.losses_of(net.upper))

    def flat_pupil(self) -> tuple[Any, Pupil]:
        """All of the network as one model, from pictures, and what learns of it."""
        self._net = None
        net = self._build()
        flat = flat_classifier(net)
        return flat, Pupil(net.variables, {HEADS: net.head, BASE: net.learning}, self.losses_of(flat))

    def load_base(self) -> None:
        """Put the published weights in, where the recipe names some."""
        if self._recipe.network.weights != "none" and self._net is not None:
            load_published(self._net, self._recipe.network)

    def losses_of(self, model: Any) -> Losses:
        """Cross entropy with smoothed labels, of a network that takes what was seen, and ``keep``."""
        import keras
        import tensorflow as tf

        entry, features = entry_of(model), model.input["keep"].shape[-1]
        dropout, smoothing = self._recipe.network.dropout, self.settings.label_smoothing
        # With published weights the norms of a network stay as they are: a batch of a dozen pictures tells them little.
        norms = self._recipe.network.weights == "none"
        entropy = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)

        def losses(batch: Any, number: Any) -> dict[str, Any]:
            seen, labels = batch
            keep = kept_channels((tf.shape(seen)[0], features), dropout, self.seed, number)
            logits = model({entry: seen, "keep": keep}, training=norms)
            return {"total": entropy(tf.one_hot(labels, logits.shape[-1]), logits)}

        return losses

    def epoch(self, number: int, skip: int) -> Any:
        """The batches of one epoch behind the first ``skip``: pictures, or what the frozen part sees in them."""
        if self._net is None or self._net.trunk is None:
            return self._feed.epoch(number, self._augment, self.seed, skip=skip)
        if self._views is None:
            self._views = Views(self._feed, self._net.trunk, self._augment, self.seed)
        return self._views.epoch(number, self._recipe.network.views, self.settings.batch, skip=skip)

    def examiner(self) -> Callable[[Weights], Scores]:
        """Measures on the validation pictures, without augmentation; the frozen part looks at them once."""
        net = self._build()
        seen: list[tuple[Any, Any]] = []

        def examine(weights: Weights) -> Scores:
            net.put(weights)
            if not seen:
                look = net.trunk or (lambda pictures, training: pictures)  # noqa: ARG005 - as a network is called
                seen.extend((look(pictures, training=False), labels) for pictures, labels in self._unseen.plain())
            return _scores(net, seen)

        return examine

    def finished(self, weights: Weights) -> Any:
        """The network as it is exported, with these weights."""
        net = self._build()
        net.put(weights)
        return finished_classifier(net)

    def examine(self, model: Any) -> Scores:
        """Accuracy and likelihood of a finished network on the validation pictures."""
        import tensorflow as tf

        call = tf.function(lambda pictures: model(pictures, training=False), reduce_retracing=True)
        return _figures(
            [(np.log(np.maximum(call(pictures), _LEAST)), labels) for pictures, labels in self._unseen.plain()]
        )

    def calibration(self) -> Sequence[NDArray[np.float32]]:
        """Training pictures as the device will see them, every class among them."""
        wanted, classes = self._recipe.export.calibration_pictures, len(self._experiment.dataset.labels)
        return calibration_inputs(stratified(self._experiment.train, wanted, classes), self._spec)

    def rank(self, scores: Scores) -> float:
        """The accuracy; between equal ones the likelihood decides."""
        return scores["accuracy"] + scores["likelihood"] / (2 * len(self._unseen))

    def _build(self) -> Classifier:
        return build_classifier(self._recipe.network, len(self._experiment.dataset.labels))

    def _feed_of(self, samples: Any) -> Feed:
        settings = FeedSettings(batch=self._recipe.training.batch, max_boxes=1)
        return Feed(self._experiment.dataset, samples, self._spec, settings)


def _scores(net: Classifier, seen: Sequence[tuple[Any, Any]]) -> Scores:
    import keras

    found = []
    for pictures, labels in seen:
        keep = keras.ops.ones((len(labels), net.features))
        logits = net.upper({"seen": keras.ops.convert_to_tensor(pictures), "keep": keep}, training=False)
        found.append((np.asarray(keras.ops.log_softmax(logits)), labels))
    return _figures(found)


def _figures(found: Sequence[tuple[Any, Any]]) -> Scores:
    """Accuracy, and the geometric mean of what is given to the right labels; from logarithms of scores, and labels."""
    logs = np.concatenate([scores for scores, _ in found])
    labels = np.concatenate([np.asarray(truth) for _, truth in found])
    given = logs[np.arange(len(labels)), labels]
    return {
        "accuracy": float((logs.argmax(axis=1) == labels).mean()),
        "likelihood": float(np.exp(given.mean(dtype=np.float64))),
    }
