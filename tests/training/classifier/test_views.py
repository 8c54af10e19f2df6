"""What the frozen part sees: once a view, in turn, and the same after an interruption."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.classifier.recipe import ClassRecipe, parse_class_recipe
from training.classifier.task import ClassifierTask
from training.classifier.views import Views
from training.train.experiment import begin

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train


class _Trunk:
    """Gives the mean colour of each picture, and counts the batches that it is traced or called for."""

    def __init__(self) -> None:
        self.seen = tf.Variable(0)

    def __call__(self, pictures: Any, *, training: bool) -> Any:  # noqa: ARG002 - as a network is called
        """As a network is called."""
        self.seen.assign_add(tf.shape(pictures)[0])
        return tf.reduce_mean(pictures, axis=(1, 2))


def _views(classes: Path) -> tuple[Views, _Trunk, int]:
    experiment = begin(classes / "r.toml", classes / "data", classes / "run")
    task, trunk = ClassifierTask(experiment), _Trunk()
    return Views(task._feed, trunk, task._augment, task.seed), trunk, len(experiment.train)


def _rows(batches: Any) -> np.ndarray:
    return np.concatenate([np.column_stack([seen, labels]) for seen, labels in batches])


def test_every_picture_is_seen_once_a_view(classes: Path) -> None:
    """Four epochs of two views cost two looks; epochs of one view hold the same in another order."""
    views, trunk, pictures = _views(classes)
    epochs = [_rows(views.epoch(number, 2, 8)) for number in range(4)]
    assert int(trunk.seen) == 2 * pictures
    assert [len(rows) for rows in epochs] == [pictures] * 4
    assert not np.array_equal(epochs[0], epochs[2])
    for first, later in ((0, 2), (1, 3)):
        np.testing.assert_array_equal(np.sort(epochs[first], axis=0), np.sort(epochs[later], axis=0))
    assert not np.array_equal(np.sort(epochs[0], axis=0), np.sort(epochs[1], axis=0))


def test_an_interrupted_epoch_goes_on_where_it_was(classes: Path) -> None:
    """Other objects, the same draws: what is left of the epoch is what would have come."""
    whole = _rows(_views(classes)[0].epoch(3, 2, 8))
    rest = _rows(_views(classes)[0].epoch(3, 2, 8, skip=2))
    np.testing.assert_array_equal(whole[16:], rest)


def test_the_recipe_that_comes_along_has_views() -> None:
    """So that a frozen part is worth its memory."""
    text = Path("training/recipes/classes.toml").read_text(encoding="utf-8")
    recipe = parse_class_recipe(text, "classes")
    assert isinstance(recipe, ClassRecipe)
    assert recipe.network.views > 1
