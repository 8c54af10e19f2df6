"""Reading Pascal VOC, YOLO and folders of classes."""

from pathlib import Path

import pytest

from tests.training.data.drawn import ground, save
from training.data.read import read_data
from training.data.sample import Dataset
from training.errors import DataError

_THING = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>6</ymin><xmax>{}</xmax><ymax>60</ymax></bndbox></object>"


def voc(folder: Path, things: str, name: str = "a", head: str = "") -> Path:
    """One XML file and its picture."""
    save(folder / "JPEGImages" / f"{name}.png", ground(len(name)))
    size = "<size><width>96</width><height>72</height></size>"
    path = folder / "Annotations" / f"{name}.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{head}<annotation><filename>{name}.png</filename>{size}{things}</annotation>")
    return path


def yolo(folder: Path, lines: str, names: str = "cup\njar\n") -> Path:
    """Two pictures; the text file of the first, which is the one that tests break."""
    for number in range(2):
        save(folder / "images" / f"p{number}.png", ground(number))
        text = folder / "labels" / f"p{number}.txt"
        text.parent.mkdir(exist_ok=True)
        text.write_text("0 0.5 0.5 0.25 0.5\n1 0.25 0.5 0.25 0.5\n")
    (folder / "classes.txt").write_text(names)
    path = folder / "labels" / "p0.txt"
    path.write_text(lines)
    return path


def faults(dataset: Dataset) -> str:
    """All that was left out, in words."""
    return "\n".join(str(fault) for fault in dataset.faults)


def test_voc_boxes_are_read_by_name(tmp_path: Path) -> None:
    """Classes come in the order of their names."""
    voc(tmp_path, _THING.format("jar", 12, 48) + _THING.format("cup", 0, 96))
    dataset = read_data(tmp_path)

    assert dataset.labels == ("cup", "jar")
    assert dataset.samples[0].labels == (1, 0)
    assert dataset.samples[0].boxes[0] == pytest.approx((12 / 96, 6 / 72, 0.5, 60 / 72))


@pytest.mark.parametrize(
    ("things", "said"),
    [
        (_THING.format("", 12, 48), "object 2: has no name"),
        (_THING.format("cup", "x", 48), "object 2: no bndbox of four numbers"),
        ("<object><name>cup</name></object>", "object 2: no bndbox"),
        (_THING.format("cup", 48, 12), "object 2: box has no area"),
    ],
)
def test_a_bad_voc_object_is_named_by_its_number(tmp_path: Path, things: str, said: str) -> None:
    """And by its file."""
    path = voc(tmp_path, _THING.format("jar", 12, 48) + things)

    assert faults(read_data(tmp_path)).startswith(f"{path}: {said}")


@pytest.mark.parametrize(
    "head", ['<!DOCTYPE a [<!ENTITY b "c">]>', '<!DOCTYPE a SYSTEM "file:///etc/hostname">', "<!---->x<!--\n", "<"]
)
def test_voc_entities_and_broken_xml_are_refused(tmp_path: Path, head: str) -> None:
    """No entity is ever expanded; the other file is read."""
    voc(tmp_path, _THING.format("jar", 12, 48), "good")
    path = voc(tmp_path, _THING.format("jar", 12, 48), "b", head)
    dataset = read_data(tmp_path)

    assert [sample.path.stem for sample in dataset.samples] == ["good"]
    assert faults(dataset).startswith(f"{path}: ")


def test_voc_pictures_are_found_by_the_name_of_the_xml(tmp_path: Path) -> None:
    """The name inside it is often one from another machine."""
    path = voc(tmp_path, _THING.format("jar", 12, 48))
    path.write_text(path.read_text().replace("a.png", "C:\\pictures\\IMG_1.JPG"))

    assert read_data(tmp_path).samples[0].path == tmp_path / "JPEGImages" / "a.png"


def test_voc_splits_are_noted(tmp_path: Path) -> None:
    """As the set names them, for comparison."""
    voc(tmp_path, _THING.format("jar", 12, 48))
    (tmp_path / "ImageSets" / "Main").mkdir(parents=True)
    (tmp_path / "ImageSets" / "Main" / "val.txt").write_text("a\n")

    assert read_data(tmp_path).samples[0].given_split == "val"


def test_yolo_lines_become_boxes(tmp_path: Path) -> None:
    """Middle and size become sides; an outline becomes its bounds."""
    yolo(tmp_path, "1 0.5 0.5 0.25 0.5\n0 0.1 0.2 0.3 0.2 0.2 0.6\n")
    first = read_data(tmp_path).samples[0]

    assert first.labels == (1, 0)
    assert first.boxes[0] == pytest.approx((0.375, 0.25, 0.625, 0.75))
    assert first.boxes[1] == pytest.approx((0.1, 0.2, 0.3, 0.6))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2 0.5 0.5 0.2 0.2", "class 2 is not among the 2 named classes"),
        ("-1 0.5 0.5 0.2 0.2", "class -1 is not among"),
        ("cup 0.5 0.5 0.2 0.2", "not 'class x y width height'"),
        ("0 0.5 0.5", "2 numbers after the class"),
        ("0 0.5 0.5 0 0.2", "box has no area"),
        ("0 1.5 0.5 0.2 0.2", "outside the picture"),
        ("0 nan 0.5 0.2 0.2", "no number"),
        ("0 0.5 0.5 0.001 0.2", "under 2 px"),
    ],
)
def test_a_bad_yolo_line_is_named_by_its_number(tmp_path: Path, line: str, said: str) -> None:
    """And by its file; the lines around it are used."""
    path = yolo(tmp_path, f"0 0.5 0.5 0.2 0.2\n{line}\n1 0.5 0.5 0.2 0.2\n")
    dataset = read_data(tmp_path)

    assert faults(dataset).startswith(f"{path}: line 2: ")
    assert said in faults(dataset)
    assert len(dataset.samples[0].boxes) == 2


