"""Training a detector, from the recipe to the best weights. Does not know losses or the network's inside."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from training.coco import CocoSet
from training.data.augment import augmentation
from training.data.feed import Feed, FeedSettings
from training.data.sample import Sample
from training.detector.learning import Learning, StepSettings
from training.detector.losses import LossSettings, loss_names
from training.detector.network import Weights, build_learner, finished_network, load_base, put_weights
from training.evaluate import EVALUATION, measure
from training.floatrun import float_finder
from training.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from training.train.experiment import Experiment
from training.train.logs import TensorBoard, write_history
from training.train.progress import Progress, epoch_line
from training.train.recipe import Recipe
from training.train.schedule import Schedule

CHECKPOINT = "checkpoint.npz"
BEST = "best.npz"


@dataclass(slots=True)
class Position:
    """How far a training has come; all of it goes into the checkpoint."""

    epoch: int = 0
    batch: int = 0
    """Batches of this epoch that are done."""
    sums: dict[str, float] = field(default_factory=dict)
    """Losses of this epoch so far, added up."""
    seconds: float = 0.0
    """Spent on this epoch so far."""
    best: float = -1.0
    best_epoch: int = 0
    done: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)


def train(experiment: Experiment, progress: Progress, strategy: Any = None) -> Position:
    """Train, or go on with a training that was interrupted, until the end.

    Args:
        experiment: recipe, data and where the results go.
        progress: is told how it goes.
        strategy: of ``tf.distribute``; None takes all accelerators that there are.

    Raises:
        TrainingError: the base cannot be fetched, or results cannot be written.
    """
    import keras
    import tensorflow as tf

    recipe, out = experiment.recipe, experiment.out
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    strategy = strategy or _strategy()
    feed = _feed(experiment, experiment.train)
    batches = -(-len(feed) // recipe.training.batch)
    schedule = _schedule(recipe, batches)
    learning, position = _start(experiment, strategy, progress)
    validation = _Validation(experiment, learning.averaged())
    board = TensorBoard(out / "tensorboard")
    try:
        while position.epoch < recipe.training.epochs and not position.done:
            _epoch(experiment, learning, position, _Round(feed, batches, schedule, strategy), progress)
            entry = _entry(position, batches, schedule, recipe)
            if _measured_now(position.epoch, recipe):
                entry["val"] = validation.scores(learning.averaged())
            _keep_best(out, learning, position, entry)
            _finish_epoch(position, entry, recipe)
            _save(out, learning, position)
            board.write(entry)
            write_history(out, position.history)
            progress.say(epoch_line(entry, recipe.training.epochs))
    finally:
        board.close()
    # Once more, for a training that was killed behind its last checkpoint.
    write_history(out, position.history)
    progress.say(f"best: epoch {position.best_epoch}, validation AP50 {position.best:.3f}")
    return position


@dataclass(frozen=True, slots=True)
class _Round:
    """What every epoch needs."""

    feed: Feed
    batches: int
    schedule: Schedule
    strategy: Any


def _epoch(experiment: Experiment, learning: Learning, position: Position, round_: _Round, progress: Progress) -> None:
    """What is left of one epoch."""
    settings, out = experiment.recipe.training, experiment.out
    epoch = position.epoch
    batches = round_.feed.epoch(epoch, _augment(experiment.recipe, epoch), experiment.recipe.seed, skip=position.batch)
    begin = saved = time.perf_counter()
    before_s = position.seconds
    for batch in round_.strategy.experimental_distribute_dataset(batches):
        number = epoch * round_.batches + position.batch
        lr = settings.lr * round_.schedule.factor(number)
        losses = learning.step(batch, number, lr, freeze=epoch < settings.freeze_epochs)
        for name, value in losses.items():
            position.sums[name] = position.sums.get(name, 0.0) + float(value)
        position.batch += 1
        now = time.perf_counter()
        position.seconds = before_s + now - begin
        progress.advance(epoch, position.batch, round_.batches, position.sums["total"] / position.batch)
        if now - saved > settings.checkpoint_min * 60.0:
            _save(out, learning, position)
            saved = now


def _augment(recipe: Recipe, epoch: int) -> Any:
    settings = recipe.augmentation
    if epoch >= recipe.training.epochs - recipe.training.plain_epochs:
        settings = replace(settings, mosaic_share=0.0)
    return augmentation(settings, recipe.input_spec(), recipe.seed)


def _entry(position: Position, batches: int, schedule: Schedule, recipe: Recipe) -> dict[str, Any]:
    """One epoch of the history."""
    names = loss_names(_losses(recipe))
    return {
        "epoch": position.epoch + 1,
        "lr": recipe.training.lr * schedule.factor((position.epoch + 1) * batches - 1),
        "losses": {name: position.sums[name] / position.batch for name in names},
        "val": None,
        "seconds": round(position.seconds, 2),
    }


def _measured_now(epoch: int, recipe: Recipe) -> bool:
    return (epoch + 1) % recipe.training.measure_every == 0 or epoch + 1 == recipe.training.epochs


def _keep_best(out: Path, learning: Learning, position: Position, entry: dict[str, Any]) -> None:
    """Keep the weights that are the best so far; before the checkpoint, so that a kill between both loses nothing."""
    if entry["val"] and entry["val"]["ap50"] > position.best:
        position.best, position.best_epoch = entry["val"]["ap50"], entry["epoch"]
        save_checkpoint(out / BEST, Checkpoint(dict(learning.averaged()), {"epoch": entry["epoch"], **entry["val"]}))


def _finish_epoch(position: Position, entry: dict[str, Any], recipe: Recipe) -> None:
    position.history.append(entry)
    position.epoch += 1
    position.batch, position.sums, position.seconds = 0, {}, 0.0
    late = position.epoch - position.best_epoch >= recipe.training.early_stop_epochs
    position.done = position.epoch >= recipe.training.epochs or late


def _save(out: Path, learning: Learning, position: Position) -> None:
    save_checkpoint(out / CHECKPOINT, Checkpoint(learning.save(), asdict(position)))


def _start(experiment: Experiment, strategy: Any, progress: Progress) -> tuple[Learning, Position]:
    """A fresh network on its base, or the one of the checkpoint."""
    recipe = experiment.recipe
    spec = experiment.spec
    with strategy.scope():
        learner = build_learner(spec, recipe.network.precision)
        learning = Learning(learner, spec, _step_settings(recipe), strategy)
    checkpoint = load_checkpoint(experiment.out / CHECKPOINT)
    if checkpoint is not None:
        learning.restore(checkpoint.arrays)
        position = Position(**checkpoint.notes)
        progress.say(f"goes on at epoch {position.epoch + 1}, batch {position.batch + 1}")
        return learning, position
    if recipe.network.base != "none":
        load_base(learner)
        learning.restart_average()
    progress.say(f"{len(experiment.train)} training and {len(experiment.val)} validation pictures")
    return learning, Position()


class _Validation:
    """Measures weights on the validation pictures, through the device's letterbox and choice of boxes."""

    def __init__(self, experiment: Experiment, weights: Weights) -> None:
        import tensorflow as tf

        self._network = network = finished_network(experiment.spec, weights)
        self._coco: CocoSet = experiment.coco(experiment.val)
        self._labels = experiment.dataset.labels
        call = tf.function(lambda picture: network(picture, training=False))
        spec, nms_iou = experiment.recipe.input_spec(), experiment.recipe.export.nms_iou
        self._find = float_finder(
            lambda picture, training: call(picture),  # noqa: ARG005 - as a network is called
            spec,
            self._labels,
            nms_iou,
            EVALUATION,
        )

    def scores(self, weights: Weights) -> dict[str, float]:
        """AP and AP50."""
        put_weights(self._network, weights)
        scores = measure(self._find, self._coco, self._labels)
        return {"ap": scores.ap, "ap50": scores.ap50}


