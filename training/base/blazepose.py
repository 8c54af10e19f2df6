"""The published pose network without its face, its mask and its depth, and the proof that the rest is the same."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.base.equalise import channel_ranges, equalised, linear_streams
from training.base.tflite_graph import Builder, TfliteGraph
from training.errors import FetchError

SIDE_PX = 256
POINTS = (
    "left shoulder", "right shoulder", "left elbow", "right elbow", "left wrist", "right wrist",
    "left pinky", "right pinky", "left index", "right index", "left thumb", "right thumb",
    "left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle",
)  # fmt: skip
"""Of the 33 published points those from 11 to 28: the first eleven are of the face, the last four of heel and toes."""
_FIRST = 11
_VALUES = 5
"""A point: x, y, z, in view, there at all."""
TOLERANCE_PX = 1e-2


def build_blazepose(graph: TfliteGraph) -> Any:
    """A Keras model of ``points`` (1, 36), ``seen`` (1, 18) and ``presence`` (1, 1).

    Raises:
        FetchError: the graph is not of the known build.
    """
    import keras

    points, presence = _heads(graph)
    builder = Builder(graph)
    first = [_VALUES * (_FIRST + point) for point in range(len(POINTS))]
    xy = builder.convolution(points, [channel + axis for channel in first for axis in (0, 1)])
    seen = keras.ops.sigmoid(builder.convolution(points, [channel + 3 for channel in first]))
    there = keras.ops.sigmoid(builder.convolution(presence, [0]))
    named = {"points": xy, "presence": there, "seen": seen}
    return builder.finish({key: keras.layers.Flatten()(tensor) for key, tensor in named.items()})


def evened(graph: TfliteGraph, samples: Sequence[NDArray[np.float32]]) -> TfliteGraph:
    """The same network with even channels, by what some inputs (1, 256, 256, 3) make of it."""
    streams = linear_streams(graph, _heads(graph))
    return equalised(graph, streams, channel_ranges(graph, set().union(*streams), samples))


def check_equal(path: Path, model: Any, *, seed: int = 0) -> float:
    """Largest distance of a point between the published and the rebuilt network on a random picture, px.

    Raises:
        FetchError: it is more than ``TOLERANCE_PX``.
    """
    from ai_edge_litert.interpreter import Interpreter

    picture = np.random.default_rng(seed).random((1, SIDE_PX, SIDE_PX, 3), dtype=np.float32)
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    theirs = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).reshape(-1, _VALUES)
    ours = np.asarray(model(picture, training=False)["points"]).reshape(-1, 2)
    largest = float(np.abs(theirs[_FIRST : _FIRST + len(POINTS), :2] - ours).max())
    if not largest <= TOLERANCE_PX:
        raise FetchError(f"the rebuilt pose network differs from the published one by {largest:.2e} px")
    return largest


def _heads(graph: TfliteGraph) -> tuple[int, int]:
    """The convolutions that make points and presence."""
    return _head(graph, graph.outputs[0]), _head(graph, graph.outputs[1])


def _head(graph: TfliteGraph, output: int) -> int:
    """The convolution that makes an output, behind shapes and activations."""
    while graph.operations[output].name != "CONV_2D":
        output = graph.operations[output].inputs[0]
    return output
