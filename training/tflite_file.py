"""Puts a network, its card and its notices into one file, and looks into networks. Does not quantise."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from device.core.card import ModelCard, TensorSpec, card_to_json
from device.detect.load import CARD_NAME
from training.errors import ExportError, TrainingError

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""No time of making in the file: the same network and card give the same bytes."""


def write_model(path: Path, network: bytes, card: ModelCard, notices: Mapping[str, str]) -> ModelCard:
    """Write a model file: the network, then a zip archive with card, labels and notices.

    Args:
        path: the file to write.
        network: the flatbuffer.
        card: its card; the sum of the network is put in.
        notices: text files to carry along, by name.

    Returns:
        The card as written.

    Raises:
        TrainingError: the file cannot be written.
    """
    complete = replace(card, model_sha256=hashlib.sha256(network).hexdigest())
    texts = {CARD_NAME: card_to_json(complete), "labels.txt": "".join(f"{label}\n" for label in card.labels), **notices}
    buffer = io.BytesIO(network)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, text in texts.items():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(buffer.getvalue())
        part.replace(path)
    except OSError as error:
        # Half a file would hold the very room that is missing.
        with suppress(OSError):
            part.unlink()
        raise TrainingError(f"{path}: cannot be written: {error.strerror}; name another --out or make room") from error
    return complete


def tensor_spec(details: Mapping[str, Any], output: int) -> TensorSpec:
    """What an interpreter says of one tensor."""
    scale, zero_point = details["quantization"]
    shape = tuple(int(side) for side in details["shape"])
    return TensorSpec(output, shape, np.dtype(details["dtype"]).name, float(scale), int(zero_point))


def plain_interpreter(network: bytes) -> Any:
    """An interpreter without accelerating delegates, which would hide operations behind one of their own."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    return Interpreter(
        model_content=network, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )


def refuse_float(network: bytes) -> None:
    """Look at every tensor of a network.

    Raises:
        ExportError: one is a float, so an operation would run in float on the device.
    """
    interpreter = plain_interpreter(network)
    floats = [t["name"] for t in interpreter.get_tensor_details() if np.issubdtype(t["dtype"], np.floating)]
    if floats:
        raise ExportError(f"{len(floats)} tensors are not integers, so the graph is not full int8: {floats[0]}")
