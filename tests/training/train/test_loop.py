"""Training and export on drawn pictures: learning, repeating, resuming, refusing."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import training.export
from device.detect.load import read_model
from tests.training.train.conftest import train_drawn
from tests.training.train.drawn import write_drawn, write_recipe
from training.calibration import stratified
from training.data.memory import divide_and_keep, samples_of
from training.data.read import read_data
from training.data.splits import Shares
from training.detector.task import DetectorExperiment
from training.errors import DataError, ExportError, RecipeError, TrainingError
from training.export import export, thresholds
from training.metrics import OperatingPoint, Scores
from training.train.checkpoint import BEST, Checkpoint, load_checkpoint, save_checkpoint
from training.train.experiment import begin, reopen
from training.train.loop import CHECKPOINT
from training.train.progress import open_progress

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

_KILLED = """
import os, signal, sys
from pathlib import Path
from training.detector.task import DetectorTask
from training.train.experiment import begin
from training.train.loop import train
from training.train.progress import PlainProgress

class Killer(PlainProgress):
    def advance(self, epoch, batch, batches, loss):
        if (epoch, batch) == (1, 2):
            os.kill(os.getpid(), signal.SIGKILL)

train(DetectorTask(begin(*(Path(word) for word in sys.argv[1:]))), Killer(sys.stdout))
"""


def _history(experiment: DetectorExperiment) -> list[dict[str, Any]]:
    epochs = json.loads((experiment.out / "history.json").read_text(encoding="utf-8"))["epochs"]
    return [{key: value for key, value in entry.items() if key != "seconds"} for entry in epochs]


def test_the_losses_fall_and_are_written_down(trained: tuple[DetectorExperiment, str]) -> None:
    """As lines, as JSON, as a plot and for TensorBoard."""
    experiment, said = trained
    history = _history(experiment)
    assert [entry["epoch"] for entry in history] == [1, 2]
    assert history[-1]["losses"]["total"] < history[0]["losses"]["total"]
    assert said.count("epoch ") == 3
    assert (experiment.out / "history.png").read_bytes().startswith(b"\x89PNG")
    # Other tests call this training again, and each call that trains on leaves a file of its own.
    assert any(b"loss/total" in events.read_bytes() for events in (experiment.out / "tensorboard").iterdir())


@pytest.mark.slow
def test_a_training_killed_inside_an_epoch_ends_like_an_undisturbed_one(
    folder: Path, trained: tuple[DetectorExperiment, str]
) -> None:
    """SIGKILL in the middle of the second epoch, then called again: the same weights to the last bit."""
    out = folder / "killed"
    command = [sys.executable, "-c", _KILLED, str(folder / "r.toml"), str(folder / "data"), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=110)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-500:]
    resumed, said = train_drawn(folder, "killed")
    assert "goes on at epoch 2, batch 2" in said
    assert _history(resumed) == _history(trained[0])
    one, other = (load_checkpoint(experiment.out / BEST) for experiment in (trained[0], resumed))
    assert one is not None
    assert other is not None
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(array, other.arrays[name])


def test_a_finished_training_called_again_changes_nothing(
    folder: Path, trained: tuple[DetectorExperiment, str]
) -> None:
    """It says what was best."""
    before = (trained[0].out / BEST).read_bytes()
    _, said = train_drawn(folder, "run")
    assert "is at its end, epoch 2" in said
    assert "goes on" not in said
    assert "best: epoch" in said
    assert (trained[0].out / BEST).read_bytes() == before


def test_a_training_whose_best_weights_are_gone_says_how_to_begin_anew(
    folder: Path, trained: tuple[DetectorExperiment, str]
) -> None:
    """It would end at once and leave none, and ``export`` would send the reader back to it for ever."""
    out = folder / "gone"
    shutil.copytree(trained[0].out, out)
    (out / BEST).unlink()
    with pytest.raises(TrainingError, match=r"best\.npz: is gone.*delete .*checkpoint\.npz"):
        train_drawn(folder, "gone")


def test_a_checkpoint_of_another_network_is_told(folder: Path) -> None:
    """One that was copied from another training."""
    save_checkpoint(folder / "strange" / CHECKPOINT, Checkpoint({"weights/x": np.ones(3)}, {}))
    with pytest.raises(TrainingError, match=r"checkpoint\.npz: of another network"):
        train_drawn(folder, "strange")


def test_a_model_that_cannot_be_written_is_told(trained: tuple[DetectorExperiment, str], tmp_path: Path) -> None:
    """Here a file is where its folder should be."""
    (tmp_path / "models").write_text("x", encoding="utf-8")
    with pytest.raises(TrainingError, match="cannot be written"):
        export(trained[0], tmp_path / "models" / "m.tflite", lambda _: None)


@pytest.mark.slow
def test_two_devices_learn_together(folder: Path) -> None:
    """Two logical processors stand for two accelerators; in a process of its own, as TensorFlow divides only once."""
    script = """
