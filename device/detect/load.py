"""Reads a model file and its card, and refuses what is damaged. Does not start an interpreter.

A model file is a TFLite flatbuffer with a zip archive behind it that holds ``card.json``, ``labels.txt`` and notices,
so any zip tool reads the card and any TFLite runtime the network.
"""

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from device.core.card import ModelCard, card_from_json
from device.detect.bundle import model_inside
from device.errors import ModelError

CARD_NAME = "card.json"
_MAGIC = b"TFL3"
_ARCHIVE_MAGIC = b"PK\x03\x04"
_MAX_FILE_BYTES = 256 * 2**20
_MAX_CARD_BYTES = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class ModelFile:
    """A model whose sum has been checked."""

    path: Path
    card: ModelCard
    network: bytes
    """The flatbuffer alone."""


def read_model(path: Path) -> ModelFile:
    """Read a model and its card, from a file of its own or from inside a bundle; signatures are not asked for.

    Raises:
        ModelError: the file cannot be read, is no TFLite model, has no card, or is not what its card says.
    """
    data = _read(path)
    return parse_model(path, model_inside(path, data) if data.startswith(_ARCHIVE_MAGIC) else data)


def parse_model(path: Path, data: bytes) -> ModelFile:
    """The same for bytes that were read already.

    Args:
        path: where they are from, for the errors.
        data: the whole model file.

    Raises:
        ModelError: as for a file.
    """
    if data[4:8] != _MAGIC:
        raise ModelError(f"{path}: not a TFLite model; give a .tflite file made by shopwarden-train")
    card_text, network_bytes = _archive(path, data)
    try:
        card = card_from_json(card_text)
    except ValueError as error:
        raise ModelError(f"{path}: {error}; export the model again") from error
    network = data[:network_bytes]
    if hashlib.sha256(network).hexdigest() != card.model_sha256:
        raise ModelError(f"{path}: damaged, the network is not the one its card names; copy the file again")
    return ModelFile(path=path, card=card, network=network)


def _read(path: Path) -> bytes:
    try:
        size_bytes = path.stat().st_size
        if size_bytes > _MAX_FILE_BYTES:
            raise ModelError(f"{path}: {size_bytes} bytes is too large for a model; give a .tflite file")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def _archive(path: Path, data: bytes) -> tuple[str, int]:
    """The text of the card, and where the network ends."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            network_bytes = min(entry.header_offset for entry in archive.infolist())
            entry = archive.getinfo(CARD_NAME)
            if entry.file_size > _MAX_CARD_BYTES:
                raise ModelError(f"{path}: its card is too large; export the model again")
            return archive.read(entry).decode("utf-8"), network_bytes
    # RuntimeError is zipfile's word for an entry that claims to be encrypted or packed in a way it does not know.
    except (KeyError, ValueError, RuntimeError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(
            f"{path}: no readable card at its end, the file is cut short or is not ours: {error}"
        ) from error