def _strategy() -> Any:
    """All accelerators together; the plain way where there is one or none."""
    import tensorflow as tf

    several = len(tf.config.list_logical_devices("GPU")) > 1
    return tf.distribute.MirroredStrategy() if several else tf.distribute.get_strategy()


def _feed(experiment: Experiment, samples: Sequence[Sample]) -> Feed:
    recipe = experiment.recipe
    settings = FeedSettings(batch=recipe.training.batch, max_boxes=recipe.data.max_boxes)
    return Feed(experiment.dataset, samples, recipe.input_spec(), settings)


def _schedule(recipe: Recipe, batches: int) -> Schedule:
    settings = recipe.training
    return Schedule(round(settings.warmup_epochs * batches), settings.epochs * batches, settings.last_lr_factor)


def _losses(recipe: Recipe) -> LossSettings:
    return LossSettings(recipe.training.label_smoothing, recipe.training.naming_weight)


def _step_settings(recipe: Recipe) -> StepSettings:
    training = recipe.training
    return StepSettings(
        seed=recipe.seed,
        dropout=recipe.network.dropout,
        base_lr_factor=training.base_lr_factor,
        weight_decay=training.weight_decay,
        ema_decay=training.ema_decay,
        clip_norm=training.clip_norm,
        frozen=training.frozen,
        losses=_losses(recipe),
    )
