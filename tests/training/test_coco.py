"""Reading sets in COCO's format, and naming what is wrong with them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.sets import coco_raw, write_set
from training.coco import read_coco, read_picture
from training.errors import DataError


def test_a_set_is_read(coco_folder: Path) -> None:
    """Pictures, names and boxes, with what other tools leave out filled in."""
    coco = read_coco(coco_folder / "instances.json", coco_folder / "images")
    assert [picture.id for picture in coco.pictures] == [7, 8]
    assert coco.categories == {1: "person", 44: "bottle"}
    assert [box.area for box in coco.boxes] == [800.0, 200.0, 600.0]
    assert len(coco.boxes_of(7)) == 2
    assert read_picture(coco.pictures[0]).shape == (48, 64, 3)


def _annotation(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda raw: raw["annotations"][1].update({key: value})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_annotation("image_id", 99), r"annotations\[1\]: image_id 99"),
        (_annotation("category_id", 3), r"annotations\[1\]: category_id 3"),
        (_annotation("bbox", [1, 2, 3]), "bbox"),
        (_annotation("bbox", [1, 2, -3, 4]), "bbox"),
        (_annotation("bbox", [1, 2, "wide", 4]), "wide"),
        (lambda raw: raw.pop("images"), "no list 'images'"),
        (lambda raw: raw.update(images=[]), "no pictures"),
        (lambda raw: raw.update(categories=[]), "no categories"),
        (lambda raw: raw["images"][1].update(id=7), "picture occurs twice"),
        (lambda raw: raw["categories"][1].update(name="person"), "category occurs twice"),
        (lambda raw: raw["images"][1].update(file_name="gone.png"), "gone.png is missing"),
        (lambda raw: raw["images"][1].pop("file_name"), "file_name"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: Callable[[dict[str, Any]], None], named: str) -> None:
    """One line, with the file and the place in it."""
    raw = coco_raw()
    change(raw)
    instances = write_set(tmp_path, raw)
    with pytest.raises(DataError, match=named) as caught:
        read_coco(instances, tmp_path / "images")
    assert str(instances) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"images": 3}'])
def test_rubbish_is_refused(tmp_path: Path, text: str) -> None:
    """A file that is no set at all."""
    instances = tmp_path / "instances.json"
    instances.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"instances\.json"):
        read_coco(instances, tmp_path)


def test_a_picture_that_cannot_be_read_is_named(coco_folder: Path) -> None:
    """A half copied file must not count as an empty picture."""
    (coco_folder / "images" / "a.png").write_bytes(b"not a picture")
    coco = read_coco(coco_folder / "instances.json", coco_folder / "images")
    with pytest.raises(DataError, match=r"a\.png"):
        read_picture(coco.pictures[0])


def test_a_picture_of_another_size_is_named(tmp_path: Path) -> None:
    """Boxes made on another version of the picture would all be off."""
    raw = coco_raw()
    raw["images"][0]["width"] = 128
    coco = read_coco(write_set(tmp_path, raw), tmp_path / "images")
    with pytest.raises(DataError, match="64x48"):
        read_picture(coco.pictures[0])


def test_the_drawn_set_is_what_it_says(coco_folder: Path) -> None:
    """The file on disk is the one that the other tests change."""
    assert json.loads((coco_folder / "instances.json").read_text(encoding="utf-8")) == coco_raw()
