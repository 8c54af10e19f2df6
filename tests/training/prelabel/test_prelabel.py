"""The command that proposes labels."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.detect.models import GENERAL_320
from training.cli import main
from training.coco import read_coco
from training.data.read import read_data


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two pictures: noise in which a detector without a threshold sees something, and a plain one below a folder."""
    folder = tmp_path / "photos"
    (folder / "b").mkdir(parents=True)
    random = np.random.default_rng(3)
    cv2.imwrite(str(folder / "a.png"), random.integers(0, 255, (60, 80, 3)).astype(np.uint8))
    cv2.imwrite(str(folder / "b" / "c.png"), np.full((60, 80, 3), 90, np.uint8))
    return folder


def prelabel(images: Path, *more: str, model: str = str(GENERAL_320)) -> int:
    """Call the command, eager enough to see something everywhere."""
    return main(["prelabel", model, "--images", str(images), "--threshold", "0.002", *more])


def test_coco(images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that evaluate and train read, with only the classes that occur."""
    out = tmp_path / "labels.json"
    assert prelabel(images, "--out", str(out)) == 0
    assert "correct them before you train" in capsys.readouterr().out
    coco = read_coco(out, images)
    assert [picture.path for picture in coco.pictures] == [images / "a.png", images / "b" / "c.png"]
    assert coco.boxes
    assert {box.category_id for box in coco.boxes} == set(coco.categories)


def test_labels_made_by_hand_are_never_lost(images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there is not overwritten; labelme's pictures that have labels are left alone."""
    out = tmp_path / "labels.json"
    out.write_text("by hand", encoding="utf-8")
    assert prelabel(images, "--out", str(out)) == 2
    assert "is there already" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "by hand"
    mine = images / "a.json"
    mine.write_text('{"shapes": []}', encoding="utf-8")
    assert prelabel(images, "--format", "labelme") == 0
    assert "1 had labels already" in capsys.readouterr().out
    assert mine.read_text(encoding="utf-8") == '{"shapes": []}'
    assert json.loads((images / "b" / "c.json").read_text(encoding="utf-8"))["imagePath"] == "c.png"


@pytest.mark.parametrize("form", ["labelme", "yolo", "voc"])
def test_other_forms(images: Path, form: str) -> None:
    """Each beside the pictures, as its readers and tools want it, every box under one name."""
    out = [] if form == "labelme" else ["--out", str(images)]
    assert prelabel(images, "--format", form, "--as", "item", *out) == 0
    dataset = read_data(images, form)
    assert dataset.labels == ("item",)
    assert sum(len(sample.boxes) for sample in dataset.samples) > 0


def test_only_what_is_asked_for(images: Path, tmp_path: Path) -> None:
    """And from a score that nothing reaches, nothing: such pictures are in the file all the same."""
    out = tmp_path / "people.json"
    assert prelabel(images, "--only", "person", "--out", str(out)) == 0
    assert set(read_coco(out, images).categories.values()) == {"person"}
    call = ["--images", str(images), "--threshold", "1", "--out", str(tmp_path / "none.json")]
    assert main(["prelabel", "general-320", *call]) == 0
    nothing = read_coco(tmp_path / "none.json", images)
    assert (len(nothing.pictures), nothing.boxes) == (2, ())


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        (["--images", "none", "--out", "l.json"], 2, "no pictures in it"),
        (["--images", "photos"], 2, "give --out"),
        (["--images", "photos", "--out", "l.json", "--only", "whisky"], 2, "does not know 'whisky'"),
        (["--images", "broken", "--out", "l.json"], 2, "no picture can be read"),
        (["--images", "photos", "--out", "file/l.json"], 1, "cannot be written"),
    ],
)
def test_what_goes_wrong_is_one_line(
    images: Path,
    tmp_path: Path,
    more: list[str],
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What, where, what to do."""
    monkeypatch.chdir(tmp_path)
    Path("broken").mkdir()
    Path("broken/x.png").write_bytes(b"no picture")
    Path("file").write_text("", encoding="utf-8")
    assert main(["prelabel", str(GENERAL_320), *more]) == status
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
