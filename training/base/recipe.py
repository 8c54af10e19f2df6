"""The recipe of a network that is imported, not trained: typed, closed, from TOML. Does not carry it out."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from device.core.card import InputSpec
from training.errors import RecipeError

RECIPES = Path(__file__).resolve().parent.parent / "recipes"
"""The recipes that come along."""

POSE_BASE = "blazepose-lite"

_T = TypeVar("_T")

_KEYS: dict[str, dict[str, type]] = {
    "": {
        "name": str,
        "base": str,
        "sizes_px": list,
        "licence": str,
        "licence_file": str,
        "nms_iou": float,
        "max_ap_loss": float,
        "input": dict,
        "calibration": dict,
        "thresholds": dict,
    },
    "input": {"channels": str, "mean": list, "std": list, "pad": list},
    "calibration": {"pictures": int},
}


@dataclass(frozen=True, slots=True)
class ImportRecipe:
    """How a published network becomes shipped detectors."""

    name: str
    base: str
    sizes_px: tuple[int, ...]
    """Side of the square input of each detector to make."""
    licence: str
    licence_text: str
    """The texts that must go with the detectors, from the file beside the recipe."""
    nms_iou: float
    max_ap_loss: float
    """What int8 may lose in average precision against float on the same pictures."""
    channels: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    pad: tuple[int, int, int]
    calibration_pictures: int
    thresholds: Mapping[str, float]

    def input_spec(self, size_px: int) -> InputSpec:
        """The input of one detector, its quantisation still open."""
        return InputSpec(
            width=size_px,
            height=size_px,
            channels=self.channels,
            mean=self.mean,
            std=self.std,
            dtype="int8",
            scale=1.0,
            zero_point=0,
            resize="letterbox",
            pad=self.pad,
        )


_POSE_KEYS: dict[str, dict[str, type]] = {
    "": {
        "name": str,
        "base": str,
        "licence": str,
        "licence_file": str,
        "max_shift": float,
        "presence": float,
        "calibration": dict,
    },
    "calibration": {"people": int, "min_height_px": int},
}


@dataclass(frozen=True, slots=True)
class PoseRecipe:
    """How the published pose network becomes the shipped one."""

    name: str
    licence: str
    licence_text: str
    max_shift: float
    """How far int8 may move a point against float, median, heights of the person."""
    presence: float
    """From where on there is a body, 0..1."""
    people: int
    """Who give the int8 ranges."""
    min_height_px: int
    """Of a person who counts."""


def read_recipe(name: str) -> ImportRecipe:
    """Read the recipe of a detector by its path, or by its name among those that come along.

    Raises:
        RecipeError: there is none, or a key is missing, unknown or of the wrong type.
    """
    return _detector_recipe(*_load(name))


def read_any(name: str) -> ImportRecipe | PoseRecipe:
    """The same for a detector or the pose network, by the base that it names.

    Raises:
        RecipeError: as for a detector.
    """
    path, raw = _load(name)
    return _pose_recipe(path, raw) if raw.get("base") == POSE_BASE else _detector_recipe(path, raw)


def _load(name: str) -> tuple[Path, dict[str, Any]]:
    path = Path(name)
    if not path.suffix:
        path = RECIPES / f"{name}.toml"
    try:
        return path, tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        known = ", ".join(sorted(recipe.stem for recipe in RECIPES.glob("*.toml")))
        raise RecipeError(f"{path}: no recipe can be read there; give a file or one of: {known}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not TOML: {error}") from error


def _pose_recipe(path: Path, raw: Mapping[str, Any]) -> PoseRecipe:
    _check_keys(path, raw, _POSE_KEYS)
    return PoseRecipe(
        name=raw["name"],
        licence=raw["licence"],
        licence_text=_beside(path, raw["licence_file"]),
        max_shift=raw["max_shift"],
        presence=raw["presence"],
        people=raw["calibration"]["people"],
        min_height_px=raw["calibration"]["min_height_px"],
    )


def _detector_recipe(path: Path, raw: Mapping[str, Any]) -> ImportRecipe:
    _check_keys(path, raw, _KEYS)
    picture = raw["input"]
    try:
        return ImportRecipe(
            name=raw["name"],
            base=raw["base"],
            sizes_px=tuple(int(size) for size in raw["sizes_px"]),
            licence=raw["licence"],
            licence_text=_beside(path, raw["licence_file"]),
            nms_iou=raw["nms_iou"],
            max_ap_loss=raw["max_ap_loss"],
            channels=picture["channels"],
            mean=_three(picture["mean"]),
            std=_three(picture["std"]),
            pad=_three([int(value) for value in picture["pad"]]),
            calibration_pictures=raw["calibration"]["pictures"],
            thresholds={label: float(value) for label, value in raw["thresholds"].items()},
        )
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{path}: {error}") from error


def _beside(path: Path, name: str) -> str:
    try:
        return (path.parent / name).read_text(encoding="utf-8")
    except OSError as error:
        raise RecipeError(f"{path}: licence_file '{name}' cannot be read: {error.strerror}") from error


def _check_keys(path: Path, raw: Mapping[str, Any], known: Mapping[str, Mapping[str, type]]) -> None:
    for place, keys in known.items():
        table: Mapping[str, Any] = raw[place] if place else raw
        for key, kind in keys.items():
            if key not in table:
                raise RecipeError(f"{path}: {place or 'top'}: key '{key}' is missing")
            if type(table[key]) is not kind:
                raise RecipeError(f"{path}: {place or 'top'}: key '{key}' is not a {kind.__name__}")
        unknown = sorted(set(table) - set(keys))
        if unknown:
            raise RecipeError(f"{path}: {place or 'top'}: key '{unknown[0]}' is not known")


def _three(values: list[_T]) -> tuple[_T, _T, _T]:
    if len(values) != 3:
        raise ValueError(f"expected three values, one a channel: {values}")
    return values[0], values[1], values[2]
