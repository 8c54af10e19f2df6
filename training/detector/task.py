"""Learning a detector, as the loop wants it: feed, losses, validation. Does not loop or export."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.calibration import calibration_inputs, stratified
from training.data.augment import Augment, augmentation
from training.data.feed import Feed, FeedSettings
from training.detector.cells import make_cells
from training.detector.losses import LossSettings, detector_loss, loss_names
from training.detector.network import Learner, blank_network, build_learner, finished_network, load_base, put_weights
from training.floatrun import float_finder
from training.look import EVALUATION, measure
from training.nanodet import STRIDES, NanoDetSpec
from training.train.dropout import kept_channels
from training.train.experiment import Experiment
from training.train.recipe import BoxTrainingTable, Recipe
from training.train.task import BASE, HEADS, Losses, Pupil, Scores, Weights

DetectorExperiment = Experiment[Recipe]


def spec_of(experiment: DetectorExperiment) -> NanoDetSpec:
    """The shape of its network."""
    network = experiment.recipe.network
    return NanoDetSpec(network.size_px, network.size_px, len(experiment.dataset.labels), network.namer)


def finished(experiment: DetectorExperiment, weights: Weights) -> Any:
    """Its network as it is measured and exported."""
    network = experiment.recipe.network
    return finished_network(spec_of(experiment), weights, network.family, network.members)


class DetectorTask:
    """A detector to learn."""

    def __init__(self, experiment: DetectorExperiment) -> None:
        """Keep what is to be learned in mind; nothing is read or built yet."""
        self._experiment, recipe = experiment, experiment.recipe
        self._learner: Learner | None = None
        self._losses = LossSettings(recipe.training.label_smoothing, recipe.training.naming_weight)
        settings = FeedSettings(batch=recipe.training.batch, max_boxes=recipe.data.max_boxes)
        self._feed = Feed(experiment.dataset, experiment.train, recipe.input_spec(), settings)

    @property
    def out(self) -> Path:
        """The folder of the results."""
        return self._experiment.out

    @property
    def seed(self) -> int:
        """Of all that is drawn."""
        return self._experiment.recipe.seed

    @property
    def settings(self) -> BoxTrainingTable:
        """How it learns."""
        return self._experiment.recipe.training

    @property
    def batches(self) -> int:
        """Batches an epoch."""
        return -(-len(self._feed) // self.settings.batch)

    @property
    def loss_names(self) -> Sequence[str]:
        """What the losses are called."""
        return loss_names(self._losses)

    @property
    def opening(self) -> str:
        """How many pictures there are."""
        return f"{len(self._experiment.train)} training and {len(self._experiment.val)} validation pictures"

    def pupil(self) -> Pupil:
        """A network with fresh weights."""
        return self._pupil(self._experiment.recipe.network.precision)[1]

    def flat_pupil(self) -> tuple[Any, Pupil]:
        """The same in float32, and its model."""
        return self._pupil("float32")

    def _pupil(self, precision: str) -> tuple[Any, Pupil]:
        family = self._experiment.recipe.network.family
        learner = self._learner = build_learner(spec_of(self._experiment), precision, family)
        groups = {role: _variables(learner, role, self.settings.frozen) for role in (HEADS, BASE)}
        return learner.model, Pupil(learner.variables, groups, self.losses_of(learner.model))

    def load_base(self) -> None:
        """Put the published weights in, where the recipe names some."""
        base = self._experiment.recipe.network.base
        if base != "none" and self._learner is not None:
            load_base(self._learner, base)

    def losses_of(self, model: Any) -> Losses:
        """The losses of a network that ends in logits."""
        import tensorflow as tf

        cells, channels = make_cells(spec_of(self._experiment)), model.input["keep"].shape[-1]
        dropout, seed = self._experiment.recipe.network.dropout, self.seed

        def losses(batch: Any, number: Any) -> dict[str, Any]:
            pictures, truth = batch
            shape = (tf.shape(pictures)[0], len(STRIDES), channels)
            inputs = {"picture": pictures, "keep": kept_channels(shape, dropout, seed, number)}
            return detector_loss(model(inputs, training=True), truth, cells, self._losses)

        return losses

    def epoch(self, number: int, skip: int) -> Any:
        """The batches of one epoch behind the first ``skip``."""
        return self._feed.epoch(number, self._augment(number), self.seed, skip=skip)

    def examiner(self) -> Callable[[Weights], Scores]:
        """Measures on the validation pictures, through the device's letterbox and choice of boxes."""
        network = blank_network(spec_of(self._experiment), self._experiment.recipe.network.family)
        measured = self._measure_of(network)

        def examine(weights: Weights) -> Scores:
            put_weights(network, weights)
            return measured()

        return examine

    def finished(self, weights: Weights) -> Any:
        """The network as it is exported, with these weights."""
        return finished(self._experiment, weights)

    def examine(self, model: Any) -> Scores:
        """AP and AP50 of a finished network on the validation pictures."""
        return self._measure_of(model)()

    def calibration(self) -> Sequence[NDArray[np.float32]]:
        """Training pictures as the device will see them, every class among them."""
        experiment = self._experiment
        wanted = experiment.recipe.export.calibration_pictures
        chosen = stratified(experiment.train, wanted, len(experiment.dataset.labels))
        return calibration_inputs(chosen, experiment.recipe.input_spec())

    def _measure_of(self, network: Any) -> Callable[[], Scores]:
        import tensorflow as tf

        experiment = self._experiment
        coco, labels = experiment.coco(experiment.val), experiment.dataset.labels
        call = tf.function(lambda picture: network(picture, training=False))
        find = float_finder(
            lambda picture, training: call(picture),  # noqa: ARG005 - as a network is called
            experiment.recipe.input_spec(),
            labels,
            experiment.recipe.export.nms_iou,
            EVALUATION,
        )

        def measured() -> Scores:
            scores = measure(find, coco, labels)
            return {"ap": scores.ap, "ap50": scores.ap50}

        return measured

    def rank(self, scores: Scores) -> float:
        """AP50."""
        return scores["ap50"]

    def _augment(self, epoch: int) -> Augment:
        recipe = self._experiment.recipe
        settings = recipe.augmentation
        if epoch >= recipe.training.epochs - recipe.training.plain_epochs:
            settings = replace(settings, mosaic_share=0.0)
        return augmentation(settings, recipe.input_spec(), recipe.seed)


def _variables(learner: Learner, role: str, frozen: tuple[str, ...]) -> list[Any]:
    """What learns in one role."""
    layers = [layer for layer in learner.convolutions if layer.name.startswith("head") == (role == HEADS)]
    learning = [layer for layer in layers if not layer.name.startswith(frozen)]
    return [variable for layer in learning for variable in (layer.kernel, layer.bias)]
