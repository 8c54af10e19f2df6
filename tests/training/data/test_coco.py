"""Reading COCO folders, and what is said of those that are broken."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.data.drawn import coco_set, ground, save, write_json
from training.data.read import read_data
from training.data.sample import Dataset
from training.errors import DataError


def read(folder: Path, raw: dict[str, Any]) -> Dataset:
    """Write the file and read the folder."""
    write_json(folder, raw)
    return read_data(folder)


def only_fault(dataset: Dataset) -> str:
    """The one thing that was left out, in words."""
    (fault,) = dataset.faults
    return str(fault)


def test_boxes_become_fractions_and_ids_become_places(tmp_path: Path) -> None:
    """Left, top, right, bottom of the picture; labels by their place among the categories."""
    dataset = read(tmp_path, coco_set(tmp_path, 2))
    first = dataset.samples[0]

    assert dataset.labels == ("cup", "jar")
    assert first.labels == (0, 1)
    assert first.boxes[0] == pytest.approx((10 / 96, 12 / 72, 35 / 96, 52 / 72))
    assert (first.width, first.height) == (96, 72)
    assert dataset.problems == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image_id": 99}, "image_id 99 is no picture of the set"),
        ({"category_id": 99}, "category_id 99 is no category of the set"),
        ({"bbox": [10, 12, 0, 40]}, "box has no area"),
        ({"bbox": [10, 12, -5, 40]}, "box has no area"),
        ({"bbox": [10, 12, 1, 1]}, "under 2 px wide or high"),
        ({"bbox": [200, 12, 10, 10]}, "outside the picture"),
        ({"bbox": [10, 12, float("nan"), 10]}, "no number"),
        ({"bbox": [10, 12, 10]}, "no usable box"),
        ({"bbox": None}, "no usable box"),
    ],
)
def test_a_bad_box_is_left_out_and_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """The message holds the file, the annotation with its id, what is wrong and what to do."""
    raw = coco_set(tmp_path, 2)
    raw["annotations"][1].update(change)
    dataset = read(tmp_path, raw)
    fault = only_fault(dataset)

    assert said in fault
    assert f"{tmp_path / 'instances.json'}: annotations[1] (id 2): " in fault
    assert "; " in fault
    assert sum(len(found.boxes) for found in dataset.samples) == 3


def test_a_box_over_the_edge_is_cut_and_told(tmp_path: Path) -> None:
    """It is used; a rounding of a pixel is not worth a word."""
    raw = coco_set(tmp_path, 2)
    raw["annotations"][0]["bbox"] = [-20, 12, 50, 40]
    raw["annotations"][1]["bbox"] = [40, 12, 56.9, 40]
    dataset = read(tmp_path, raw)

    assert [problem.used for problem in dataset.problems] == [True]
    assert "annotations[0]" in str(dataset.problems[0])
    assert dataset.samples[0].boxes[0] == pytest.approx((0, 12 / 72, 30 / 96, 52 / 72))
    assert dataset.samples[0].boxes[1][2] == 1.0


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    """By the path at which it was looked for."""
    raw = coco_set(tmp_path, 2)
    (tmp_path / "images" / "take0_0.png").unlink()

    assert f"{tmp_path / 'images' / 'take0_0.png'}: the picture is missing" in only_fault(read(tmp_path, raw))


def test_a_picture_of_another_size_is_left_out(tmp_path: Path) -> None:
    """Its boxes would be misplaced."""
    raw = coco_set(tmp_path, 2)
    save(tmp_path / "images" / "take0_0.png", ground(0, 90, 70))

    assert "is 90x70 px, its labels say 96x72" in only_fault(read(tmp_path, raw))


def test_an_id_given_twice_is_named(tmp_path: Path) -> None:
    """The second picture is left out, and its boxes stay with the first."""
    raw = coco_set(tmp_path, 3)
    raw["images"][1]["id"] = 1
    faults = " ".join(str(fault) for fault in read(tmp_path, raw).faults)

    assert "images[1]: id 1 belongs to take0_0.png and to take0_1.png" in faults


def test_a_file_named_twice_is_told(tmp_path: Path) -> None:
    """Only its first entry counts."""
    raw = coco_set(tmp_path, 2)
    raw["images"][1]["file_name"] = raw["images"][0]["file_name"]

    assert "described twice in the set" in only_fault(read(tmp_path, raw))


def test_regions_of_many_things_are_not_learned_from(tmp_path: Path) -> None:
    """They are counted once, for the whole file."""
    raw = coco_set(tmp_path, 2)
    raw["annotations"][0]["iscrowd"] = 1
    dataset = read(tmp_path, raw)

    assert [problem.what for problem in dataset.problems] == ["1 regions of many things (iscrowd)"]
    assert dataset.faults == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON"),
        ("[]", "no list 'images'"),
        ('{"images": [], "categories": [], "annotations": []}', "holds no images"),
        ('{"images": [1], "categories": [], "annotations": []}', "holds no categories"),
        ('{"images": [1], "categories": [{"id": 1}], "annotations": []}', "a category without id or name"),
        ('{"images": [1], "categories": [{"id": 1, "name": "a"}], "annotations": []}', "no labelled picture"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: str, said: str) -> None:
    """With its path."""
    (tmp_path / "instances.json").write_text(content)
    with pytest.raises(DataError, match=said) as caught:
        read_data(tmp_path)

    assert str(tmp_path) in str(caught.value)


def test_two_categories_of_one_name_are_refused(tmp_path: Path) -> None:
    """No box could tell which it means."""
    raw = coco_set(tmp_path, 2, labels=("cup", "cup"))
    with pytest.raises(DataError, match="category name 'cup' occurs twice"):
        read(tmp_path, raw)


def test_a_set_without_a_box_is_refused(tmp_path: Path) -> None:
    """Nothing could be learned from it."""
    raw = coco_set(tmp_path, 2)
    raw["annotations"] = []
    with pytest.raises(DataError, match="not one box on 2 pictures"):
        read(tmp_path, raw)


def test_one_class_and_unused_classes_are_told(tmp_path: Path) -> None:
    """Both may be meant, so both are used."""
    raw = coco_set(tmp_path, 2, boxes=1)
    raw["annotations"][1]["category_id"] = 10
    said = [problem.what for problem in read(tmp_path, raw).problems]

    assert said == ["no example of 'jar'", "one class only, 'cup'"]


def test_pictures_lie_where_tools_put_them(tmp_path: Path) -> None:
    """Beside the file, or named with their folder and a backslash."""
    raw = coco_set(tmp_path, 2)
    raw["images"][0]["file_name"] = "images\\take0_0.png"
    (tmp_path / "images" / "take0_1.png").rename(tmp_path / "take0_1.png")
    dataset = read(tmp_path, raw)

    assert {found.path.name for found in dataset.samples} == {"take0_0.png", "take0_1.png"}
    assert dataset.problems == ()
