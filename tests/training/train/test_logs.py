"""What a training leaves to look at, where it cannot be written."""

from pathlib import Path

import pytest

from training.errors import TrainingError
from training.train.logs import TensorBoard, write_history

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

ENTRY = {"epoch": 1, "lr": 1e-3, "losses": {"total": 1.0}, "val": None}


def test_a_plot_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Here a folder is in its place; a full disk gives the same error."""
    (tmp_path / "history.png.part").mkdir()
    with pytest.raises(TrainingError, match=r"history\.png: cannot be written"):
        write_history(tmp_path, [ENTRY])


def test_a_log_that_cannot_be_begun_is_told(tmp_path: Path) -> None:
    """TensorFlow has errors of its own for files."""
    (tmp_path / "run").write_text("x", encoding="utf-8")
    with pytest.raises(TrainingError, match="tensorboard: cannot be written"):
        TensorBoard(tmp_path / "run" / "tensorboard")
