"""Reads a TensorFlow.js graph model: its nodes and its weights. Does not evaluate it or know any network."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import FetchError

_DTYPES = {"float32": np.float32, "float16": np.float16, "int32": np.int32}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operation of the graph."""

    name: str
    op: str
    inputs: tuple[str, ...]
    """Names of the nodes it reads; ``name:1`` is a second output."""
    attrs: Mapping[str, Any]

    def ints(self, key: str) -> list[int]:
        """The list of integers in an attribute."""
        return [int(value) for value in self.attrs[key]["list"].get("i", [])]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A graph model as its files describe it."""

    nodes: Mapping[str, Node]
    weights: Mapping[str, NDArray[Any]]
    input_name: str
    output_names: tuple[str, ...]


def read_graph(topology: Path, weights: Path) -> Graph:
    """Read the JSON topology and the one binary file of weights beside it.

    Args:
        topology: the ``.json`` file of the graph model.
        weights: the ``.bin`` file of its weights.

    Raises:
        FetchError: the files are no TensorFlow.js graph model or do not belong together.
    """
    try:
        model = json.loads(topology.read_text(encoding="utf-8"))
        nodes = {raw["name"]: _node(raw) for raw in model["modelTopology"]["node"]}
        entries = [entry for group in model["weightsManifest"] for entry in group["weights"]]
        blob = weights.read_bytes()
        arrays = _read_weights(entries, blob)
        outputs = tuple(sorted(name.split(":")[0] for name in model["signature"]["outputs"]))
        (input_name,) = (node.name for node in nodes.values() if node.op == "Placeholder")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FetchError(f"{topology}: not a TensorFlow.js graph model with one input: {error!r}") from error
    return Graph(nodes=nodes, weights=arrays, input_name=input_name, output_names=outputs)


def _node(raw: Mapping[str, Any]) -> Node:
    return Node(name=raw["name"], op=raw["op"], inputs=tuple(raw.get("input", ())), attrs=raw.get("attr", {}))


def _read_weights(entries: list[Mapping[str, Any]], blob: bytes) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    offset_bytes = 0
    for entry in entries:
        stored = np.dtype(_DTYPES[entry.get("quantization", {}).get("dtype", entry["dtype"])])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        array = np.frombuffer(blob, stored, count, offset_bytes).reshape(entry["shape"])
        offset_bytes += array.nbytes
        arrays[entry["name"]] = array.astype(_DTYPES[entry["dtype"]])
    if offset_bytes != len(blob):
        raise ValueError(f"weights end at byte {offset_bytes} of {len(blob)}")
    return arrays
