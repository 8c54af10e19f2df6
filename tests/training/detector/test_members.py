"""Several networks whose mean counts: what they say together, how they learn, their way to the device."""

import io
from pathlib import Path

import numpy as np
import pytest

from device.detect.detector import open_detector
from tests.training.train.drawn import write_drawn, write_recipe
from training.detector.members import train_detector
from training.detector.network import build_learner, finished_network, get_weights, join_weights
from training.errors import ExportError
from training.export import export
from training.nanodet import NanoDetSpec
from training.train.checkpoint import BEST, best_weights
from training.train.experiment import begin
from training.train.progress import PlainProgress
from training.train.task import Weights

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

SPEC = NanoDetSpec(64, 96, 3)
PICTURE = np.random.default_rng(1).normal(size=(1, 96, 64, 3)).astype(np.float32)


def _some_weights(seed: int) -> Weights:
    random = np.random.default_rng(seed)
    fresh = get_weights(build_learner(SPEC, "float32"))
    return {name: random.normal(0.0, 0.05, value.shape).astype(np.float32) for name, value in fresh.items()}


def test_together_they_say_their_mean() -> None:
    """Of scores, not of logits, and of the distributions of the boxes' sides."""
    members = [_some_weights(seed) for seed in (1, 2, 3)]
    alone = [finished_network(SPEC, weights)(PICTURE) for weights in members]
    together = finished_network(SPEC, join_weights(members), members=3)(PICTURE)
    for name in ("scores", "boxes"):
        assert np.ptp([np.asarray(one[name]) for one in alone], axis=0).max() > 1e-3
        np.testing.assert_allclose(together[name], np.mean([one[name] for one in alone], axis=0), atol=1e-5)


class _KilledError(Exception):
    """Stands for a kill."""


class _Stopper(PlainProgress):
    """Stops the second member in its second epoch."""

    def __init__(self, stream: io.StringIO) -> None:
        super().__init__(stream)
        self._members = 0

    def say(self, line: str) -> None:
        """Count the members."""
        super().say(line)
        self._members += line.startswith("member")

    def advance(self, epoch: int, batch: int, batches: int, loss: float) -> None:  # noqa: ARG002 - as it is called
        """Stop where it is time."""
        if (self._members, epoch, batch) == (2, 1, 2):
            raise _KilledError


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_they_learn_in_turn_and_go_on_where_they_were_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with a seed of its own; interrupted or not, the same weights to the last bit; then to the device.

    Where int8 loses too much, the refusal says what can be done: levels are learned by one network only.
    """
    data = write_drawn(tmp_path / "data")
    recipe = write_recipe(tmp_path / "r.toml", "size_px = 64", "size_px = 64\nmembers = 2")
    straight, said = begin(recipe, data, tmp_path / "straight"), io.StringIO()
    train_detector(straight, PlainProgress(said))
    assert "all 2 together: validation AP" in said.getvalue()
    joined = best_weights(straight.out).arrays
    name = "head0_scores/kernel"
    assert np.abs(joined[f"member1_{name}"] - joined[f"member2_{name}"]).max() > 0

    stopped, said = begin(recipe, data, tmp_path / "stopped"), io.StringIO()
    with pytest.raises(_KilledError):
        train_detector(stopped, _Stopper(said))
    assert not (stopped.out / BEST).exists()
    train_detector(stopped, PlainProgress(said))
    assert "goes on at epoch 2, batch 2" in said.getvalue()
    for name, array in best_weights(stopped.out).arrays.items():
        np.testing.assert_array_equal(array, joined[name])

    card = export(straight, tmp_path / "m.tflite", lambda _: None)
    assert (card.source["members"], card.source["epoch"]) == (2, "2, 2")
    detector = open_detector(tmp_path / "m.tflite")
    try:
        detector.detect_bgr(np.zeros((64, 64, 3), np.uint8))
    finally:
        detector.close()
    monkeypatch.setattr("training.export.Comparison.loss", 1.5)
    with pytest.raises(ExportError, match=r"network.members = 1 and export.qat_epochs"):
        export(straight, tmp_path / "refused.tflite", lambda _: None)
    assert not (tmp_path / "refused.tflite").exists()
