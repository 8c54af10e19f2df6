"""Recipes of trainings."""

from pathlib import Path

import pytest

from tests.training.train.drawn import RECIPE, write_recipe
from training.errors import RecipeError
from training.train.kinds import find_recipe, read_recipe
from training.train.recipe import parse_recipe

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("epochs = 2", "epoch = 2", ["training.epoch", "did you mean 'epochs'"]),
        ("[network]", "[netwrok]", ["netwrok", "did you mean 'network'"]),
        ("batch = 4", 'batch = "4"', ["training.batch", "valid integer", "'4'"]),
        ("size_px = 64", "size_px = 100", ["network.size_px", "multiple of 32"]),
        ("lr = 2e-3", "lr = 7", ["training.lr", "less than or equal to 1"]),
        ('base = "none"', 'base = "yolo"', ["network.base", "nanodet-g"]),
        ("warmup_epochs = 0.5", "warmup_epochs = 3", ["training", "warmup_epochs 3 is not under epochs 2"]),
        ("epochs = 2", 'epochs = 2\nfrozen = ["stem"]', ["frozen", "base is 'none'"]),
        ("epochs = 2", 'epochs = 2\nfrozen = ["stam"]', ["training.frozen.0", "stem"]),
        ("size_px = 64", "size_px = 64\nmembers = 6", ["network.members", "less than or equal to 5"]),
        ('licence = "CC0"', "", ["export.licence", "is missing"]),
        ("[export]", "[augment]\nmosaic = 1\n[export]", ["augment", "mosaic"]),
        ("[export]", "[augment]\nmosaic_share = 2\n[export]", ["mosaic_share", "0 to 1"]),
        ('name = "tiny"', 'name = "Tiny one"', ["name"]),
        ("[data]", "[data", ["not TOML"]),
    ],
)
def test_a_fault_is_one_line_with_file_and_key(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    """And the nearest key where one was mistyped."""
    with pytest.raises(RecipeError) as caught:
        read_recipe(write_recipe(tmp_path / "r.toml", old, new))
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(str(tmp_path / "r.toml"))
    assert all(word in text for word in words)


def test_several_networks_do_not_learn_their_levels() -> None:
    """There is no one network whose levels could be in sight."""
    text = 'name = "a"\n[network]\nmembers = 3\n[training]\nepochs = 9\n[export]\nlicence = "x"\nqat_epochs = 3'
    with pytest.raises(RecipeError, match=r"qat_epochs is for one network; with network.members over 1 it must be 0"):
        parse_recipe(text, "a.toml")


def test_what_a_recipe_leaves_out_has_a_default() -> None:
    """The shares of pictures add up to one."""
    recipe = parse_recipe('name = "a"\n[training]\nepochs = 9\n[export]\nlicence = "x"', "a.toml")
    assert recipe.network.base == "nanodet-g"
    assert recipe.shares.train == pytest.approx(0.7)


def test_the_recipes_that_come_along_are_read() -> None:
    """By name, with the header that says what to expect."""
    path = find_recipe("goods")
    assert read_recipe(path).name == "goods"
    header = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert any("shopwarden-train train" in line for line in header)
    assert any("minutes" in line for line in header)


def test_an_unknown_recipe_is_told_with_those_that_are_known() -> None:
    """By name and by path."""
    with pytest.raises(RecipeError, match="goods"):
        find_recipe("god")
    with pytest.raises(RecipeError, match="no such recipe"):
        find_recipe("missing/god.toml")


def test_a_recipe_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Rather than a traceback about bytes."""
    (tmp_path / "r.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="not UTF-8"):
        read_recipe(tmp_path / "r.toml")


def test_the_test_recipe_uses_its_settings() -> None:
    """So that the tests of the loop test what they mean to."""
    assert parse_recipe(RECIPE, "r").training.epochs == 2
