"""Reads pictures with boxes in COCO's format. Does not score anything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.errors import DataError


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of the set."""

    id: int
    path: Path
    size: tuple[int, int] | None
    """Width and height as the set says, px; None where it does not say."""


@dataclass(frozen=True, slots=True)
class TrueBox:
    """One labelled thing."""

    image_id: int
    category_id: int
    sides: tuple[float, ...]
    """x, y, width, height, px."""
    area: float
    """Of the thing's outline where the set has it, else of the box, square px."""
    crowd: bool
    """A region of many things: what is found there neither counts nor harms."""


@dataclass(frozen=True, slots=True, eq=False)
class CocoSet:
    """A checked set: every picture exists, every box belongs to a picture and a category."""

    path: Path
    pictures: tuple[Picture, ...]
    categories: Mapping[int, str]
    """Name of each category id."""
    boxes: tuple[TrueBox, ...]
    _by_picture: dict[int, list[TrueBox]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for box in self.boxes:
            self._by_picture.setdefault(box.image_id, []).append(box)

    def boxes_of(self, picture_id: int) -> list[TrueBox]:
        """The boxes of one picture."""
        return self._by_picture.get(picture_id, [])

    def boxes_as_rows(self) -> list[dict[str, Any]]:
        """The boxes as rows of COCO's own format, without ids."""
        return [
            {
                "image_id": box.image_id,
                "category_id": box.category_id,
                "bbox": list(box.sides),
                "area": box.area,
                "iscrowd": int(box.crowd),
            }
            for box in self.boxes
        ]


def read_coco(instances: Path, images: Path) -> CocoSet:
    """Read and check a set.

    Args:
        instances: the JSON file of pictures, boxes and categories.
        images: the folder of pictures.

    Raises:
        DataError: a file is missing or malformed, or ids do not match; the message names the first.
    """
    raw = _read_json(instances)
    try:
        pictures = tuple(_picture(entry, images) for entry in raw["images"])
        categories = {int(entry["id"]): str(entry["name"]) for entry in raw["categories"]}
        boxes = tuple(_box(entry) for entry in raw["annotations"])
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{instances}: not COCO instances: {error!r}") from error
    _check_pictures(instances, pictures, categories, len(raw["categories"]))
    _check_boxes(instances, pictures, categories, boxes)
    return CocoSet(path=instances, pictures=pictures, categories=categories, boxes=boxes)


def read_picture(picture: Picture) -> NDArray[np.uint8]:
    """The picture as (height, width, 3) BGR.

    Raises:
        DataError: it cannot be decoded, or has another size than the set says.
    """
    try:
        pixels = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise DataError(f"{picture.path}: cannot be decoded: {error.err}") from error
    if pixels is None or min(pixels.shape[:2]) < 2:
        raise DataError(f"{picture.path}: not a picture that can be read")
    size = (pixels.shape[1], pixels.shape[0])
    if picture.size not in (None, size):
        raise DataError(
            f"{picture.path}: is {size[0]}x{size[1]}, its set says {picture.size}; boxes would be misplaced"
        )
    return np.asarray(pixels, dtype=np.uint8)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise DataError(f"{path}: not COCO instances: no JSON object at the top")
    for key in ("images", "categories", "annotations"):
        if not isinstance(raw.get(key), list):
            raise DataError(f"{path}: not COCO instances: no list '{key}'")
    return raw


def _picture(entry: Mapping[str, Any], images: Path) -> Picture:
    size = (int(entry["width"]), int(entry["height"])) if "width" in entry and "height" in entry else None
    return Picture(int(entry["id"]), images / str(entry["file_name"]), size)


def _box(entry: Mapping[str, Any]) -> TrueBox:
    sides = tuple(float(side) for side in entry["bbox"])
    if len(sides) != 4 or not np.isfinite(sides).all() or min(sides[2:]) < 0:
        raise ValueError(f"bbox is not x, y, width, height: {sides}")
    area = float(entry.get("area", sides[2] * sides[3]))
    return TrueBox(int(entry["image_id"]), int(entry["category_id"]), sides, area, bool(entry.get("iscrowd", 0)))


def _check_pictures(path: Path, pictures: tuple[Picture, ...], categories: Mapping[int, str], count: int) -> None:
    if not pictures or not categories:
        raise DataError(f"{path}: holds no {'categories' if pictures else 'pictures'}")
    if len({picture.id for picture in pictures}) != len(pictures):
        raise DataError(f"{path}: the id of a picture occurs twice")
    if len(categories) != count or len(set(categories.values())) != count:
        raise DataError(f"{path}: the id or name of a category occurs twice")
    missing = next((picture.path for picture in pictures if not picture.path.is_file()), None)
    if missing is not None:
        raise DataError(f"{path}: picture {missing} is missing; give the right folder with --images")


def _check_boxes(
    path: Path, pictures: tuple[Picture, ...], categories: Mapping[int, str], boxes: tuple[TrueBox, ...]
) -> None:
    ids = {picture.id for picture in pictures}
    for index, box in enumerate(boxes):
        if box.image_id not in ids:
            raise DataError(f"{path}: annotations[{index}]: image_id {box.image_id} is no picture of the set")
        if box.category_id not in categories:
            raise DataError(f"{path}: annotations[{index}]: category_id {box.category_id} is no category of the set")
