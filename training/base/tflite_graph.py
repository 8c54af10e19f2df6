"""Reads a published TFLite network and builds what leads to some of its tensors as a Keras model. Knows no network."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import FetchError

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of the graph; tensors go by their number."""

    name: str
    inputs: tuple[int, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class TfliteGraph:
    """A network as its file describes it."""

    operations: Mapping[int, Operation]
    """By the number of the tensor that each makes."""
    constants: Mapping[int, Array]
    """Weights, in float32 where they are stored in half precision."""
    input: int
    input_shape: tuple[int, ...]
    outputs: tuple[int, ...]


def read_tflite(path: Path) -> TfliteGraph:
    """Read a network of one input.

    Raises:
        FetchError: it is none.
    """
    from tensorflow.lite.python import schema_py_generated as schema

    try:
        model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        (graph,) = model.subgraphs
        (picture,) = graph.inputs
        constants = {i: value for i, t in enumerate(graph.tensors) if (value := _constant(model, t)) is not None}
        operations = {int(op.outputs[0]): _operation(model, op) for op in graph.operators}
        shape = tuple(int(side) for side in graph.tensors[picture].shape)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, struct.error) as error:
        raise FetchError(f"{path}: no TFLite network with one input: {error!r}") from error
    for made, operation in list(operations.items()):
        if operation.name == "DEQUANTIZE" and operation.inputs[0] in constants:
            constants[made] = constants[operation.inputs[0]].astype(np.float32)
            del operations[made]
    return TfliteGraph(operations, constants, int(picture), shape, tuple(int(o) for o in graph.outputs))


def _constant(model: Any, tensor: Any) -> Array | None:
    from tensorflow.lite.python import schema_py_generated as schema

    data = model.buffers[tensor.buffer].data
    if data is None or not len(data):
        return None
    kinds: dict[int, Any] = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.FLOAT16: np.float16}
    kinds[schema.TensorType.INT32] = np.int32
    return np.frombuffer(bytes(data), kinds[tensor.type]).reshape(tensor.shape)


def _operation(model: Any, op: Any) -> Operation:
    from tensorflow.lite.python import schema_py_generated as schema

    code = model.operatorCodes[op.opcodeIndex]
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    name = next(key for key, value in vars(schema.BuiltinOperator).items() if value == number)
    options = dict(vars(op.builtinOptions)) if op.builtinOptions is not None else {}
    return Operation(name, tuple(int(i) for i in op.inputs if i >= 0), options)


class Builder:
    """Makes Keras tensors of those of the graph, each once."""

    def __init__(self, graph: TfliteGraph) -> None:
        import keras

        self._graph = graph
        self.picture = keras.Input(graph.input_shape[1:], name="picture")
        self._made: dict[int, Any] = {graph.input: self.picture}
        self._pending: list[tuple[Any, list[Array]]] = []

    def tensor(self, number: int) -> Any:
        """The Keras tensor in place of that of the graph.

        Raises:
            FetchError: an operation on the way to it is not known here.
        """
        if number not in self._made:
            self._made[number] = self._build(self._graph.operations[number])
        return self._made[number]

    def convolution(self, number: int, channels: Sequence[int]) -> Any:
        """Some of the channels that a convolution makes, before its activation."""
        operation = self._graph.operations[number]
        return self._convolve(operation, list(channels))

    def finish(self, outputs: Mapping[str, Any]) -> Any:
        """The model, its weights in place."""
        import keras

        model = keras.Model(self.picture, dict(outputs))
        for layer, weights in self._pending:
            layer.set_weights(weights)
        return model

    def _build(self, operation: Operation) -> Any:
        import keras

        options, sources = operation.options, operation.inputs
        match operation.name:
            case "PAD":
                pads = self._graph.constants[sources[1]].tolist()
                return keras.layers.ZeroPadding2D((tuple(pads[1]), tuple(pads[2])))(self.tensor(sources[0]))
            case "CONV_2D":
                found = self._convolve(operation, None)
            case "DEPTHWISE_CONV_2D":
                found = self._depthwise(operation)
            case "ADD":
                found = keras.layers.Add()([self.tensor(source) for source in sources])
            case "MAX_POOL_2D":
                size = (options["filterHeight"], options["filterWidth"])
                pool = keras.layers.MaxPooling2D(size, (options["strideH"], options["strideW"]), _padding(options))
                found = pool(self.tensor(sources[0]))
            case _:
                raise FetchError(f"operation {operation.name} of the published network is not known")
        return _activated(found, options["fusedActivationFunction"])

    def _convolve(self, operation: Operation, channels: list[int] | None) -> Any:
        import keras

        kernel, bias = (self._graph.constants[source] for source in operation.inputs[1:3])
        if channels is not None:
            kernel, bias = kernel[channels], bias[channels]
        strides = (operation.options["strideH"], operation.options["strideW"])
        layer = keras.layers.Conv2D(len(bias), kernel.shape[1:3], strides, _padding(operation.options))
        self._pending.append((layer, [kernel.transpose(1, 2, 3, 0), bias]))
        return layer(self.tensor(operation.inputs[0]))

    def _depthwise(self, operation: Operation) -> Any:
        import keras

        kernel, bias = (self._graph.constants[source] for source in operation.inputs[1:3])
        strides = (operation.options["strideH"], operation.options["strideW"])
        layer = keras.layers.DepthwiseConv2D(kernel.shape[1:3], strides, _padding(operation.options))
        self._pending.append((layer, [kernel.transpose(1, 2, 3, 0), bias]))
        return layer(self.tensor(operation.inputs[0]))


def _padding(options: Mapping[str, Any]) -> str:
    return "same" if options["padding"] == 0 else "valid"


def _activated(tensor: Any, activation: int) -> Any:
    import keras

    if activation == 0:
        return tensor
    if activation != 3:
        raise FetchError(f"activation {activation} of the published network is not known")
    return keras.layers.ReLU(6.0)(tensor)
