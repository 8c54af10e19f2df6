"""Finds the tensors of a network that lose most by int8. Does not quantise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensors = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class TensorLoss:
    """How far one tensor of the int8 network is from the float one."""

    name: str
    error: float
    """Root of the mean squared difference, over the standard deviation of the float tensor."""


def losing_tensors(model: Any, network: bytes, samples: Sequence[NDArray[np.float32]]) -> list[TensorLoss]:
    """The tensors that both networks have by name, those that lose most first.

    Args:
        model: the float Keras model.
        network: the int8 flatbuffer made of it.
        samples: normalised inputs (1, height, width, 3).
    """
    float_one, int8_one = _traced(_as_float(model)), _traced(network)
    squares: dict[str, list[float]] = {}
    spreads: dict[str, list[float]] = {}
    for sample in samples:
        truth, ours = _values(float_one, sample), _values(int8_one, sample)
        for name in sorted(truth.keys() & ours.keys()):
            if truth[name].shape == ours[name].shape:
                squares.setdefault(name, []).append(float(np.mean((truth[name] - ours[name]) ** 2)))
                spreads.setdefault(name, []).append(float(np.var(truth[name])))
    losses = [
        # What the converter melted into one carries all their names.
        TensorLoss(name.split(";")[0], float(np.sqrt(np.mean(squares[name]) / (np.mean(spreads[name]) or 1.0))))
        for name in squares
    ]
    return sorted(losses, key=lambda loss: (-loss.error, loss.name))


def _as_float(model: Any) -> bytes:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    signature = tf.TensorSpec((1, *model.inputs[0].shape[1:]), tf.float32, name="picture")
    call = tf.function(lambda picture: model(picture, training=False)).get_concrete_function(signature)
    # As for int8: only where both are made of one frozen graph do their tensors have the same names.
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(call)]).convert())


def _traced(network: bytes) -> Any:
    """An interpreter that keeps every tensor until it is read."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=network,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    return interpreter


def _values(interpreter: Any, sample: NDArray[np.float32]) -> Tensors:
    """Every picture-shaped tensor as real numbers, by the name of its layer."""
    picture = interpreter.get_input_details()[0]
    scale, zero_point = picture["quantization"]
    if scale:
        levels = np.clip(np.round(sample / scale) + zero_point, -128, 127)
        interpreter.set_tensor(picture["index"], levels.astype(np.int8))
    else:
        interpreter.set_tensor(picture["index"], sample)
    interpreter.invoke()
    return {
        details["name"]: _real(interpreter.get_tensor(details["index"]), details["quantization"])
        for details in interpreter.get_tensor_details()
        if details["name"] and len(details["shape"]) > 2 and details["shape"][0] == 1 and _is_computed(details)
    }


def _is_computed(details: Mapping[str, Any]) -> bool:
    """Whether a tensor is no weight: those have a scale a channel, which is no single scale."""
    return details["dtype"] is np.float32 or bool(details["quantization"][0])


def _real(stored: NDArray[Any], quantization: tuple[float, int]) -> NDArray[np.float64]:
    scale, zero_point = quantization
    values = stored.astype(np.float64)
    return (values - zero_point) * scale if scale else values
