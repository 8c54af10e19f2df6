"""Several networks whose mean counts: what they say together, how they learn, their way to the device."""

import io
from pathlib import Path

import numpy as np
import pytest

from device.detect.detector import open_detector
from tests.training.train.drawn import write_drawn, write_recipe
from training.detector.members import train_detector
from training.detector.network import build_learner, finished_network, get_weights, join_weights
from training.detector.task import DetectorTask
from training.errors import ExportError, RecipeError, TrainingError
from training.export import export
from training.nanodet import NanoDetSpec
from training.train.checkpoint import BEST, Checkpoint, best_weights, save_checkpoint
from training.train.experiment import RECIPE, begin
from training.train.progress import PlainProgress
from training.train.task import Weights

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

SPEC = NanoDetSpec(64, 96, 3)
SQUARE = NanoDetSpec(64, 64, 2)
PICTURE = np.random.default_rng(1).normal(size=(1, 96, 64, 3)).astype(np.float32)


def _some_weights(seed: int, spec: NanoDetSpec = SPEC) -> Weights:
    random = np.random.default_rng(seed)
    fresh = get_weights(build_learner(spec, "float32"))
    return {name: random.normal(0.0, 0.05, value.shape).astype(np.float32) for name, value in fresh.items()}


def test_together_they_say_their_mean() -> None:
    """Of scores, not of logits, and of the distributions of the boxes' sides."""
    members = [_some_weights(seed) for seed in (1, 2, 3)]
    alone = [finished_network(SPEC, weights)(PICTURE) for weights in members]
    together = finished_network(SPEC, join_weights(members), members=3)(PICTURE)
    for name in ("scores", "boxes"):
        assert np.ptp([np.asarray(one[name]) for one in alone], axis=0).max() > 1e-3
        np.testing.assert_allclose(together[name], np.mean([one[name] for one in alone], axis=0), atol=1e-5)


def test_weights_of_another_network_are_told() -> None:
    """One that stood alone, or knew another number of classes."""
    for weights, members in ((_some_weights(1), 2), (_some_weights(1, NanoDetSpec(64, 96, 4)), 1)):
        with pytest.raises(TrainingError, match="of another network"):
            finished_network(SPEC, weights, members=members)


class _KilledError(Exception):
    """Stands for a kill."""


class _Trainer:
    """In the place of the loop, whose own tests kill and resume it: weights that hang on the seed, and the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self.kill_at = 0

    def __call__(self, task: DetectorTask, progress: PlainProgress) -> None:
        """Leave the best weights of a training in its folder."""
        self.calls.append((task.out.name, task.seed))
        if len(self.calls) == self.kill_at:
            raise _KilledError
        task.out.mkdir(parents=True, exist_ok=True)
        save_checkpoint(task.out / BEST, Checkpoint(dict(_some_weights(task.seed, SQUARE)), {"epoch": task.seed}))
        progress.say("best")


@pytest.mark.timeout(300)
def test_they_learn_in_turn_and_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with a seed and a folder of its own; nothing counts before all are there; then to the device."""
    trainer = _Trainer()
    monkeypatch.setattr("training.detector.members.train", trainer)
    recipe = write_recipe(tmp_path / "r.toml", "size_px = 64", "size_px = 64\nmembers = 2")
    experiment, said = begin(recipe, write_drawn(tmp_path / "data"), tmp_path / "run"), io.StringIO()
    trainer.kill_at = 2
    with pytest.raises(_KilledError):
        train_detector(experiment, PlainProgress(said))
    assert not (experiment.out / BEST).exists()

    # Called again it goes through all of them: the loop itself knows which are done.
    train_detector(experiment, PlainProgress(said))
    assert trainer.calls == [("member1", 3), ("member2", 4)] * 2
    assert "all 2 together: validation AP" in said.getvalue()
    joined = best_weights(experiment.out)
    assert joined.notes["epoch"] == "3, 4"
    for name, value in _some_weights(4, SQUARE).items():
        np.testing.assert_array_equal(joined.arrays[f"member2_{name}"], value)

    card = export(experiment, tmp_path / "m.tflite", lambda _: None)
    assert card.source["members"] == 2
    detector = open_detector(tmp_path / "m.tflite")
    try:
        detector.detect_bgr(np.zeros((64, 64, 3), np.uint8))
    finally:
        detector.close()

    # A member whose folder was copied from another training, or is damaged, is not joined without a word.
    before = (experiment.out / BEST).read_bytes()
    (experiment.out / "member2" / RECIPE).write_text("another", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"member2: was begun with another recipe"):
        train_detector(experiment, PlainProgress(said))
    (experiment.out / "member2" / RECIPE).unlink()
    monkeypatch.setattr("training.detector.members.train", lambda *_: None)
    (experiment.out / "member1" / BEST).write_bytes(b"PK half")
    with pytest.raises(TrainingError, match=r"member1.best.npz: damaged"):
        train_detector(experiment, PlainProgress(said))
    assert (experiment.out / BEST).read_bytes() == before

    # Levels are learned by one network only, and a refusal says so.
    monkeypatch.setattr("training.export.Comparison.loss", 1.5)
    with pytest.raises(ExportError, match=r"network.members = 1 and export.qat_epochs"):
        export(experiment, tmp_path / "refused.tflite", lambda _: None)
    assert not (tmp_path / "refused.tflite").exists()
