"""From a Keras network to a full int8 TFLite flatbuffer. Does not train, and does not write files."""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.card import TensorSpec
from training.errors import ExportError
from training.tflite_file import plain_interpreter, refuse_float, tensor_spec


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """A full int8 network and what its card must say of its tensors."""

    network: bytes
    picture: TensorSpec
    outputs: tuple[TensorSpec, ...]


def quantise(model: Any, samples: Iterable[NDArray[np.float32]]) -> Quantised:
    """Quantise after training: per-channel weights, int8 from the input to the outputs.

    Args:
        model: a Keras model of one input.
        samples: normalised inputs (1, height, width, 3) from which the ranges are taken.

    Raises:
        ExportError: a float operation is left.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    prepared = list(samples)

    def calibration() -> Iterator[list[NDArray[np.float32]]]:
        for sample in prepared:
            yield [sample]

    signature = tf.TensorSpec((1, *model.inputs[0].shape[1:]), tf.float32, name="picture")
    call = tf.function(lambda picture: model(picture, training=False)).get_concrete_function(signature)
    # The calibrator has no variables of its own, so weights become constants first.
    converter = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(call)])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    try:
        with warnings.catch_warnings():
            # It asks for ranges of the inputs, which it then takes from the samples all the same.
            warnings.simplefilter("ignore", UserWarning)
            network = bytes(converter.convert())
    except (ValueError, RuntimeError) as error:
        raise ExportError(f"TFLite cannot convert the network: {' '.join(str(error).split())[:300]}") from error
    refuse_float(network)
    return _describe(network)


def _describe(network: bytes) -> Quantised:
    interpreter = plain_interpreter(network)
    outputs = tuple(tensor_spec(details, place) for place, details in enumerate(interpreter.get_output_details()))
    return Quantised(network, tensor_spec(interpreter.get_input_details()[0], 0), outputs)
