"""Recipes of imported detectors."""

from pathlib import Path

import pytest

from training.base.recipe import RECIPES, read_recipe
from training.errors import RecipeError


def _changed(folder: Path, old: str, new: str) -> str:
    text = (RECIPES / "general.toml").read_text(encoding="utf-8")
    assert old in text
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    (folder / "general.LICENSE").write_text("free", encoding="utf-8")
    return str(path)


def test_the_shipped_recipe_is_read_by_name() -> None:
    """It makes both shipped detectors, and carries the licences."""
    recipe = read_recipe("general")
    assert recipe.sizes_px == (416, 320, 256)
    assert recipe.input_spec(320).width == 320
    assert recipe.max_ap_loss <= 0.01
    assert "Apache License" in recipe.licence_text
    assert "MIT License" in recipe.licence_text


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("nms_iou = 0.6", "nms_iou = 0.6\nnms_uoi = 1", "'nms_uoi' is not known"),
        ('base = "nanodet-g"', "", "'base' is missing"),
        ('base = "nanodet-g"', "base = 3", "'base' is not a str"),
        ("pictures = 100", "pictures = true", "'pictures' is not a int"),
        ("pad = [114, 114, 114]", "pad = [114]", "three values"),
        ("general.LICENSE", "gone.LICENSE", "licence_file"),
        ('name = "general"', "name = ", "not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    """File and key, in one line."""
    with pytest.raises(RecipeError, match=named) as caught:
        read_recipe(_changed(tmp_path, old, new))
    assert "mine.toml" in str(caught.value)


def test_an_unknown_name_lists_those_there_are() -> None:
    """The nearest help."""
    with pytest.raises(RecipeError, match="general"):
        read_recipe("gen")
