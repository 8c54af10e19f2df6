"""Reads pictures with boxes in COCO's format. Does not decode pictures or score anything."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class CocoSet:
    """A checked set: every picture exists, every box belongs to a picture and a category."""

    path: Path
    pictures: tuple[Picture, ...]
    categories: Mapping[int, str]
    """Name of each category id."""
    raw: dict[str, Any]
    """The file's own content, as pycocotools wants it."""


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
        pictures = tuple(Picture(int(entry["id"]), images / str(entry["file_name"])) for entry in raw["images"])
        categories = {int(entry["id"]): str(entry["name"]) for entry in raw["categories"]}
        boxes = [(index, _box(entry)) for index, entry in enumerate(raw["annotations"])]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{instances}: not COCO instances: {error!r}") from error
    _check(instances, pictures, categories, boxes)
    return CocoSet(path=instances, pictures=pictures, categories=categories, raw=raw)


def read_picture(picture: Picture) -> NDArray[np.uint8]:
    """The picture as (height, width, 3) BGR.

    Raises:
        DataError: it cannot be decoded.
    """
    pixels = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise DataError(f"{picture.path}: not a picture that can be read")
    return np.asarray(pixels, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class _Box:
    image_id: int
    category_id: int
    sides: tuple[float, ...]


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


def _box(entry: Mapping[str, Any]) -> _Box:
    sides = tuple(float(side) for side in entry["bbox"])
    return _Box(int(entry["image_id"]), int(entry["category_id"]), sides)


def _check(
    path: Path, pictures: tuple[Picture, ...], categories: Mapping[int, str], boxes: list[tuple[int, _Box]]
) -> None:
    if not pictures or not categories:
        raise DataError(f"{path}: holds no {'categories' if pictures else 'pictures'}")
    ids = {picture.id for picture in pictures}
    if len(ids) != len(pictures) or len(set(categories.values())) != len(categories):
        raise DataError(f"{path}: a picture id or a category name occurs twice")
    for picture in pictures:
        if not picture.path.is_file():
            raise DataError(f"{path}: picture {picture.path} is missing")
    for index, box in boxes:
        place = f"{path}: annotations[{index}]"
        if box.image_id not in ids:
            raise DataError(f"{place}: image_id {box.image_id} is no picture of the set")
        if box.category_id not in categories:
            raise DataError(f"{place}: category_id {box.category_id} is no category of the set")
        if len(box.sides) != 4 or not np.isfinite(box.sides).all() or min(box.sides[2:]) < 0:
            raise DataError(f"{place}: bbox is not four numbers x, y, width, height")
