"""Evaluates a TensorFlow.js graph node by node, as the truth that a rebuilt network is held against. Not for speed."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.base.tfjs import Graph, Node
from training.errors import FetchError


def evaluate_graph(graph: Graph, picture: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Run the graph on one input and return its outputs by name.

    Args:
        graph: the graph as read from its files.
        picture: its input in its own layout, here (1, 3, height, width).
    """
    values: dict[str, Any] = {graph.input_name: picture, **graph.weights}
    for name in _in_order(graph):
        node = graph.nodes[name]
        operation = _operations().get(node.op)
        if operation is None:
            raise FetchError(f"the graph holds an operation that is not known here: {node.op}")
        result = operation(node, *(_read(values, source) for source in node.inputs))
        values[name] = result
    return {name: np.asarray(values[name], dtype=np.float32) for name in graph.output_names}


def _read(values: Mapping[str, Any], source: str) -> Any:
    name, _, index = source.partition(":")
    value = values[name]
    return value[int(index or 0)] if isinstance(value, list) else value


def _in_order(graph: Graph) -> list[str]:
    """Names of all nodes to evaluate, each after those it reads."""
    order: list[str] = []
    done = {graph.input_name, *graph.weights}
    stack = list(graph.output_names)
    while stack:
        name = stack[-1].split(":")[0]
        waiting = [source for source in graph.nodes[name].inputs if source.split(":")[0] not in done]
        if name not in done and waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        if name not in done:
            done.add(name)
            order.append(name)
    return order


def _operations() -> dict[str, Callable[..., Any]]:
    import tensorflow as tf

    def conv2d(node: Node, value: Any, kernel: Any) -> Any:
        return tf.nn.conv2d(value, kernel, strides=node.ints("strides"), padding="VALID")

    def max_pool(node: Node, value: Any) -> Any:
        return tf.nn.max_pool2d(value, node.ints("ksize"), node.ints("strides"), padding="VALID")

    def resize(_: Node, value: Any, size: Any) -> Any:
        return tf.compat.v1.image.resize_bilinear(value, size, half_pixel_centers=True)

    def sparse_to_dense(_: Node, where: Any, shape: Any, values: Any, default: Any) -> Any:
        return tf.compat.v1.sparse_to_dense(where, shape, values, default)

    return {
        "Conv2D": conv2d,
        "MaxPool": max_pool,
        "ResizeBilinear": resize,
        "SparseToDense": sparse_to_dense,
        "Add": lambda _, a, b: tf.add(a, b),
        "AddV2": lambda _, a, b: tf.add(a, b),
        "ConcatV2": lambda _, *parts: tf.concat(parts[:-1], axis=int(parts[-1])),
        "Identity": lambda _, value: value,
        "LeakyRelu": lambda node, value: tf.nn.leaky_relu(value, alpha=float(node.attrs["alpha"]["f"])),
        "Pad": lambda _, value, paddings: tf.pad(value, paddings),
        "PadV2": lambda _, value, paddings, fill: tf.pad(value, paddings, constant_values=fill),
        "Reshape": lambda _, value, shape: tf.reshape(value, shape),
        "Sigmoid": lambda _, value: tf.sigmoid(value),
        "SplitV": lambda _, value, sizes, axis: tf.split(value, sizes, axis=int(axis)),
        "Transpose": lambda _, value, order: tf.transpose(value, order),
    }
