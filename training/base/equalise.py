"""Evens out the channels of a network's linear tensors, so that int8 has levels for all of them. Changes no result.

Where a convolution has no activation, a channel may be made smaller there and larger again by the weights of whoever
reads it. One scale for a whole tensor then fits every channel. Tensors that are added to each other have one
set of factors.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.base.tflite_graph import Builder, Operation, TfliteGraph

Floats = NDArray[np.float32]
_LEAST_SHARE = 1e-3


def linear_streams(graph: TfliteGraph, outputs: Iterable[int]) -> list[set[int]]:
    """Sets of linear tensors that are added to each other and read by plain convolutions alone.

    Args:
        graph: the network.
        outputs: tensors that are wanted; what does not lead to them does not count.
    """
    needed = _needed(graph, outputs)
    group = {tensor: {tensor} for tensor in needed if _is_linear(needed[tensor])}
    for made, operation in needed.items():
        if operation.name == "ADD" and made in group:
            for source in operation.inputs:
                if source in group:
                    joined = group[made] | group[source]
                    group.update(dict.fromkeys(joined, joined))
    streams = {id(members): members for members in group.values()}.values()
    return [stream for stream in streams if _is_closed(stream, needed, set(outputs))]


def equalised(graph: TfliteGraph, streams: Iterable[set[int]], ranges: Mapping[int, Floats]) -> TfliteGraph:
    """The same network with even channels.

    Args:
        graph: the network.
        streams: from ``linear_streams``.
        ranges: largest magnitude of each channel of each tensor in them.
    """
    constants = dict(graph.constants)
    for stream in streams:
        most = np.max([ranges[tensor] for tensor in stream], axis=0)
        factor = np.maximum(most / most.max(), _LEAST_SHARE).astype(np.float32)
        for made, operation in graph.operations.items():
            if operation.name != "CONV_2D":
                continue
            kernel, bias = operation.inputs[1:3]
            if made in stream:
                constants[kernel] = constants[kernel] / factor[:, None, None, None]
                constants[bias] = constants[bias] / factor
            if operation.inputs[0] in stream:
                constants[kernel] = constants[kernel] * factor
    return replace(graph, constants=constants)


def channel_ranges(graph: TfliteGraph, tensors: Iterable[int], samples: Iterable[Floats]) -> dict[int, Floats]:
    """Largest magnitude of each channel of some tensors over some inputs."""
    import tensorflow as tf

    builder, wanted = Builder(graph), sorted(tensors)
    model = builder.finish({f"t{tensor:05d}": builder.tensor(tensor) for tensor in wanted})
    run: Callable[[Any], Any] = tf.function(lambda picture: model(picture, training=False))
    found: dict[int, Floats] = {}
    for sample in samples:
        outputs = run(tf.constant(sample))
        for tensor in wanted:
            most = np.abs(np.asarray(outputs[f"t{tensor:05d}"])).max(axis=(0, 1, 2))
            found[tensor] = np.maximum(found[tensor], most) if tensor in found else most
    return found


def _needed(graph: TfliteGraph, outputs: Iterable[int]) -> dict[int, Operation]:
    needed: dict[int, Operation] = {}
    pending = list(outputs)
    while pending:
        tensor = pending.pop()
        if tensor in graph.operations and tensor not in needed:
            needed[tensor] = graph.operations[tensor]
            pending += needed[tensor].inputs
    return needed


def _is_linear(operation: Operation) -> bool:
    return operation.name in ("CONV_2D", "ADD") and operation.options.get("fusedActivationFunction") == 0


def _is_closed(stream: set[int], needed: Mapping[int, Operation], outputs: set[int]) -> bool:
    """Whether all that goes in is made by convolutions and all that reads it is a convolution."""
    if stream & outputs:
        return False
    makers = (needed[tensor] for tensor in stream)
    if any(op.name == "ADD" and not stream.issuperset(op.inputs) for op in makers):
        return False
    readers = [(made, op) for made, op in needed.items() if stream.intersection(op.inputs)]
    return all(op.name == "CONV_2D" or (op.name == "ADD" and made in stream) for made, op in readers)