@pytest.mark.parametrize(
    "yaml",
    [
        "path: .\nnames: [cup, 'jar']\n",
        "names: ['cup',\n  'jar']\nnc: 2\n",
        "nc: 2\nnames:\n- cup\n- jar\n",
        "names:\n  0: cup\n  1: jar # glass\n\ntrain: images\n",
        "names:\n  1: jar\n  0: cup\n",
    ],
)
def test_class_names_are_read_from_yaml(tmp_path: Path, yaml: str) -> None:
    """In each of the ways that tools write them."""
    yolo(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "data.yaml").write_text(yaml)

    assert read_data(tmp_path).labels == ("cup", "jar")


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("train: images\n", "no key 'names'"),
        ("names: cup\n", "'names' is no list"),
        ("names:\n  0: cup\n  2: jar\n", "not 0, 1, 2"),
        ("names: [cup, cup]\n", "named twice"),
        ("names: []\n", "names no class"),
    ],
)
def test_yaml_that_names_no_classes_is_refused(tmp_path: Path, yaml: str, said: str) -> None:
    """With its path."""
    yolo(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "data.yaml").write_text(yaml)
    with pytest.raises(DataError, match=said) as caught:
        read_data(tmp_path)

    assert str(tmp_path / "data.yaml") in str(caught.value)


def test_yolo_files_without_their_other_half_are_named(tmp_path: Path) -> None:
    """A label file without a picture is a fault; a picture without one counts as empty."""
    yolo(tmp_path, "0 0.5 0.5 0.2 0.2\n").with_name("lost.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    save(tmp_path / "images" / "bare.png", ground(5))
    dataset = read_data(tmp_path)

    assert faults(dataset) == f"{tmp_path / 'labels' / 'lost.txt'}: labels without a picture; " + (
        "add the picture or remove the file"
    )
    assert [problem.path.name for problem in dataset.problems if problem.used] == ["bare.png"]


def test_two_pictures_cannot_share_a_yolo_file(tmp_path: Path) -> None:
    """p0.jpg and p0.png: the boxes belong to one of them only."""
    yolo(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    save(tmp_path / "images" / "p0.jpg", ground(7))

    assert "shares its label file p0.txt with p0.jpg" in faults(read_data(tmp_path))


def test_yolo_splits_are_noted(tmp_path: Path) -> None:
    """A folder named valid is the val split."""
    yolo(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    save(tmp_path / "valid" / "images" / "q.png", ground(9))
    (tmp_path / "valid" / "labels").mkdir()
    (tmp_path / "valid" / "labels" / "q.txt").write_text("0 0.5 0.5 0.2 0.2\n")

    assert {sample.path.name: sample.given_split for sample in read_data(tmp_path).samples}["q.png"] == "val"


def test_folders_are_classes(tmp_path: Path) -> None:
    """Whole pictures, labelled by the folder's name."""
    for number, name in enumerate(("cup", "cup", "jar")):
        save(tmp_path / name / f"{number}.png", ground(number))
    dataset = read_data(tmp_path)

    assert dataset.kind == "classes"
    assert dataset.labels == ("cup", "jar")
    assert [sample.labels for sample in dataset.samples] == [(0,), (0,), (1,)]


def test_a_folder_of_classes_without_a_choice_is_refused(tmp_path: Path) -> None:
    """One class, or none."""
    with pytest.raises(DataError, match="no labels and no pictures"):
        read_data(tmp_path)
    save(tmp_path / "cup" / "0.png", ground(0))
    with pytest.raises(DataError, match="the one class 'cup'"):
        read_data(tmp_path)


def test_what_fits_no_class_folder_is_named(tmp_path: Path) -> None:
    """An empty folder, a loose picture, a phone's format."""
    for number, name in enumerate(("cup", "jar")):
        save(tmp_path / name / f"{number}.png", ground(number))
    save(tmp_path / "loose.png", ground(4))
    (tmp_path / "lid").mkdir()
    (tmp_path / "cup" / "IMG_1.HEIC").write_bytes(b"x")
    said = faults(read_data(tmp_path))

    assert f"{tmp_path / 'cup' / 'IMG_1.HEIC'}: .heic pictures are not read" in said
    assert f"{tmp_path / 'lid'}: the folder of a class holds no picture" in said
    assert f"{tmp_path / 'loose.png'}: lies in no folder of a class" in said


def test_a_path_to_nothing_and_an_unknown_format_are_refused(tmp_path: Path) -> None:
    """In words."""
    with pytest.raises(DataError, match="no such folder"):
        read_data(tmp_path / "none")
    with pytest.raises(DataError, match="no such folder"):
        read_data(tmp_path / "none", "folders")
    with pytest.raises(DataError, match="not a format that is read"):
        read_data(tmp_path, "csv")
