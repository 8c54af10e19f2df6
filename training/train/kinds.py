"""Finds recipes and tells those of detectors from those of classifiers. Does not carry them out."""

import tomllib
from collections.abc import Callable
from pathlib import Path

from training.base.recipe import RECIPES
from training.classifier.recipe import ClassRecipe, parse_class_recipe
from training.errors import RecipeError
from training.train.closed import read_text
from training.train.recipe import Recipe, parse_recipe

_PARSERS: dict[str, Callable[[str, str], Recipe | ClassRecipe]] = {
    "detector": parse_recipe,
    "classifier": parse_class_recipe,
}


def find_recipe(name: str) -> Path:
    """The file of a recipe, by its path or by its name among those that come along.

    Raises:
        RecipeError: there is none.
    """
    path = Path(name)
    if path.suffix != ".toml" and not path.exists():
        path = RECIPES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(recipe.stem for recipe in RECIPES.glob("*.toml")))
        raise RecipeError(f"{name}: no such recipe; give a .toml file or one of: {known}")
    return path


def parse_any(text: str, name: str) -> Recipe | ClassRecipe:
    """Check the text of a recipe, of a detector where it does not say ``kind = "classifier"``.

    Raises:
        RecipeError: the first fault, with its key.
    """
    try:
        kind = tomllib.loads(text).get("kind", "detector")
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name}: not TOML: {error}") from error
    if kind not in _PARSERS:
        raise RecipeError(f"{name}: kind: {kind!r} is not known; one of: {', '.join(_PARSERS)}")
    return _PARSERS[kind](text, name)


def read_recipe(path: Path) -> Recipe | ClassRecipe:
    """Read and check a recipe.

    Raises:
        RecipeError: it cannot be read, or holds a fault.
    """
    return parse_any(read_text(path), str(path))
