"""The second family of detectors: its network, a step of learning, its way to the device."""

import io
from pathlib import Path

import numpy as np
import pytest

from device.detect.detector import open_detector
from tests.training.train.drawn import write_drawn, write_recipe
from training.base import efficientnet
from training.base.fetch import cache_dir
from training.detector.lite0 import build_lite0
from training.detector.network import build_learner, get_weights, load_base
from training.detector.task import DetectorTask
from training.efficientnet import layer_sources
from training.errors import RecipeError
from training.export import export
from training.nanodet import BINS, NanoDetSpec
from training.train.experiment import begin
from training.train.kinds import read_recipe
from training.train.loop import train
from training.train.progress import PlainProgress

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

_FAMILY = 'base = "none"\nfamily = "efficientnet-lite0"'


def test_it_has_the_outputs_that_the_decoder_reads() -> None:
    """As NanoDet: a score a class and four distributions for every cell."""
    spec = NanoDetSpec(96, 64, 3)
    outputs = build_lite0(spec)(np.zeros((1, 64, 96, 3), np.float32))
    assert outputs["scores"].shape == (1, spec.cells, 3)
    assert outputs["boxes"].shape == (1, spec.cells, 4 * BINS)


def test_the_published_weights_fill_its_backbone() -> None:
    """Only where the cache holds the package; neck and heads stay fresh."""
    if not (cache_dir() / efficientnet._WHEEL).is_file():
        pytest.skip("the package is not in the cache; training fetches it")
    learner = build_learner(NanoDetSpec(64, 64, 3), "float32", "efficientnet-lite0")
    before = get_weights(learner)
    load_base(learner, "efficientnet-lite0")
    after = get_weights(learner)
    filled = {name.split("/")[0] for name in before if not np.array_equal(before[name], after[name])}
    assert filled == set(layer_sources("")) - {"top"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_learns_and_runs_on_the_device(tmp_path: Path) -> None:
    """An epoch on drawn pictures, int8, and the device's own detector over a picture."""
    recipe = write_recipe(tmp_path / "r.toml", 'base = "none"', _FAMILY)
    text = recipe.read_text(encoding="utf-8").replace("epochs = 2", "epochs = 1", 1).replace("measure_every = 2", "")
    recipe.write_text(text, encoding="utf-8")
    experiment = begin(recipe, write_drawn(tmp_path / "data", 12), tmp_path / "run")
    position = train(DetectorTask(experiment), PlainProgress(io.StringIO()))
    assert np.isfinite(position.history[0]["losses"]["total"])
    export(experiment, tmp_path / "m.tflite", lambda _: None)
    detector = open_detector(tmp_path / "m.tflite")
    try:
        detector.detect_bgr(np.zeros((64, 64, 3), np.uint8))
    finally:
        detector.close()


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ('family = "efficientnet-lite0"', "base 'nanodet-g' has no weights for family 'efficientnet-lite0'"),
        (_FAMILY + "\nnamer = true", "namer goes with family 'nanodet-g'"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, new: str, words: str) -> None:
    """Weights of another family, and two networks that name things."""
    with pytest.raises(RecipeError, match=words):
        read_recipe(write_recipe(tmp_path / "r.toml", 'base = "none"', new))
