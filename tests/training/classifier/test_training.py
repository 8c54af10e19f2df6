"""Training, export and evaluation of classifiers on drawn pictures."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device.detect.load import read_model
from tests.training.classifier.conftest import train_classes
from tests.training.classifier.drawn import write_class_recipe, write_classes
from tests.training.train.drawn import write_drawn
from training.classifier.export import export_classifier
from training.classifier.scores import score_classes
from training.classifier.task import ClassExperiment
from training.cli import main
from training.errors import DataError, ExportError
from training.train.checkpoint import BEST, load_checkpoint
from training.train.experiment import begin, reopen

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

_KILLED = """
import os, signal, sys
from pathlib import Path
from training.classifier.task import ClassifierTask
from training.train.experiment import begin
from training.train.loop import train
from training.train.progress import PlainProgress

class Killer(PlainProgress):
    def advance(self, epoch, batch, batches, loss):
        if (epoch, batch) == (2, 2):
            os.kill(os.getpid(), signal.SIGKILL)

train(ClassifierTask(begin(*(Path(word) for word in sys.argv[1:]))), Killer(sys.stdout))
"""


def test_a_small_network_learns_colours(named: tuple[ClassExperiment, str]) -> None:
    """From chance to nearly all in four epochs; the history says how."""
    experiment, said = named
    history = json.loads((experiment.out / "history.json").read_text(encoding="utf-8"))["epochs"]
    assert history[-1]["val"]["accuracy"] >= 0.9
    assert history[-1]["losses"]["total"] < history[0]["losses"]["total"]
    assert "best: epoch" in said
    assert "accuracy" in said


def test_a_training_killed_inside_an_epoch_ends_like_an_undisturbed_one(
    classes: Path, named: tuple[ClassExperiment, str]
) -> None:
    """SIGKILL in the middle of the third epoch, then called again: the same weights to the last bit."""
    command = [sys.executable, "-c", _KILLED, str(classes / "r.toml"), str(classes / "data"), str(classes / "killed")]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=110)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-500:]
    resumed, said = train_classes(classes, "killed")
    assert "goes on at epoch 3, batch 2" in said
    one, other = (load_checkpoint(experiment.out / BEST) for experiment in (named[0], resumed))
    assert one is not None
    assert other is not None
    assert one.notes == other.notes
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])


def test_from_folders_to_a_model_of_the_device(
    named: tuple[ClassExperiment, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The card says what it is, and ``evaluate`` measures it on the pictures that were set aside."""
    model = tmp_path / "tiny.tflite"
    assert main(["export", str(named[0].out), "--out", str(model)]) == 0
    assert "int8 loses" in capsys.readouterr().out
    card = read_model(model).card
    assert (card.kind, card.labels, card.head) == ("classifier", ("blue", "green", "red"), None)
    assert card.measured["images"] == len(named[0].val)
    assert card.source["data_sha256"] == named[0].data_sha256
    call = ["evaluate", str(model), "--folders", str(named[0].out / "test"), "--out", str(tmp_path / "report")]
    assert main(call) == 0
    assert "accuracy" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["images"] == len(named[0].test)
    assert metrics["accuracy"] >= 0.8
    assert metrics["confusion"]["labels"] == ["blue", "green", "red"]
    assert np.sum(metrics["confusion"]["matrix"]) == metrics["images"]
    assert set(metrics["per_class"]["red"]) >= {"precision", "recall", "f1"}
    wrong = round((1 - metrics["accuracy"]) * metrics["images"])
    assert len(metrics["wrong"]) == wrong


