"""The network while it learns, and when it is finished."""

import numpy as np
import pytest

from training.base.fetch import cached_base
from training.detector.network import (
    Learner,
    build_learner,
    finished_network,
    get_weights,
    load_base,
    set_weights,
)
from training.nanodet import STRIDES, NanoDetSpec

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

SPEC = NanoDetSpec(64, 64, 3)
PICTURE = np.random.default_rng(1).normal(size=(1, 64, 64, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def learner() -> Learner:
    """A network with fresh weights."""
    return build_learner(SPEC, "float32")


def _outputs(learner: Learner, keep: float) -> dict[str, np.ndarray]:
    mask = np.full((1, len(STRIDES), learner.channels), keep, np.float32)
    return {name: np.asarray(value) for name, value in learner.model({"picture": PICTURE, "keep": mask}).items()}


def test_a_fresh_class_head_says_nothing_is_there(learner: Learner) -> None:
    """So that the first steps are not spent on forgetting."""
    scores = 1 / (1 + np.exp(-_outputs(learner, 1.0)["scores"]))
    assert scores.shape == (1, SPEC.cells, 3)
    assert abs(scores.mean() - 0.02) < 0.01


def test_dropout_reaches_the_classes_and_not_the_boxes(learner: Learner) -> None:
    """Without any channel a score is its bias alone."""
    all_of, none_of = _outputs(learner, 1.0), _outputs(learner, 0.0)
    np.testing.assert_array_equal(all_of["boxes"], none_of["boxes"])
    np.testing.assert_allclose(none_of["scores"], -np.log(49), rtol=1e-5)


def test_the_finished_network_says_what_the_learner_says(learner: Learner) -> None:
    """As scores instead of logits."""
    weights = get_weights(learner)
    finished = finished_network(SPEC, weights)(PICTURE)
    learning = _outputs(learner, 1.0)
    np.testing.assert_allclose(finished["scores"], 1 / (1 + np.exp(-learning["scores"])), atol=1e-5)
    np.testing.assert_allclose(finished["boxes"], learning["boxes"], atol=1e-5)


def test_weights_that_are_not_named_stay(learner: Learner) -> None:
    """One bias is set."""
    before = get_weights(learner)
    set_weights(learner, {"stem/bias": np.ones(32, np.float32)})
    after = get_weights(learner)
    assert (after["stem/bias"] == 1).all()
    np.testing.assert_array_equal(before["stem/kernel"], after["stem/kernel"])
    set_weights(learner, before)


def test_the_base_gives_all_but_the_class_heads(learner: Learner) -> None:
    """Only where the cache holds the published package."""
    if cached_base() is None:
        pytest.skip("the base package is not in the cache; shopwarden-train import fetches it")
    before = get_weights(learner)
    load_base(learner)
    after = get_weights(learner)
    same = {name for name in before if np.array_equal(before[name], after[name])}
    assert same == {f"head{level}_scores/{key}" for level in range(len(STRIDES)) for key in ("kernel", "bias")}
    set_weights(learner, before)
