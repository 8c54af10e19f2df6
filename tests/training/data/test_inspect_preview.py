"""The commands inspect and preview, as a person calls them."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.data.drawn import SPEC, coco_set, ground, save, write_json
from training.cli import main
from training.data.findings import find
from training.data.memory import divide_as_kept
from training.data.read import read_data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set with a fault, a grey picture, a copy and a name that is no HTML."""
    data = tmp_path / "set"
    raw = coco_set(data, 12, labels=("cup", "<jar>"))
    raw["annotations"][3]["bbox"] = [5, 5, 1, 1]
    save(data / "images" / "take1_3.png", ground(3)[..., 0])
    shutil.copy(data / "images" / "take0_0.png", data / "images" / "copy.png")
    raw["images"].append({"id": 50, "file_name": "copy.png", "width": 96, "height": 72})
    write_json(data, raw)
    return data


def test_inspect_writes_a_page_that_needs_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With every problem, and no script or address of another file in it."""
    assert main(["inspect", str(folder), "--out", str(folder.parent / "out")]) == 0
    page = (folder.parent / "out" / "inspect.html").read_text(encoding="utf-8")
    said = capsys.readouterr().out

    assert "annotations[3] (id 4)" in page
    assert "grey only" in page
    assert "The same file more than once. 1." in page
    assert "&lt;jar&gt;" in page
    assert "<jar>" not in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "<script" not in page
    assert "1 faults" in said
    assert (folder / "splits.json").is_file()


def test_inspect_twice_says_the_same(folder: Path) -> None:
    """Also after pictures joined: the old ones stay where they were."""
    assert main(["inspect", str(folder), "--out", str(folder.parent / "a")]) == 0
    before = (folder / "splits.json").read_text()
    assert main(["inspect", str(folder), "--out", str(folder.parent / "b")]) == 0

    assert (folder / "splits.json").read_text() == before
    assert (folder.parent / "a" / "inspect.html").read_text() == (folder.parent / "b" / "inspect.html").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", "nowhere", "--out", "out"],
        ["preview", "nowhere", "--out", "out.png"],
        ["inspect", "{}", "--out", "out", "--group-pattern", "(camera)"],
        ["preview", "{}", "--out", "out.png", "--recipe", "none.toml"],
    ],
)
def test_a_wrong_call_ends_with_two(folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stderr, and no traceback."""
    assert main([text.format(folder) for text in arguments]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_page_tells_what_to_worry_about(folder: Path) -> None:
    """Few pictures, small boxes, and near-duplicates across the split that the set names."""
    raw = coco_set(folder, 4)
    for row in raw["annotations"]:
        row["bbox"] = [10, 10, 3, 3]
    write_json(folder, raw)
    dataset = read_data(folder)
    findings = find(dataset, divide_as_kept(dataset, folder / "splits.json"), SPEC)

    assert "boxes under 8 px on the input" in findings.classes[0].worry
    assert "pictures to learn from" in findings.classes[0].worry
    assert findings.classes[0].sizes[0] == 4


def test_near_duplicates_across_a_given_split_are_shown(tmp_path: Path) -> None:
    """The figures of such a set are too good."""
    for split, seeds in (("train", (1, 2, 3)), ("val", (3, 4))):
        for seed in seeds:
            save(tmp_path / split / "images" / f"{split}{seed}.png", ground(seed))
            text = tmp_path / split / "labels" / f"{split}{seed}.txt"
            text.parent.mkdir(exist_ok=True)
            text.write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "classes.txt").write_text("cup\n")
    dataset = read_data(tmp_path)
    leaks = find(dataset, divide_as_kept(dataset, tmp_path / "splits.json"), SPEC).leaks

    assert [[sample.path.stem for sample in group] for group in leaks] == [["train3", "val3"]]


@pytest.mark.train
@pytest.mark.parametrize("extra", [[], ["--plain"], ["--split", "test"]])
def test_preview_draws_what_the_network_sees(folder: Path, extra: list[str]) -> None:
    """A picture of the size that its tiles need; nothing is written beside the data."""
    out = folder.parent / "sheet.png"
    assert main(["preview", str(folder), "--out", str(out), "--size", "64", *extra]) == 0
    with Image.open(out) as sheet:
        pixels = np.asarray(sheet.convert("RGB"))

    assert pixels.shape[0] % 68 == 4
    assert pixels.std() > 10
    assert not (folder / "splits.json").exists()


@pytest.mark.train
def test_a_plain_preview_is_the_picture(tmp_path: Path) -> None:
    """The tile, its bars aside, is the picture that was fed."""
    for number, name in enumerate(("cup", "jar")):
        for copy in range(6):
            save(tmp_path / "set" / name / f"{copy}.png", ground(10 * number + copy, 64, 64))
    out = tmp_path / "sheet.png"
    assert main(["preview", str(tmp_path / "set"), "--plain", "--size", "64", "--out", str(out)]) == 0
    with Image.open(out) as sheet:
        tile = np.asarray(sheet.convert("RGB"))[4:44, 4:68, ::-1].astype(int)

    pictures = [ground(number, 64, 64)[:40].astype(int) for number in (*range(6), *range(10, 16))]
    assert min(np.abs(tile - picture).max() for picture in pictures) <= 1


@pytest.mark.parametrize("size", ["0", "33", "x", "4096"])
def test_a_size_that_no_network_has_is_refused(folder: Path, size: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By the command line itself."""
    with pytest.raises(SystemExit, match="2"):
        main(["inspect", str(folder), "--out", "out", "--size", size])
    assert "--size" in capsys.readouterr().err
