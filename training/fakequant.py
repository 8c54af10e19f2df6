"""Networks that compute as int8 will, so that they can learn it: fake-quantised weights and tensors. Does not train.

B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2017,
arXiv:1712.05877: forward every value is rounded to one of 256 levels, backward the rounding is passed over. Weights
have levels a channel, tensors a range that follows what is seen while learning. TFLite takes the ranges over.
"""

from collections.abc import Iterable, Mapping
from typing import Any

_BITS = 8
_PACE = 0.05
"""Share of a batch's extremes in the moving range."""
_PASSING = ("MaxPooling2D", "AveragePooling2D", "Flatten", "Reshape", "ZeroPadding2D", "UpSampling2D", "InputLayer")
"""Layers whose outputs have the levels of their inputs."""
_SHARES = ("softmax", "sigmoid")
"""TFLite gives their outputs the levels 0, 1/256 .. 255/256."""


def with_fake_quant(model: Any) -> Any:
    """The same network, on the same weights, with the rounding of int8; its ranges are still to be found.

    Args:
        model: a functional Keras network of convolutions, dense layers and what lies between them.
    """
    import keras

    fused = {layer.name for layer in model.layers if _is_fused(layer)}
    kinds = _kinds()
    entered: dict[int, Any] = {}

    def enter(value: Any) -> Any:
        """A picture that comes in, as int8; anything else as it is."""
        source = value._keras_history.operation
        if type(source).__name__ != "InputLayer" or len(value.shape) != 4:
            return value
        if id(source) not in entered:
            entered[id(source)] = kinds["range"](name=f"{source.name}_range", fixed=False)(value)
        return entered[id(source)]

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        inputs = keras.tree.map_structure(enter, arguments[0])
        weighty = hasattr(layer, "kernel")
        output = kinds["weights"](layer)(inputs) if weighty else layer(inputs, *arguments[1:], **options)
        if layer.name in fused or type(layer).__name__ in _PASSING:
            return output
        return kinds["range"](name=f"{layer.name}_range", fixed=_is_share(layer))(output)

    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)


def find_ranges(model: Any, samples: Iterable[Any]) -> None:
    """Set every range to the extremes of some inputs, as the network takes them."""
    for layer in _ranges(model):
        layer.forget()
    watching = [layer for layer in _ranges(model) if not layer.fixed]
    for layer in watching:
        layer.watching = True
    for sample in samples:
        model(sample, training=False)
    for layer in watching:
        layer.watching = False


def range_variables(model: Any) -> dict[str, Any]:
    """The ranges by name, to be kept and put back."""
    return {f"{layer.name}/{side}": getattr(layer, side) for layer in _ranges(model) for side in ("low", "high")}


def put_ranges(model: Any, values: Mapping[str, Any]) -> None:
    """Set the ranges that are known by name; the others stay."""
    for name, variable in range_variables(model).items():
        if name in values:
            variable.assign(values[name])


def _ranges(model: Any) -> list[Any]:
    return [layer for layer in model.layers if hasattr(layer, "watching")]


def _is_fused(layer: Any) -> bool:
    """Whether TFLite computes the layer and the activation behind it as one."""
    if not hasattr(layer, "kernel") or _activation(layer) not in ("", "linear"):
        return False
    users = [node.operation for node in layer.output._keras_history.operation._outbound_nodes]
    return len(users) == 1 and (type(users[0]).__name__ == "ReLU" or _activation(users[0]) == "relu")


def _is_share(layer: Any) -> bool:
    return type(layer).__name__ == "Softmax" or _activation(layer) in _SHARES


def _activation(layer: Any) -> str:
    return getattr(getattr(layer, "activation", None), "__name__", "")


def _kinds() -> dict[str, Any]:
    """The layers; made here, as TensorFlow is loaded late."""
    import keras
    import tensorflow as tf

    class Range(keras.layers.Layer):  # type: ignore[misc]
        """Rounds a tensor to the levels of its range, which follows what it sees while the network learns."""

        def __init__(self, *, name: str, fixed: bool) -> None:
            super().__init__(name=name)
            self.fixed, self.watching = fixed, False
            self.low = self.add_weight(shape=(), initializer="zeros", trainable=False, name="low")
            self.high = self.add_weight(shape=(), initializer="ones", trainable=False, name="high")
            self.forget()

        def forget(self) -> None:
            """Begin without a range."""
            self.low.assign(0.0)
            self.high.assign(255.0 / 256.0 if self.fixed else 1e-3)

        def call(self, value: Any, training: bool = False) -> Any:
            low, high = self.low.value, self.high.value
            if not self.fixed and (training or self.watching):
                # The range holds 0, so that padding costs nothing.
                least = tf.stop_gradient(tf.minimum(tf.reduce_min(value), 0.0))
                most = tf.stop_gradient(tf.maximum(tf.reduce_max(value), 0.0))
                if self.watching:
                    low, high = tf.minimum(low, least), tf.maximum(high, most)
                else:
                    low, high = low + _PACE * (least - low), high + _PACE * (most - high)
                self.low.assign(low)
                self.high.assign(high)
            return tf.quantization.fake_quant_with_min_max_vars(value, low, high, _BITS)

    class Weights(keras.layers.Layer):  # type: ignore[misc]
        """A layer that computes with its weights rounded to their levels, a scale a channel."""

        def __init__(self, layer: Any) -> None:
            super().__init__(name=f"{layer.name}_rounded")
            self.layer = layer

        def call(self, value: Any) -> Any:
            return _computed(self.layer, value)

    return {"range": Range, "weights": Weights}


def _computed(layer: Any, value: Any) -> Any:
    """What a layer gives with its weights rounded."""
    import keras
    import tensorflow as tf

    kernel, dense = layer.kernel.value, isinstance(layer, keras.layers.Dense)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        flat = _rounded(tf.transpose(kernel, (0, 1, 3, 2)))
        strides, padding = (1, *layer.strides, 1), layer.padding.upper()
        output = tf.nn.depthwise_conv2d(value, tf.transpose(flat, (0, 1, 3, 2)), strides, padding)
    elif dense:
        # As a convolution: TFLite cannot turn over a dense kernel that has a scale a channel.
        output = tf.nn.conv2d(value[:, None, None, :], _rounded(kernel[None, None]), 1, "VALID")
    else:
        output = tf.nn.conv2d(value, _rounded(kernel), layer.strides, layer.padding.upper())
    output = layer.activation(tf.nn.bias_add(output, layer.bias.value))
    return output[:, 0, 0] if dense else output


def _rounded(kernel: Any) -> Any:
    """To 255 levels about 0, a scale a channel."""
    import tensorflow as tf

    # A little over the largest weight, which would else be outside by an error of float, where nothing has a slope.
    most = tf.maximum(tf.reduce_max(tf.abs(kernel), axis=list(range(len(kernel.shape) - 1))) * (1.0 + 1e-5), 1e-8)
    return tf.quantization.fake_quant_with_min_max_vars_per_channel(kernel, -most, most, _BITS, narrow_range=True)
