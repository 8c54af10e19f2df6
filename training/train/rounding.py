"""Learning on with the levels of int8 in sight, for a network that loses by them. Does not quantise or export."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import TrainingError
from training.fakequant import find_ranges, put_ranges, range_variables, with_fake_quant
from training.train.checkpoint import BEST, load_checkpoint, weights_sha256
from training.train.dropout import entry_of
from training.train.loop import train
from training.train.tables import ExportTable, TrainingTable
from training.train.task import Pupil, RoundableTask, Scores, Weights

FOLDER = "qat"
"""Of the results, in the folder of the training."""


class RoundingTask:
    """Another task, with fake-quantised weights and tensors; begins with what was learned without."""

    def __init__(self, task: RoundableTask, learned: Weights, export: ExportTable) -> None:
        """Keep it in mind."""
        self._task, self._learned = task, learned
        self._model: Any = None
        self._variables: dict[str, Any] = {}
        changes = {
            "epochs": export.qat_epochs,
            "lr": task.settings.lr * export.qat_lr_factor,
            "warmup_epochs": 0.0,
            "freeze_epochs": 0,
            "measure_every": 1,
            "plain_epochs": export.qat_epochs,
        }
        known = type(task.settings).model_fields.keys()
        self._settings = task.settings.model_copy(update={key: changes[key] for key in changes if key in known})

    @property
    def out(self) -> Path:
        """The folder of the results: of these weights and no others, as the training may have gone on since."""
        return self._task.out / FOLDER / weights_sha256(self._learned)[:12]

    @property
    def seed(self) -> int:
        """Of all that is drawn."""
        return self._task.seed

    @property
    def settings(self) -> TrainingTable:
        """How it learns."""
        return self._settings

    @property
    def batches(self) -> int:
        """Batches an epoch."""
        return self._task.batches

    @property
    def loss_names(self) -> Sequence[str]:
        """What the losses are called."""
        return self._task.loss_names

    @property
    def opening(self) -> str:
        """What is begun."""
        return f"int8 loses too much: {self._settings.epochs} epochs with its levels in sight"

    def pupil(self) -> Pupil:
        """The network, rounding."""
        flat, plain = self._task.flat_pupil()
        self._model = with_fake_quant(flat)
        variables = self._variables = {**plain.variables, **range_variables(self._model)}
        return Pupil(variables, plain.groups, self._task.losses_of(self._model))

    def load_base(self) -> None:
        """Put in what was learned, and the ranges that it has."""
        for name, value in self._learned.items():
            self._variables[name].assign(value)
        keep = np.ones((1, *self._model.input["keep"].shape[1:]), np.float32)
        entry = entry_of(self._model)
        find_ranges(self._model, [{entry: sample, "keep": keep} for sample in self._task.calibration()])

    def epoch(self, number: int, skip: int) -> Any:
        """The batches of one epoch."""
        return self._task.epoch(number, skip)

    def examiner(self) -> Callable[[Weights], Scores]:
        """Measures the rounding network on the validation pictures."""
        return lambda weights: self._task.examine(self.rounded(weights))

    def rank(self, scores: Scores) -> float:
        """As without rounding."""
        return self._task.rank(scores)

    def rounded(self, weights: Weights) -> Any:
        """The finished network with the rounding of int8: its ranges those learned, else those of some pictures."""
        model = with_fake_quant(self._task.finished(weights))
        find_ranges(model, self._task.calibration())
        put_ranges(model, weights)
        return model


class _Lines:
    """Progress by lines alone."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def advance(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        """Nothing: the epoch has its line."""


def learn_rounding(task: RoundableTask, learned: Weights, export: ExportTable, say: Callable[[str], None]) -> Any:
    """Learn on, or go on with it, and give the finished network with the rounding of int8.

    Args:
        task: what was learned.
        learned: its best weights.
        export: how long.
        say: is told how it goes, a line at a time.

    Raises:
        TrainingError: results cannot be written.
    """
    import tensorflow as tf

    rounding = RoundingTask(task, learned, export)
    train(rounding, _Lines(say), tf.distribute.get_strategy())
    best = load_checkpoint(rounding.out / BEST)
    if best is None:
        raise TrainingError(f"{rounding.out}: no weights were kept; delete it and export again")
    return rounding.rounded(best.arrays)