def test_a_detector_is_not_measured_by_folders(
    classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a call that says neither, or both, is told which to give."""
    shipped = Path("models/general-320.tflite")
    out = ["--out", str(tmp_path)]
    assert main(["evaluate", str(shipped), "--folders", str(classes / "data"), *out]) == 1
    assert "not a classifier" in capsys.readouterr().err
    assert main(["evaluate", str(shipped), *out]) == 2
    assert "--folders" in capsys.readouterr().err
    assert main(["evaluate", str(shipped), "--folders", "x", "--coco", "y", *out]) == 2
    assert "leave --coco" in capsys.readouterr().err


def test_folders_without_a_known_class_are_refused(
    named: tuple[ClassExperiment, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the classes that the model knows."""
    model = tmp_path / "tiny.tflite"
    export_classifier(reopen(named[0].out), model, lambda _: None)
    for label, picture in (("purple", "red"), ("white", "blue")):
        (tmp_path / "other" / label).mkdir(parents=True)
        content = next((named[0].out / "test" / picture).iterdir()).read_bytes()
        (tmp_path / "other" / label / "a.png").write_bytes(content)
    assert main(["evaluate", str(model), "--folders", str(tmp_path / "other"), "--out", str(tmp_path / "r")]) == 2
    assert "blue, green, red" in capsys.readouterr().err


def test_an_export_that_loses_too_much_is_refused(
    named: tuple[ClassExperiment, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the float network is said to be perfect and int8 to be none."""
    perfect, none = score_classes([0, 1], [0, 1], ("a", "b")), score_classes([0, 1], [1, 0], ("a", "b"))
    answers = iter([none, perfect, none, perfect])
    monkeypatch.setattr("training.classifier.export.measure_classes", lambda *_: next(answers))
    with pytest.raises(ExportError, match=r"loses 1\.0000 accuracy, export\.max_accuracy_loss allows 0\.2"):
        export_classifier(named[0], named[0].out / "refused.tflite", lambda _: None)
    assert not list(named[0].out.glob("refused*"))


def test_a_network_that_loses_by_int8_learns_on(
    classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: tuple[ClassExperiment, str]
) -> None:
    """Here its first int8 form is said to name nothing right; the second comes of two epochs with rounding."""
    text = (classes / "r.toml").read_text(encoding="utf-8")
    recipe = tmp_path / "r.toml"
    recipe.write_text(text.replace("[export]", "[export]\nqat_epochs = 2"), encoding="utf-8")
    experiment = begin(recipe, classes / "data", tmp_path / "run")
    (experiment.out / BEST).write_bytes((named[0].out / BEST).read_bytes())
    perfect, none = score_classes([0, 1], [0, 1], ("a", "b")), score_classes([0, 1], [1, 0], ("a", "b"))
    answers = iter([none, perfect, none, perfect, perfect, perfect, perfect, perfect])
    monkeypatch.setattr("training.classifier.export.measure_classes", lambda *_: next(answers))
    said: list[str] = []
    card = export_classifier(experiment, tmp_path / "m.tflite", said.append)
    assert any("2 epochs with its levels in sight" in line for line in said)
    assert card.measured["int8_loses_accuracy"] == 0.0
    monkeypatch.undo()
    call = ["evaluate", str(tmp_path / "m.tflite"), "--folders", str(experiment.out / "test")]
    assert main([*call, "--out", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["accuracy"] >= 0.8


@pytest.mark.parametrize(
    ("change", "words"),
    [("boxes", "needs a folder a class"), ("one", "the one class"), ("few", "no training picture of the class")],
)
def test_data_that_cannot_teach_classes_are_refused(tmp_path: Path, change: str, words: str) -> None:
    """In one line that names the class or the folder."""
    data, recipe = tmp_path / "data", write_class_recipe(tmp_path / "r.toml")
    if change == "boxes":
        write_drawn(data)
    else:
        write_classes(data, 12)
    if change == "one":
        for label in ("red", "green"):
            (data / label).rename(tmp_path / label)
    if change == "few":
        for picture in sorted((data / "red").iterdir()):
            picture.unlink()
        kept = {"version": 1, "pictures": {}, "groups": {"red": "test"}}
        (data / "red" / "red.png").write_bytes((data / "blue" / "00.png").read_bytes())
        (data / "blue" / "00.png").unlink()
        (data / "splits.json").write_text(json.dumps(kept), encoding="utf-8")
        text = recipe.read_text(encoding="utf-8").replace("[data]", '[data]\ngroup_pattern = "(red)/"')
        recipe.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        begin(recipe, data, tmp_path / "run")
