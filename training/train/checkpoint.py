"""Checkpoints that are whole or not there, whenever the process is killed. Does not know what is in them."""

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import RecipeError, TrainingError

BEST = "best.npz"
"""The checkpoint of the best epoch, in the folder of a training."""
_NOTES = "notes.json"
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Arrays by name, and notes that JSON can hold."""

    arrays: Arrays
    notes: dict[str, Any]


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in place of the one before.

    The bytes are on the disk before the name points to them: after a kill or a power cut the name holds the old one or
    the new one.

    Raises:
        TrainingError: it cannot be written.
    """
    arrays = {**checkpoint.arrays, _NOTES: np.frombuffer(json.dumps(checkpoint.notes).encode(), dtype=np.uint8)}
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}; make room and call again") from error


def load_checkpoint(path: Path) -> Checkpoint | None:
    """The checkpoint, or None where there is none yet.

    Raises:
        TrainingError: it is damaged.
    """
    try:
        # numpy leaves the file open where it is no archive, so it is opened here.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        notes = json.loads(arrays.pop(_NOTES).tobytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
        # What numpy says of it is about pickles, and would have a person load it unsafely.
        raise TrainingError(f"{path}: damaged, or no checkpoint at all; delete it to begin anew") from error
    return Checkpoint(arrays, notes)


def best_weights(run: Path) -> Checkpoint:
    """The best weights of a training, by its folder.

    Raises:
        RecipeError: it has measured none yet.
        TrainingError: they are damaged.
    """
    best = load_checkpoint(run / BEST)
    if best is None:
        raise RecipeError(f"{run}: no weights yet; 'shopwarden-train train' makes them")
    return best


def weights_sha256(weights: Mapping[str, NDArray[Any]]) -> str:
    """The sum of all weights, by name."""
    total = hashlib.sha256()
    for name in sorted(weights):
        total.update(name.encode() + np.ascontiguousarray(weights[name]).tobytes())
    return total.hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a small file in place of the one before, whole or not at all.

    Raises:
        TrainingError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}") from error


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """The same for JSON."""
    write_text(path, json.dumps(value, indent=1) + "\n")


def _sync_folder(folder: Path) -> None:
    """The new name itself is only safe once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
