"""The settings of augmentation, and all of it as one function. Holds no op of its own, and reads no pictures."""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from device.core.card import InputSpec
from training.data import light, moves
from training.data.moves import Fetch, stream
from training.data.scene import Scene
from training.errors import RecipeError

Augment = Callable[[Fetch, int, int, int], Scene]
"""From (fetch, number of pictures, place, draw) to what the network learns from, in px of its input."""


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """How often and how strongly; a share of 0 turns an op off."""

    flip_share: float = 0.5
    turn_share: float = 0.3
    turn_deg: float = 5.0
    zoom_share: float = 0.8
    zoom_min: float = 0.7
    zoom_max: float = 1.4
    shift_frac: float = 0.12
    """How far a zoomed picture moves aside, of the input's width and height."""
    mosaic_share: float = 0.3
    min_visible_frac: float = 0.35
    """Of a box; when less is in view it is no longer asked for."""
    brightness_share: float = 0.5
    brightness_levels: float = 35.0
    contrast_share: float = 0.5
    contrast_max: float = 1.4
    colour_share: float = 0.3
    colour_max: float = 1.12
    blur_share: float = 0.1
    blur_px: float = 1.5
    noise_share: float = 0.2
    noise_levels: float = 10.0
    night_share: float = 0.04
    infrared_share: float = 0.04
    jpeg_share: float = 0.2
    jpeg_quality_min: int = 35

    def __post_init__(self) -> None:
        for field in fields(self):
            least, most = _RANGES.get(field.name, (0.0, 1.0))
            if not least <= getattr(self, field.name) <= most:
                raise ValueError(f"{field.name} is {getattr(self, field.name)}, not from {least:g} to {most:g}")
        if self.zoom_min > self.zoom_max:
            raise ValueError(f"zoom_min {self.zoom_min} is over zoom_max {self.zoom_max}")


_RANGES = {
    "turn_deg": (0.0, 45.0), "zoom_min": (0.1, 10.0), "zoom_max": (0.1, 10.0), "brightness_levels": (0.0, 255.0),
    "contrast_max": (1.0, 5.0), "colour_max": (1.0, 3.0), "blur_px": (0.0, 10.0), "noise_levels": (0.0, 100.0),
    "jpeg_quality_min": (5, 90),
}  # fmt: skip
"""Bounds of what is no share or fraction."""


def augmentation(settings: AugmentSettings, spec: InputSpec, seed: int, *, mix: bool = True) -> Augment:
    """Moves, then light, then the sensor, then compression: the order in which they happen to a real picture.

    Args:
        settings: how often and how strongly.
        spec: the input of the network.
        seed: another gives other draws.
        mix: whether pictures may share a canvas; not where whole pictures are labelled.
    """
    plans = _moves(settings, spec, seed)
    one = moves.single(spec, plans, settings.min_visible_frac)
    # In a mosaic the pictures fill their cells already: they are flipped and turned, not zoomed.
    four = moves.mosaic(spec, plans[:2], settings.min_visible_frac, seed)
    ops = _ops(settings, seed)
    numbers = stream(seed, "mosaic or not")

    def augment(fetch: Fetch, count: int, place: int, draw: int) -> Scene:
        if mix and numbers(draw).random() < settings.mosaic_share:
            scene = four(fetch, count, place, draw)
        else:
            scene = one(fetch(place), draw)
        picture = scene.picture
        for op in ops:
            picture = op(picture, draw)
        return Scene(picture, scene.boxes, scene.labels)

    return augment


def read_augment(path: Path) -> AugmentSettings:
    """The table ``[augment]`` of a TOML file; what it leaves out stays as it is by default.

    Raises:
        RecipeError: the file cannot be read, or a key or value is wrong.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}; give a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not TOML: {error}") from error
    return augment_settings(raw.get("augment", {}), str(path))


def augment_settings(table: Mapping[str, Any], where: str) -> AugmentSettings:
    """Settings from a table of a recipe.

    Raises:
        RecipeError: a key or value is wrong; the message begins with ``where``.
    """
    known = [field.name for field in fields(AugmentSettings)]
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise RecipeError(f"{where}: augment: key '{key}' is not known{f'; {near[0]}?' if near else ''}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RecipeError(f"{where}: augment: {key} is not a number: {value!r}")
    try:
        return AugmentSettings(**table)
    except ValueError as error:
        raise RecipeError(f"{where}: augment: {error}") from error


def _moves(settings: AugmentSettings, spec: InputSpec, seed: int) -> tuple[moves.Move, ...]:
    return (
        moves.flip(settings.flip_share, seed),
        moves.turn(settings.turn_share, settings.turn_deg, spec.width / spec.height, seed),
        moves.zoom(settings.zoom_share, settings.zoom_min, settings.zoom_max, settings.shift_frac, seed),
    )


def _ops(settings: AugmentSettings, seed: int) -> tuple[light.Op, ...]:
    return (
        light.brightness(settings.brightness_share, settings.brightness_levels, seed),
        light.contrast(settings.contrast_share, settings.contrast_max, seed),
        light.colour(settings.colour_share, settings.colour_max, seed),
        light.night(settings.night_share, seed),
        light.infrared(settings.infrared_share, seed),
        light.blur(settings.blur_share, settings.blur_px, seed),
        light.noise(settings.noise_share, settings.noise_levels, seed),
        light.jpeg(settings.jpeg_share, settings.jpeg_quality_min, seed),
    )
