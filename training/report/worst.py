"""The pictures that a detector gets most wrong, drawn with what is true and what was found. Does not run it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.detections import Detections
from training.coco import CocoSet, Picture, read_picture
from training.confusion import Pairing, Sides, pair_up
from training.report.embed import as_data_url, write_text

_SIDE_PX = 360
_TRUTH, _RIGHT, _WRONG = (60, 160, 40), (220, 120, 20), (20, 60, 220)
"""BGR: green is true and was missed, blue was found right, red was found wrong."""
_MOST_GHOSTS = 3.0
"""A ghost counts by its score, and a hundred weak ones no more than three faults."""


@dataclass(frozen=True, slots=True)
class WrongPicture:
    """One picture and how wrong it was."""

    picture: Picture
    pairing: Pairing
    name: str
    """Below the folder of all: phones and cameras begin anew at the same file name in every folder."""

    @property
    def faults(self) -> float:
        """Missed things, wrong names and ghosts."""
        ghosts = min(sum(ghost.score for ghost in self.pairing.ghosts), _MOST_GHOSTS)
        return len(self.pairing.missed) + len(self.pairing.misnamed) + ghosts

    def __str__(self) -> str:
        counts = (
            (len(self.pairing.missed), "missed"),
            (len(self.pairing.misnamed), "misnamed"),
            (len(self.pairing.ghosts), "of nothing"),
            (len(self.pairing.pairs) - len(self.pairing.misnamed), "right"),
        )
        return f"{self.name}: " + ", ".join(f"{count} {what}" for count, what in counts if count)


def most_wrong(
    found: Mapping[int, Detections], coco: CocoSet, names: Sequence[str], threshold: float, count: int
) -> list[WrongPicture]:
    """The worst first; those without a fault are left out."""
    parents = {str(picture.path.parent) for picture in coco.pictures}
    folder = os.path.commonpath(parents) if parents else ""
    every = [
        WrongPicture(
            picture,
            pair_up(picture, found[picture.id], coco, names, threshold),
            picture.path.relative_to(folder).as_posix(),
        )
        for picture in coco.pictures
    ]
    wrong = [entry for entry in every if entry.faults > 0]
    return sorted(wrong, key=lambda entry: (-entry.faults, str(entry.picture.path)))[:count]


def draw_wrong(entry: WrongPicture) -> str:
    """The picture with its boxes, as a data URL.

    Raises:
        DataError: it cannot be read any more.
    """
    pixels = read_picture(entry.picture)
    scale = min(1.0, _SIDE_PX / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    drawn = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    for truth, thing in entry.pairing.pairs:
        right = truth.name == thing.name
        _box(drawn, thing.sides, scale, _RIGHT if right else _WRONG)
    for thing in entry.pairing.ghosts:
        _box(drawn, thing.sides, scale, _WRONG)
    for truth in entry.pairing.missed:
        _box(drawn, truth.sides, scale, _TRUTH)
    return as_data_url(write_text(drawn, _texts(entry.pairing, scale)))


def _texts(pairing: Pairing, scale: float) -> list[tuple[str, tuple[int, int], tuple[int, int, int]]]:
    """What is written where, and on which ground."""
    named = [(f"{truth.name}, not {thing.name}", thing.sides, _WRONG) for truth, thing in pairing.misnamed]
    ghosts = [(f"{thing.name} {thing.score:.2f}", thing.sides, _WRONG) for thing in pairing.ghosts]
    missed = [(truth.name, truth.sides, _TRUTH) for truth in pairing.missed]
    return [
        (text, (round(s[0] * scale), round(s[1] * scale)), ground) for text, s, ground in (*named, *ghosts, *missed)
    ]


def _box(drawn: NDArray[np.uint8], sides: Sides, scale: float, colour: tuple[int, int, int]) -> None:
    x, y, width, height = (round(side * scale) for side in sides)
    cv2.rectangle(drawn, (x, y), (x + width, y + height), colour, 2)
