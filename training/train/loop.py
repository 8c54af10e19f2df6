"""The loop of every training, from the first epoch to the best weights. Does not know what is learned."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.train.checkpoint import BEST, Checkpoint, load_checkpoint, save_checkpoint
from training.train.learning import Learning
from training.train.logs import TensorBoard, write_history
from training.train.progress import Progress, epoch_line, scores_text
from training.train.schedule import Schedule
from training.train.tables import TrainingTable
from training.train.task import Task

CHECKPOINT = "checkpoint.npz"


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
    """The rank of the best epoch."""
    best_epoch: int = 0
    best_scores: dict[str, float] = field(default_factory=dict)
    done: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)


def train(task: Task, progress: Progress, strategy: Any = None) -> Position:
    """Train, or go on with a training that was interrupted, until the end.

    Args:
        task: what is learned.
        progress: is told how it goes.
        strategy: of ``tf.distribute``; None takes all accelerators that there are.

    Raises:
        TrainingError: the base cannot be fetched, or results cannot be written.
    """
    import keras
    import tensorflow as tf

    settings, out = task.settings, task.out
    keras.utils.set_random_seed(task.seed)
    tf.config.experimental.enable_op_determinism()
    strategy = strategy or _strategy()
    batches = task.batches
    schedule = Schedule(round(settings.warmup_epochs * batches), settings.epochs * batches, settings.last_lr_factor)
    learning, position = _start(task, strategy, progress)
    examine = task.examiner()
    board = TensorBoard(out / "tensorboard")
    try:
        while position.epoch < settings.epochs and not position.done:
            _epoch(task, learning, position, _Round(batches, schedule, strategy), progress)
            entry = _entry(task, position, schedule)
            if _measured_now(position.epoch, settings):
                entry["val"] = examine(learning.averaged())
                _keep_best(task, learning, position, entry)
            _finish_epoch(position, entry, settings)
            _save(out, learning, position)
            board.write(entry)
            write_history(out, position.history)
            progress.say(epoch_line(entry, settings.epochs))
    finally:
        board.close()
    # Once more, for a training that was killed behind its last checkpoint.
    write_history(out, position.history)
    progress.say(f"best: epoch {position.best_epoch}, validation {scores_text(position.best_scores)}")
    return position


@dataclass(frozen=True, slots=True)
class _Round:
    """What every epoch needs."""

    batches: int
    schedule: Schedule
    strategy: Any


def _epoch(task: Task, learning: Learning, position: Position, round_: _Round, progress: Progress) -> None:
    """What is left of one epoch."""
    settings, epoch = task.settings, position.epoch
    begin = saved = time.perf_counter()
    before_s = position.seconds
    for batch in round_.strategy.experimental_distribute_dataset(task.epoch(epoch, position.batch)):
        number = epoch * round_.batches + position.batch
        lr = settings.lr * round_.schedule.factor(number)
        _add(position, learning.step(batch, number, lr, freeze=epoch < settings.freeze_epochs))
        now = time.perf_counter()
        position.seconds = before_s + now - begin
        progress.advance(epoch, position.batch, round_.batches, position.sums["total"] / position.batch)
        if now - saved > settings.checkpoint_min * 60.0:
            _save(task.out, learning, position)
            saved = now


def _add(position: Position, losses: Mapping[str, Any]) -> None:
    for name, value in losses.items():
        position.sums[name] = position.sums.get(name, 0.0) + float(value)
    position.batch += 1


def _entry(task: Task, position: Position, schedule: Schedule) -> dict[str, Any]:
    """One epoch of the history."""
    return {
        "epoch": position.epoch + 1,
        "lr": task.settings.lr * schedule.factor((position.epoch + 1) * task.batches - 1),
        "losses": {name: position.sums[name] / position.batch for name in task.loss_names},
        "val": None,
        "seconds": round(position.seconds, 2),
    }


def _measured_now(epoch: int, settings: TrainingTable) -> bool:
    return (epoch + 1) % settings.measure_every == 0 or epoch + 1 == settings.epochs


def _keep_best(task: Task, learning: Learning, position: Position, entry: dict[str, Any]) -> None:
    """Keep the weights that are the best so far; before the checkpoint, so that a kill between both loses nothing."""
    rank = task.rank(entry["val"])
    if rank > position.best:
        position.best, position.best_epoch, position.best_scores = rank, entry["epoch"], entry["val"]
        notes = {"epoch": entry["epoch"], **entry["val"]}
        save_checkpoint(task.out / BEST, Checkpoint(dict(learning.averaged()), notes))


def _finish_epoch(position: Position, entry: dict[str, Any], settings: TrainingTable) -> None:
    position.history.append(entry)
    position.epoch += 1
    position.batch, position.sums, position.seconds = 0, {}, 0.0
    late = position.epoch - position.best_epoch >= settings.early_stop_epochs
    position.done = position.epoch >= settings.epochs or late


def _save(out: Path, learning: Learning, position: Position) -> None:
    save_checkpoint(out / CHECKPOINT, Checkpoint(learning.save(), asdict(position)))


def _start(task: Task, strategy: Any, progress: Progress) -> tuple[Learning, Position]:
    """A fresh network on its base, or the one of the checkpoint."""
    with strategy.scope():
        learning = Learning(task.pupil(), task.settings, strategy)
    checkpoint = load_checkpoint(task.out / CHECKPOINT)
    if checkpoint is not None:
        position = _go_on(task.out, learning, checkpoint)
        progress.say(
            f"is at its end, epoch {position.epoch}"
            if position.done
            else f"goes on at epoch {position.epoch + 1}, batch {position.batch + 1}"
        )
        return learning, position
    task.load_base()
    learning.restart_average()
    progress.say(task.opening)
    return learning, Position()


def _go_on(out: Path, learning: Learning, checkpoint: Checkpoint) -> Position:
    """Where the checkpoint was; refuses one that would never come to weights that can be used."""
    try:
        learning.restore(checkpoint.arrays)
        position = Position(**checkpoint.notes)
    except (KeyError, ValueError, TypeError) as error:
        raise TrainingError(f"{out / CHECKPOINT}: of another network or version; delete it to begin anew") from error
    if position.best_epoch and not (out / BEST).is_file():
        raise TrainingError(
            f"{out / BEST}: is gone, and the training is past epoch {position.best_epoch} that made it; "
            f"put it back, or delete {out / CHECKPOINT} too to begin anew"
        )
    return position


def _strategy() -> Any:
    """All accelerators together; the plain way where there is one or none."""
    import tensorflow as tf

    several = len(tf.config.list_logical_devices("GPU")) > 1
    return tf.distribute.MirroredStrategy() if several else tf.distribute.get_strategy()
