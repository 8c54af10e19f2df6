"""One step of learning: losses, gradients, optimisers, moving average. Does not know epochs, files or recipes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.detector.cells import make_cells
from training.detector.losses import LossSettings, detector_loss
from training.detector.network import Learner, Weights, get_weights, set_weights
from training.nanodet import STRIDES, NanoDetSpec
from training.train.checkpoint import Arrays
from training.train.schedule import ema_decay

_ROLES = ("heads", "base")


@dataclass(frozen=True, slots=True)
class StepSettings:
    """What a step needs to know."""

    seed: int
    dropout: float
    base_lr_factor: float
    weight_decay: float
    ema_decay: float
    clip_norm: float
    frozen: tuple[str, ...]
    losses: LossSettings


class Learning:
    """A network with all that changes while it learns; to be made under the strategy that it runs on.

    Class and box heads have an optimiser of their own: they begin fresh or nearly so, and learn faster than the rest.
    """

    def __init__(self, learner: Learner, spec: NanoDetSpec, settings: StepSettings, strategy: Any) -> None:
        """Get the optimisers ready."""
        import keras
        import tensorflow as tf

        self._learner, self._settings, self._strategy = learner, settings, strategy
        self._cells = make_cells(spec)
        self._groups = {role: _variables(learner, role, settings.frozen) for role in _ROLES}
        self._optimisers = {}
        for role, variables in self._groups.items():
            optimiser = keras.optimizers.AdamW(1e-3, weight_decay=settings.weight_decay)
            optimiser.exclude_from_weight_decay(var_names=["bias"])
            optimiser.build(variables)
            self._optimisers[role] = optimiser
        # (name, weight, its average); frozen ones need none.
        self._averages = [
            (f"{layer.name}/{key}", variable, tf.Variable(variable, trainable=False))
            for layer in learner.convolutions
            for key, variable in (("kernel", layer.kernel), ("bias", layer.bias))
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

        for role, factor in zip(_ROLES, (1.0, self._settings.base_lr_factor), strict=True):
            self._optimisers[role].learning_rate.assign(lr * factor)
        decay = tf.constant(ema_decay(number, self._settings.ema_decay), tf.float32)
        losses: Mapping[str, Any] = self._steps[freeze](batch, tf.constant(number), decay)
        return losses

    def averaged(self) -> Weights:
        """The moving average of the weights, by name."""
        return {name: np.array(average.numpy()) for name, _, average in self._averages}

    def save(self) -> Arrays:
        """Everything that changes, by name."""
        arrays: Arrays = {f"weights/{name}": value for name, value in get_weights(self._learner).items()}
        arrays |= {f"average/{name}": value for name, value in self.averaged().items()}
        for role, optimiser in self._optimisers.items():
            arrays |= {f"{role}/{place}": np.asarray(value) for place, value in enumerate(optimiser.variables)}
        return arrays

    def restore(self, arrays: Arrays) -> None:
        """Take up again what ``save`` gave."""
        prefix = "weights/"
        set_weights(
            self._learner, {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
        )
        for name, _, average in self._averages:
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

        roles = _ROLES[:1] if freeze else _ROLES
        variables = [variable for role in roles for variable in self._groups[role]]
        replicas = self._strategy.num_replicas_in_sync

        def learn(batch: Any, number: Any) -> Any:
            pictures, truth = batch
            inputs = {"picture": pictures, "keep": self._keep(tf.shape(pictures)[0], number)}
            with tf.GradientTape() as tape:
                outputs = self._learner.model(inputs, training=True)
                losses = detector_loss(outputs, truth, self._cells, self._settings.losses)
            gradients, _ = tf.clip_by_global_norm(tape.gradient(losses["total"], variables), self._settings.clip_norm)
            # The optimisers add up what the replicas bring, and a mean is wanted.
            gradients = [gradient / replicas for gradient in gradients]
            for role in roles:
                count = len(self._groups[role])
                self._optimisers[role].apply(gradients[:count], self._groups[role])
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

    def _keep(self, count: Any, number: Any) -> Any:
        """The channels that the class heads may use, drawn by the number of the step."""
        import tensorflow as tf

        shape = (count, len(STRIDES), self._learner.channels)
        draws = tf.random.stateless_uniform(shape, seed=tf.stack([self._settings.seed, number]))
        return tf.cast(draws >= self._settings.dropout, tf.float32) / (1.0 - self._settings.dropout)


def _variables(learner: Learner, role: str, frozen: tuple[str, ...]) -> list[Any]:
    """What learns in one role."""
    layers = [layer for layer in learner.convolutions if layer.name.startswith("head") == (role == "heads")]
    learning = [layer for layer in layers if not layer.name.startswith(frozen)]
    return [variable for layer in learning for variable in (layer.kernel, layer.bias)]
