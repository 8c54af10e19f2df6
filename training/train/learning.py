"""One step of learning: gradients, optimisers, moving average. Does not know losses, epochs, files or recipes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.train.checkpoint import Arrays
from training.train.schedule import ema_decay
from training.train.tables import TrainingTable
from training.train.task import BASE, HEADS, ROLES, Pupil, Weights

_NOT_DECAYED = ["bias", "gamma", "beta"]
"""A decay of these takes nothing away that could be learned by heart."""


class Learning:
    """A network with all that changes while it learns; to be made under the strategy that it runs on.

    The heads have an optimiser of their own: they begin fresh or nearly so, and learn faster than the rest.
    """

    def __init__(self, pupil: Pupil, settings: TrainingTable, strategy: Any) -> None:
        """Get the optimisers ready."""
        import keras
        import tensorflow as tf

        self._pupil, self._settings, self._strategy = pupil, settings, strategy
        self._roles = tuple(role for role in ROLES if pupil.groups[role])
        self._optimisers = {}
        for role in self._roles:
            optimiser = keras.optimizers.AdamW(1e-3, weight_decay=settings.weight_decay)
            optimiser.exclude_from_weight_decay(var_names=_NOT_DECAYED)
            optimiser.build(list(pupil.groups[role]))
            self._optimisers[role] = optimiser
        # (name, weight, its average).
        self._averages = [
            (name, variable, tf.Variable(variable, trainable=False)) for name, variable in pupil.variables.items()
        ]
        self._steps = {freeze: self._make_step(freeze) for freeze in (False, True)}

    def step(self, batch: Any, number: int, lr: float, *, freeze: bool = False) -> Mapping[str, Any]:
        """Learn from one batch.

        Args:
            batch: pictures and truth, as a feed gives them.
            number: of the step, counted from 0 over all epochs.
            lr: rate of the heads.
            freeze: only the heads learn.

        Returns:
            The losses by name, scalar tensors.
        """
        import tensorflow as tf

        factors = {HEADS: 1.0, BASE: self._settings.base_lr_factor}
        for role, optimiser in self._optimisers.items():
            optimiser.learning_rate.assign(lr * factors[role])
        decay = tf.constant(ema_decay(number, self._settings.ema_decay), tf.float32)
        losses: Mapping[str, Any] = self._steps[freeze](batch, tf.constant(number), decay)
        return losses

    def averaged(self) -> Weights:
        """The moving average of the weights, by name."""
        return {name: np.array(average.numpy()) for name, _, average in self._averages}

    def save(self) -> Arrays:
        """Everything that changes, by name."""
        arrays: Arrays = {}
        for name, variable, average in self._averages:
            arrays[f"weights/{name}"] = np.asarray(variable.value)
            arrays[f"average/{name}"] = np.array(average.numpy())
        for role, optimiser in self._optimisers.items():
            arrays |= {f"{role}/{place}": np.asarray(value) for place, value in enumerate(optimiser.variables)}
        return arrays

    def restore(self, arrays: Arrays) -> None:
        """Take up again what ``save`` gave."""
        for name, variable, average in self._averages:
            variable.assign(arrays[f"weights/{name}"])
            average.assign(arrays[f"average/{name}"])
        for role, optimiser in self._optimisers.items():
            for place, variable in enumerate(optimiser.variables):
                variable.assign(arrays[f"{role}/{place}"])

    def restart_average(self) -> None:
        """Begin the average at the weights of now: after the base was put in."""
        for _, variable, average in self._averages:
            average.assign(variable.value)

    def _make_step(self, freeze: bool) -> Any:
        import tensorflow as tf

        roles = tuple(role for role in self._roles if role == HEADS or not freeze)
        variables = [variable for role in roles for variable in self._pupil.groups[role]]
        replicas = self._strategy.num_replicas_in_sync

        def learn(batch: Any, number: Any) -> Any:
            with tf.GradientTape() as tape:
                losses = self._pupil.losses(batch, number)
            gradients, _ = tf.clip_by_global_norm(tape.gradient(losses["total"], variables), self._settings.clip_norm)
            # The optimisers add up what the replicas bring, and a mean is wanted.
            gradients = [gradient / replicas for gradient in gradients]
            for role in roles:
                count = len(self._pupil.groups[role])
                self._optimisers[role].apply(gradients[:count], list(self._pupil.groups[role]))
                gradients = gradients[count:]
            return losses

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def step(batch: Any, number: Any, decay: Any) -> Any:
            losses = self._strategy.run(learn, args=(batch, number))
            for _, variable, average in self._averages:
                average.assign_add((variable.value - average) * (1.0 - decay))
            return {
                name: self._strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
                for name, value in losses.items()
            }

        return step
