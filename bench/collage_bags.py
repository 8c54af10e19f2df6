"""A bag that somebody, both out of real pictures, leaves on a real floor. Judges nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from bench.collage_clip import Collage
from bench.cutouts import WIDTH, Cutout, Picture, cut_out, empty_place
from bench.hands import EXAMPLES, LEFT_S
from bench.truth_expected import Expected
from device.config.load import load_config

_ROOM: Final = ("clips/one-by-one-person-detection.mp4", range(0, 50, 5))
_STREET: Final = ("tud_stadtmitte/TUD-Stadtmitte.mp4", range(0, 179, 6))
"""Recordings, and pictures of them whose median shows the place empty: in the room nobody is there yet."""
_PEOPLE = (
    ("000000000536", (169, 79, 108, 256)),
    ("000000000086", (152, 183, 129, 376)),
    ("000000000241", (295, 263, 107, 257)),
)
_BAGS = (
    ("000000000572", (289, 379, 137, 221)),
    ("000000000389", (386, 266, 77, 213)),
    ("000000000536", (202, 186, 69, 63)),
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves what, and where; heights in px."""

    place: tuple[str, range]
    person: int
    bag: int
    y: float = 400.0
    person_px: int = 190
    bag_px: int = 60
    drift: float = 0.1
    grey: bool = False
    crf: int = 28


LEAVINGS: Final = {
    "street": Leaving(_STREET, 0, 0),
    "street, near": Leaving(_STREET, 1, 1, y=440.0, person_px=240, bag_px=80),
    "room, compressed": Leaving(_ROOM, 2, 0, drift=0.25, crf=33),
    "room, small bag": Leaving(_ROOM, 0, 2, bag_px=45),
    "street, grey": Leaving(_STREET, 2, 1, grey=True),
}
_BAG_FPS, _BAG_S, _SET_DOWN_S, _OFF_S = 12.0, 70.0, 14.0, 16.0


def bag_clips(data: Path) -> Iterator[Collage]:
    """Each place, by the example for yards: nothing but the bag is to be told."""
    config = load_config(EXAMPLES / "yard.toml")
    for seed, (name, leaving) in enumerate(LEAVINGS.items()):
        expected = (Expected("object_left", _SET_DOWN_S, _OFF_S, _OFF_S + LEFT_S),)
        yield Collage(
            f"bag, {name}", config, _BAG_FPS, leaving.crf, partial(_left, data, seed, leaving), expected, None
        )


def _left(data: Path, seed: int, leaving: Leaving) -> Iterator[Picture]:
    rng = np.random.default_rng(seed)
    images = data / "coco128" / "images"
    place = empty_place(data / leaving.place[0], leaving.place[1])
    (who, at), (what, where) = _PEOPLE[leaving.person], _BAGS[leaving.bag]
    person, bag = cut_out(images / f"{who}.jpg", at), cut_out(images / f"{what}.jpg", where)
    if leaving.grey:
        place, person, bag = _grey(place, 0.6), _grey_cutout(person), _grey_cutout(bag)
    for n in range(round(_BAG_FPS * _BAG_S)):
        t, picture = n / _BAG_FPS, place.copy()
        x = _walk(t)
        if t >= _SET_DOWN_S:
            _shadowed(picture, bag, (300.0, leaving.y + 2), leaving.bag_px)
        elif x is not None:
            _shadowed(picture, bag, (x - 35, leaving.y - 30), leaving.bag_px)
        if x is not None:
            bob = 0.0 if 12.0 < t < _OFF_S else 3.0 * float(np.sin(9 * t))
            _shadowed(picture, person, (x, leaving.y + bob), leaving.person_px, mirrored=t > _OFF_S)
        gain = 1.0 + leaving.drift * np.sin(t / 23) + 0.006 * np.sin(12 * t)
        yield np.asarray(picture * gain + rng.normal(0.0, 3.0, picture.shape), dtype=np.float32)


def _grey(picture: Picture, gain: float) -> Picture:
    return np.asarray(gain * np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2), dtype=np.float32)


def _grey_cutout(it: Cutout) -> Cutout:
    return Cutout(_grey(it.picture, 0.7), it.opaque)


def _walk(t: float) -> float | None:
    """Where the owner is, px; None while they are out of the picture."""
    if t < 4.0 or t >= 26.0:
        return None
    return max(340.0, 700.0 - 45.0 * (t - 4.0)) if t < _OFF_S else 340.0 + 40.0 * (t - _OFF_S)


def _shadowed(picture: Picture, it: Cutout, foot: tuple[float, float], height: int, *, mirrored: bool = False) -> None:
    half = it.opaque.shape[1] * height / it.opaque.shape[0] / 2
    x1, x2 = max(0, int(foot[0] - half)), min(WIDTH, int(foot[0] + half))
    picture[max(0, int(foot[1]) - 8) : int(foot[1]) + 6, x1 : max(x1, x2)] *= 0.8
    it.put(picture, foot, height, mirrored=mirrored)
