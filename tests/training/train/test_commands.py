"""The commands ``train`` and ``export``, as a person calls them."""

from pathlib import Path

import pytest

from device.detect.load import read_model
from tests.training.train.drawn import write_drawn, write_recipe
from training.cli import main
from training.detector.task import DetectorExperiment

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("recipe", "data", "word"),
    [
        ("gods", "data", "no such recipe"),
        ("r.toml", "nothing", "no such folder"),
        ("r.toml", "empty", "no pictures"),
        ("wrong.toml", "data", "did you mean 'batch'"),
    ],
)
def test_a_wrong_call_ends_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], recipe: str, data: str, word: str
) -> None:
    """Before anything is trained or written."""
    write_drawn(tmp_path / "data")
    (tmp_path / "empty").mkdir()
    write_recipe(tmp_path / "r.toml")
    write_recipe(tmp_path / "wrong.toml", "batch =", "bach =")
    name = str(tmp_path / recipe) if recipe.endswith(".toml") else recipe
    assert main(["train", "--recipe", name, "--data", str(tmp_path / data), "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert word in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run" / "recipe.toml").exists()


def test_from_pictures_to_a_model_of_the_device(
    folder: Path, trained: tuple[DetectorExperiment, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained already, so that only the end is told; the test pictures are left ready for ``evaluate``."""
    run, model = trained[0].out, tmp_path / "tiny.tflite"
    assert main(["train", "--recipe", str(folder / "r.toml"), "--data", str(folder / "data"), "--out", str(run)]) == 0
    assert "best: epoch" in capsys.readouterr().out
    assert main(["export", str(run), "--out", str(model)]) == 0
    assert "tensors that lose most" in capsys.readouterr().out
    assert read_model(model).card.labels == ("red", "blue")
    call = ["evaluate", str(model), "--coco", str(run / "test.json"), "--images", str(folder / "data" / "images")]
    assert main([*call, "--out", str(tmp_path / "report")]) == 0
    assert "2 pictures" in capsys.readouterr().out