import sys
from pathlib import Path
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from training.detector.task import DetectorTask
from training.train.experiment import begin
from training.train.loop import train
from training.train.progress import PlainProgress
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
train(DetectorTask(begin(*(Path(word) for word in sys.argv[1:]))), PlainProgress(sys.stdout), strategy)
"""
    out = folder / "mirrored"
    recipe = write_recipe(folder / "one.toml", "epochs = 2", "epochs = 1")
    command = [sys.executable, "-c", script, str(recipe), str(folder / "data"), str(out)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    (epoch,) = _history(reopen(out))
    assert 0 < epoch["losses"]["total"] < 100
    assert epoch["val"]["ap"] >= 0


def test_another_recipe_in_the_same_folder_is_refused(folder: Path, trained: tuple[DetectorExperiment, str]) -> None:
    """Half of one and half of another is no experiment."""
    other = write_recipe(folder / "other.toml", "seed = 3", "seed = 4")
    with pytest.raises(RecipeError, match="another recipe"):
        begin(other, folder / "data", trained[0].out)


def test_data_that_have_changed_are_refused(tmp_path: Path) -> None:
    """A box moved between two calls."""
    data, recipe = write_drawn(tmp_path / "data"), write_recipe(tmp_path / "r.toml")
    begin(recipe, data, tmp_path / "run")
    raw = json.loads((data / "instances.json").read_text(encoding="utf-8"))
    for box in raw["annotations"]:
        box["bbox"][2] -= 1
    (data / "instances.json").write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(DataError, match="has changed"):
        begin(recipe, data, tmp_path / "run")


def test_the_division_that_inspect_kept_is_taken_over(tmp_path: Path) -> None:
    """A picture that was frozen for testing is not learned from, whatever the shares of the recipe."""
    data, recipe = write_drawn(tmp_path / "data"), write_recipe(tmp_path / "r.toml")
    dataset = read_data(data)
    kept = divide_and_keep(dataset, data / "splits.json", Shares(0.5, 0.2, 0.3))
    experiment = begin(recipe, data, tmp_path / "run")
    assert [sample.path for sample in experiment.test] == [sample.path for sample in samples_of(dataset, kept, "test")]
    assert len(experiment.test) == 6


def test_an_exported_model_is_read_by_the_device_and_says_what_it_is(trained: tuple[DetectorExperiment, str]) -> None:
    """Labels, thresholds, data, figures; and what the command says names the tensors that lose most."""
    said: list[str] = []
    path = trained[0].out / "tiny.tflite"
    written = export(reopen(trained[0].out), path, said.append)
    card = read_model(path).card
    assert card == written
    assert card.labels == ("red", "blue")
    assert set(card.thresholds) <= {"default", "red", "blue"}
    assert card.source["data_sha256"] == trained[0].data_sha256
    assert card.measured["images"] == len(trained[0].val)
    assert card.measured["int8_loses_ap_on"] == 20
    assert any("lose most" in line and "head" in line for line in said)
    assert not path.with_name("tiny.tflite.trial").exists()


def test_an_export_that_loses_too_much_is_refused_with_its_figures(
    trained: tuple[DetectorExperiment, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the float network is said to be perfect."""
    perfect = replace(_scores(), ap=1.0)
    monkeypatch.setattr("training.export._float_scores", lambda *_: perfect)
    export_table = trained[0].recipe.export.model_copy(update={"max_ap_loss": 0.001})
    strict = replace(trained[0], recipe=trained[0].recipe.model_copy(update={"export": export_table}))
    with pytest.raises(ExportError, match=r"loses .* AP, export\.max_ap_loss allows 0\.001 .*float AP 1\.0000"):
        export(strict, trained[0].out / "refused.tflite", lambda _: None)
    assert not list(trained[0].out.glob("refused*"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_detector_that_loses_by_int8_learns_on(
    folder: Path, trained: tuple[DetectorExperiment, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here its first int8 form is said to find nothing; the second comes of an epoch with rounding, and is measured."""
    recipe = write_recipe(tmp_path / "r.toml", "max_ap_loss = 1.0", "max_ap_loss = 0.5\nqat_epochs = 1")
    experiment = begin(recipe, folder / "data", tmp_path / "run")
    (experiment.out / BEST).write_bytes((trained[0].out / BEST).read_bytes())
    answers = iter([replace(_scores(), ap=0.0)] * 2)
    measured = training.export._int8_scores
    monkeypatch.setattr(training.export, "_int8_scores", lambda *given: next(answers, None) or measured(*given))
    monkeypatch.setattr(training.export, "_float_scores", lambda *_: replace(_scores(), ap=0.51))
    said: list[str] = []
    card = export(experiment, tmp_path / "m.tflite", said.append)
    assert card.measured["float_ap"] == 0.51
    assert card.measured["ap"] > 0.0
    assert read_model(tmp_path / "m.tflite").card == card
    assert any("1 epochs with its levels in sight" in line for line in said)
    assert next(answers, None) is None
    (folder_of_weights,) = (experiment.out / "qat").iterdir()
    best = load_checkpoint(folder_of_weights / BEST)
    assert best is not None
    assert any(name.startswith("logits_kept_range/") for name in best.arrays)


def test_a_folder_without_a_training_cannot_be_exported(tmp_path: Path, folder: Path) -> None:
    """Neither an empty one nor one that has only begun."""
    with pytest.raises(RecipeError, match="holds no training"):
        reopen(tmp_path)
    begun = begin(folder / "r.toml", folder / "data", tmp_path / "run")
    with pytest.raises(RecipeError, match="no weights yet"):
        export(begun, tmp_path / "m.tflite", lambda _: None)
    with pytest.raises(RecipeError, match=r"end in \.tflite"):
        export(begun, tmp_path / "m.bin", lambda _: None)


def _scores() -> Any:
    return Scores(
        ap=0.5, ap50=0.5, ap75=0.5, ar100=0.5,
        per_class={"red": {"support": 20}, "blue": {"support": 0}, "green": {"support": 60}},
        operating_point=OperatingPoint(0.4, 1.0, 1.0, 1.0),
        class_points={"red": OperatingPoint(0.8, 1.0, 1.0, 1.0), "green": OperatingPoint(1.0, 0.0, 0.0, 0.0)},
        confusion_labels=(), confusion=np.zeros((0, 0), np.int64), not_in_model=(), not_in_set=(),
    )  # fmt: skip


def test_thresholds_lean_to_the_common_one_where_boxes_are_few() -> None:
    """Half way at 20 boxes; all of it where the class was never found."""
    assert thresholds(_scores()) == {"default": 0.4, "red": 0.6, "green": 0.4}


def test_every_class_is_among_the_pictures_that_give_the_ranges(folder: Path) -> None:
    """However few they are, and never a picture twice."""
    samples = begin(folder / "r.toml", folder / "data", folder / "ranges").train
    for count in (2, 5, 100):
        chosen = stratified(samples, count, 2)
        assert len(chosen) == len({sample.path for sample in chosen}) == min(count, len(samples))
        assert {label for sample in chosen for label in sample.labels} == {0, 1}


def test_a_log_has_no_bars() -> None:
    """Lines only, each at once; a terminal gets a bar."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream in (io.StringIO(), Terminal()):
        with open_progress(stream) as progress:
            progress.advance(0, 1, 2, 0.5)
            progress.say("a line")
        assert "a line" in stream.getvalue()
        assert ("\x1b[" in stream.getvalue()) == stream.isatty()
