"""What labelme saves is read: files as version 6 writes them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.data.drawn import ground, save
from training.data.read import read_data
from training.data.sample import Dataset, Look, Sample
from training.data.write import write_labelme
from training.errors import DataError


def shape(label: str, kind: str, *points: tuple[float, float]) -> dict[str, Any]:
    """A shape as the tool writes it."""
    return {
        "label": label,
        "points": [list(point) for point in points],
        "group_id": None,
        "description": "",
        "shape_type": kind,
        "flags": {},
        "mask": None,
    }


def write(folder: Path, stem: str, *shapes: object, **changes: object) -> Path:
    """A picture of 96 x 72 px and its file, as labelme 6.3.1 writes it."""
    save(folder / f"{stem}.png", ground(sum(stem.encode())))
    raw: dict[str, Any] = {
        "version": "6.3.1",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": f"{stem}.png",
        "imageData": None,
        "imageHeight": 72,
        "imageWidth": 96,
    }
    path = folder / f"{stem}.json"
    path.write_text(json.dumps(raw | changes, indent=2, ensure_ascii=False), encoding="utf-8")
    return path


def px(dataset: Dataset) -> list[list[float]]:
    """Boxes of the first picture, px."""
    sample = dataset.samples[0]
    return [np.round(np.array(box) * [96, 72, 96, 72], 3).tolist() for box in sample.boxes]


def test_every_shape_that_encloses_something(tmp_path: Path) -> None:
    """A rectangle dragged from any corner, a polygon, a circle; classes in the order of the alphabet."""
    write(
        tmp_path,
        "a",
        shape("tea", "rectangle", (40.5, 30.0), (10.0, 12.0)),
        shape("cola", "polygon", (50.0, 20.0), (70.0, 25.0), (60.0, 60.0)),
        shape("tea", "circle", (30.0, 40.0), (33.0, 44.0)),
        shape("cola", "mask", (5.0, 5.0), (20.0, 25.0)),
    )
    dataset = read_data(tmp_path)
    assert dataset.labels == ("cola", "tea")
    assert dataset.samples[0].labels == (1, 0, 1, 0)
    assert px(dataset) == [[10.0, 12.0, 40.5, 30.0], [50, 20, 70, 60], [25, 35, 35, 45], [5, 5, 20, 25]]
    assert dataset.problems == ()


def test_problems_name_the_file_and_the_shape(tmp_path: Path) -> None:
    """A point, a shape without a label, points that are none; the rest is used."""
    write(
        tmp_path,
        "a",
        shape("tea", "rectangle", (10.0, 12.0), (40.0, 30.0)),
        shape("tea", "point", (10.0, 12.0)),
        shape("", "rectangle", (1.0, 1.0), (9.0, 9.0)),
        {"label": "tea", "shape_type": "polygon", "points": "here"},
        "no shape",
    )
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    save(tmp_path / "later.png", ground(77))
    dataset = read_data(tmp_path, "labelme")
    assert len(dataset.samples[0].boxes) == 1
    said = [str(problem) for problem in dataset.problems]
    for words in (
        "a.json: shape 2: a point that encloses nothing", "a.json: shape 3: has no label", "a.json: shape 4: a polygon",
        "a.json: shape 5: has no label", "broken.json: not a file of labelme's", "1 pictures have no labels yet",
    ):  # fmt: skip
        assert any(words in line for line in said), words
    assert len(dataset.faults) == 5


def test_a_picture_that_was_moved_is_found_by_its_name(tmp_path: Path) -> None:
    """Labels carry the path of another machine."""
    write(tmp_path, "a", shape("tea", "rectangle", (10, 12), (40, 30)), imagePath="..\\photos\\a.png")
    assert read_data(tmp_path).samples[0].path.name == "a.png"


def test_a_picture_saved_without_shapes_shows_nothing(tmp_path: Path) -> None:
    """It is learned from as such."""
    write(tmp_path, "a", shape("tea", "rectangle", (10, 12), (40, 30)))
    write(tmp_path, "b")
    assert [len(sample.boxes) for sample in read_data(tmp_path).samples] == [1, 0]


def test_nothing_labelled_is_an_error(tmp_path: Path) -> None:
    """And not a training on nothing."""
    write(tmp_path, "a")
    with pytest.raises(DataError, match="not one box"):
        read_data(tmp_path)


def test_what_we_write_is_read_again(tmp_path: Path) -> None:
    """Beside the pictures, and in a folder of its own with the way to them."""
    path = save(tmp_path / "photos" / "deep" / "a.png", ground(1))
    boxes = ((0.1, 0.2, 0.5, 0.6), (0.0, 0.0, 1.0, 1.0))
    dataset = Dataset(tmp_path, "boxes", (Sample(path, 96, 72, boxes, (1, 0), Look("", b"")),), ("Öl", "tea"), ())
    for out in (None, tmp_path / "labels"):
        write_labelme(dataset, tmp_path / "photos", out)
        read = read_data(out or tmp_path / "photos")
        assert read.labels == ("tea", "Öl")
        assert np.allclose(read.samples[0].boxes, boxes)
        assert read.samples[0].labels == (0, 1)
    assert (tmp_path / "labels" / "deep" / "a.json").is_file()
