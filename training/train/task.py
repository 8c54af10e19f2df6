"""What the loop asks of that which is learned: pictures, a network, losses, figures. Holds no task of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from training.train.tables import TrainingTable

Weights = dict[str, NDArray[np.float32]]
"""Arrays by ``layer/kernel`` and ``layer/bias``."""
Scores = dict[str, float]
Losses = Callable[[Any, Any], Mapping[str, Any]]
"""From a batch and the number of the step to scalar tensors by name, ``total`` among them."""

HEADS, BASE = "heads", "base"
ROLES = (HEADS, BASE)
"""What begins fresh and learns at the full rate, and the rest of what learns."""


@dataclass(frozen=True, slots=True, eq=False)
class Pupil:
    """A network while it learns."""

    variables: Mapping[str, Any]
    """All its weights by name; what is averaged, kept and exported."""
    groups: Mapping[str, Sequence[Any]]
    """Those of ``variables`` that learn, by role."""
    losses: Losses


class Task(Protocol):
    """Something to learn, for the loop."""

    @property
    def out(self) -> Path:
        """The folder of the results."""

    @property
    def seed(self) -> int:
        """Of all that is drawn."""

    @property
    def settings(self) -> TrainingTable:
        """How it learns."""

    @property
    def batches(self) -> int:
        """Batches an epoch."""

    @property
    def loss_names(self) -> Sequence[str]:
        """What the losses are called, in the order in which they are told."""

    @property
    def opening(self) -> str:
        """What is said before the first epoch."""

    def pupil(self) -> Pupil:
        """A network with fresh weights; called under the strategy that it will run on."""

    def load_base(self) -> None:
        """Put the weights that a training begins with into the network of ``pupil``."""

    def epoch(self, number: int, skip: int) -> Any:
        """The batches of one epoch behind the first ``skip``; a tf.data.Dataset."""

    def examiner(self) -> Callable[[Weights], Scores]:
        """A function that measures weights on the validation pictures."""

    def rank(self, scores: Scores) -> float:
        """By what the best epoch is chosen; at least 0, more is better."""


class RoundableTask(Task, Protocol):
    """A task whose network can also learn with the levels of int8 in sight."""

    def flat_pupil(self) -> tuple[Any, Pupil]:
        """The network as one functional model in float32 that ends in logits, and what learns of it."""

    def losses_of(self, model: Any) -> Losses:
        """The losses of such a model."""

    def finished(self, weights: Weights) -> Any:
        """The network as it is exported, with these weights."""

    def examine(self, model: Any) -> Scores:
        """Measure such a network on the validation pictures."""

    def calibration(self) -> Sequence[NDArray[np.float32]]:
        """Normalised inputs, every class among them."""
