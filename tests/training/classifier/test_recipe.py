"""Recipes of classifiers."""

from pathlib import Path

import pytest

from tests.training.classifier.drawn import write_class_recipe
from training.classifier.recipe import ClassRecipe
from training.errors import RecipeError
from training.train.kinds import find_recipe, read_recipe

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "classifier"', 'kind = "namer"', ["kind", "detector, classifier"]),
        ('weights = "none"', 'weights = "imagenet"', ["network", "nobody publishes"]),
        ('base = "small-cnn"', 'base = "efficientnet-lite0"\nunfreeze_from = "stage5"', ["weights is 'none'"]),
        ("epochs = 4", "epochs = 4\nfreeze_epochs = 2", ["freeze_epochs", "published weights"]),
        ("epochs = 4", "epoch = 4", ["training.epoch", "did you mean 'epochs'"]),
        ("epochs = 4", "epochs = 4\nfreeze_epochs = 5", ["over epochs"]),
        ("flip_share = 0.0", "flop_share = 0.0", ["flop_share", "flip_share"]),
        ("max_accuracy_loss", "max_ap_loss", ["export.max_ap_loss"]),
    ],
)
def test_a_fault_is_one_line_with_its_key(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    """As for detectors."""
    with pytest.raises(RecipeError) as caught:
        read_recipe(write_class_recipe(tmp_path / "r.toml", old, new))
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(("name", "base"), [("classes", "efficientnet-lite0"), ("cnn", "small-cnn")])
def test_the_recipes_that_come_along_are_read(name: str, base: str) -> None:
    """By name, with a header that holds the commands."""
    path = find_recipe(name)
    recipe = read_recipe(path)
    assert isinstance(recipe, ClassRecipe)
    assert recipe.network.base == base
    assert f"--recipe {name} " in path.read_text(encoding="utf-8")
