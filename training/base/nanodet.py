"""Puts the published NanoDet-g weights into our network and proves both equal. Does not fetch them."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.base.reference import evaluate_graph
from training.base.tfjs import Graph
from training.errors import FetchError
from training.nanodet import STRIDES, NanoDetSpec, build_nanodet

COCO_CLASSES = 80
_SIZE_PX = 416
TOLERANCE = 1e-4
"""Most that an output of the rebuilt network may differ from the original, in scores and in logits of distances."""

Weights = tuple[NDArray[np.float32], NDArray[np.float32]]


def load_published(model: Any, graph: Graph, *, classes: int = COCO_CLASSES, heads: bool = True) -> None:
    """Copy the published weights into a network of any input size.

    Args:
        model: made by ``build_nanodet``.
        graph: the published graph.
        classes: number of score channels in the published heads.
        heads: also the score and box heads; without them those keep their fresh weights, for other classes.
    """
    published = _convolutions(graph)
    names = _layer_names(model)
    if len(published) != len(names):
        raise FetchError(f"the published graph has {len(published)} convolutions, expected {len(names)}")
    for name, (kernel, bias) in zip(names, published, strict=True):
        if not name.endswith("_out"):
            _set(model, name, kernel, bias)
        elif heads:
            stem = name.removesuffix("_out")
            _set(model, f"{stem}_scores", kernel[..., :classes], bias[:classes])
            _set(model, f"{stem}_boxes", kernel[..., classes:], bias[classes:])


def check_equal(graph: Graph, *, seed: int = 0) -> float:
    """Largest difference between the published graph and the rebuilt network on a random picture.

    Raises:
        FetchError: it is more than ``TOLERANCE``.
    """
    picture = np.random.default_rng(seed).normal(0.0, 1.2, (1, _SIZE_PX, _SIZE_PX, 3)).astype(np.float32)
    model = build_nanodet(NanoDetSpec(_SIZE_PX, _SIZE_PX, COCO_CLASSES), pool_pad=-np.inf)
    load_published(model, graph)
    ours = model(picture, training=False)
    theirs = evaluate_graph(graph, np.ascontiguousarray(picture.transpose(0, 3, 1, 2)))
    largest = 0.0
    for key, channels in (("scores", COCO_CLASSES), ("boxes", ours["boxes"].shape[-1])):
        levels = sorted((a for a in theirs.values() if a.shape[-1] == channels), key=lambda a: -a.shape[1])
        largest = max(largest, float(np.abs(np.concatenate(levels, axis=1) - np.asarray(ours[key])).max()))
    if not largest <= TOLERANCE:
        raise FetchError(f"the rebuilt network differs from the published one by {largest:.2e}")
    return largest


def _convolutions(graph: Graph) -> list[Weights]:
    """Kernel and bias of every convolution, in the order of the published names."""
    found: dict[int, Weights] = {}
    adds = {source: node for node in graph.nodes.values() if node.op == "Add" for source in node.inputs}
    for name, node in graph.nodes.items():
        if node.op == "Conv2D":
            number = re.search(r"_(\d+)$", name)
            bias = next(graph.weights[source] for source in adds[name].inputs if source in graph.weights)
            found[int(number[1]) if number else 0] = (graph.weights[node.inputs[1]], bias)
    return [found[number] for number in sorted(found)]


def _layer_names(model: Any) -> list[str]:
    """Our names in the published order: backbone, laterals, then the hidden and the last layer of each head."""
    convolutions = [layer.name for layer in model.layers if layer.__class__.__name__ == "Conv2D"]
    backbone = ["stem", *sorted((n for n in convolutions if n.startswith("stage")), key=_within_stage)]
    laterals = sorted(n for n in convolutions if n.startswith("lateral"))
    heads = [name for level in range(len(STRIDES)) for name in (f"head{level}_conv", f"head{level}_out")]
    return [*backbone, *laterals, *heads]


def _within_stage(name: str) -> tuple[str, int, str]:
    stage, part = name.split("_", 1)
    return stage, {"entry": 0, "exit": 2}.get(part, 1), part


def _set(model: Any, name: str, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    layer = model.get_layer(name)
    if tuple(layer.kernel.shape) != kernel.shape:
        raise FetchError(f"layer {name} takes {tuple(layer.kernel.shape)}, the published weights are {kernel.shape}")
    layer.set_weights([kernel, bias])
