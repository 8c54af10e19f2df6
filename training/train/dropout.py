"""Dropout whose draws hang on the number of the step alone, so that a resumed training has those it would have had."""

from typing import Any


def kept_channels(shape: Any, share: float, seed: int, step: Any) -> Any:
    """What channels are multiplied by: 0 for those that are dropped, a little over 1 for the others.

    Args:
        shape: of the tensor.
        share: of the channels that are dropped.
        seed: of the training.
        step: its number, a scalar tensor.
    """
    import tensorflow as tf

    draws = tf.random.stateless_uniform(shape, seed=tf.stack([seed, step]))
    return tf.cast(draws >= share, tf.float32) / (1.0 - share)


def entry_of(model: Any) -> str:
    """What the input of a network is called beside ``keep``, the channels that are kept."""
    (name,) = (name for name in model.input if name != "keep")
    return str(name)
