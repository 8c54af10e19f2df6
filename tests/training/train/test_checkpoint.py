"""Checkpoints."""

from pathlib import Path

import numpy as np
import pytest

from training.errors import TrainingError
from training.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    """Names with slashes, whole numbers, one number alone, notes."""
    arrays = {"a/kernel": np.arange(6.0, dtype=np.float32).reshape(2, 3), "heads/0": np.array(7)}
    save_checkpoint(tmp_path / "run" / "c.npz", Checkpoint(arrays, {"epoch": 2, "history": [{"val": None}]}))
    read = load_checkpoint(tmp_path / "run" / "c.npz")
    assert read is not None
    assert read.notes == {"epoch": 2, "history": [{"val": None}]}
    assert read.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array)
        assert read.arrays[name].dtype == array.dtype


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    """A training that begins."""
    assert load_checkpoint(tmp_path / "c.npz") is None


def test_a_save_that_was_killed_leaves_the_one_before(tmp_path: Path) -> None:
    """What a kill leaves is half a file under another name."""
    path = tmp_path / "c.npz"
    save_checkpoint(path, Checkpoint({"a": np.ones(3)}, {"epoch": 1}))
    path.with_name("c.npz.part").write_bytes(path.read_bytes()[:50])
    read = load_checkpoint(path)
    assert read is not None
    assert read.notes == {"epoch": 1}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"text"])
def test_a_damaged_checkpoint_is_told(tmp_path: Path, content: bytes) -> None:
    """With what to do about it."""
    (tmp_path / "c.npz").write_bytes(content)
    with pytest.raises(TrainingError, match="delete it"):
        load_checkpoint(tmp_path / "c.npz")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Here a file is in its place."""
    (tmp_path / "run").write_text("x")
    with pytest.raises(TrainingError, match="cannot be written"):
        save_checkpoint(tmp_path / "run" / "c.npz", Checkpoint({}, {}))
