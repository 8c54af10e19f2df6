"""What people really hand over: every command answers with one clear line, or tells what it did and goes on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from device.cli import main as device_main
from tests.detect.bundles import write_bundle, write_public
from tests.detect.models import GENERAL_320
from tests.training.data.drawn import coco_set, ground, save, write_json
from tests.training.train.drawn import write_recipe
from training.cli import main

pytest.importorskip("pycocotools")

Make = Callable[[Path], None]


def call(command: str, folder: Path) -> list[str]:
    """A command on a set."""
    images = ["--images", str(folder / "images")]
    coco = ["--coco", str(folder / "instances.json"), *images, "--out", str(folder / "out")]
    recipe = str(write_recipe(folder.parent / "r.toml"))
    return {
        "inspect": ["inspect", str(folder), "--out", str(folder / "out")],
        "train": ["train", "--recipe", recipe, "--data", str(folder), "--out", str(folder / "run")],
        "evaluate": ["evaluate", str(GENERAL_320), *coco],
        "compare": ["compare", str(GENERAL_320), str(GENERAL_320), *coco],
        "prelabel": ["prelabel", str(GENERAL_320), *images, "--out", str(folder / "l.json")],
        "folders": ["evaluate", str(GENERAL_320), "--folders", str(folder), "--out", str(folder / "out")],
    }[command]


def empty(folder: Path) -> None:
    """Nothing at all."""
    (folder / "images").mkdir(parents=True)


def missing(folder: Path) -> None:
    """Not even a folder."""


def no_boxes(folder: Path) -> None:
    """Pictures and classes, but nobody labelled."""
    write_json(folder, coco_set(folder, boxes=0))


def one_folder(folder: Path) -> None:
    """One class of pictures: nothing to tell apart."""
    for number in range(4):
        save(folder / "cola" / f"{number}.png", ground(number))


def strange_ids(folder: Path) -> None:
    """Boxes of a picture that is not in the set."""
    raw = coco_set(folder)
    raw["annotations"][3]["image_id"] = 999
    write_json(folder, raw)


def strange_categories(folder: Path) -> None:
    """A box of a class that is not in the set."""
    raw = coco_set(folder)
    raw["annotations"][2]["category_id"] = 77
    write_json(folder, raw)


def cut_short(folder: Path) -> None:
    """Half a file of labels."""
    path = write_json(folder, coco_set(folder))
    path.write_bytes(path.read_bytes()[:200])


def dots(folder: Path) -> None:
    """Boxes of one pixel: a slip of the mouse each."""
    raw = coco_set(folder)
    for row in raw["annotations"]:
        row["bbox"][2:] = [1, 1]
    write_json(folder, raw)


def picture_cut_short(folder: Path) -> None:
    """The card was pulled out while the camera wrote."""
    write_json(folder, coco_set(folder))
    path = folder / "images" / "take0_0.png"
    path.write_bytes(path.read_bytes()[:90])


@pytest.mark.parametrize(
    ("make", "commands", "words"),
    [
        (missing, ("inspect", "train"), "no such folder"),
        (missing, ("evaluate", "compare"), "instances.json: cannot be read"),
        (missing, ("prelabel",), "no pictures in it"),
        (empty, ("inspect", "train"), "no pictures"),
        (empty, ("folders",), "no folders of pictures"),
        (empty, ("prelabel",), "no pictures in it"),
        (no_boxes, ("inspect", "train"), "not one box"),
        (no_boxes, ("evaluate", "compare"), "class"),
        (one_folder, ("inspect",), "the one class 'cola'"),
        (strange_ids, ("train", "evaluate", "compare"), "image_id 999 is no picture of the set"),
        (strange_categories, ("train", "evaluate", "compare"), "category_id 77 is no category of the set"),
        (cut_short, ("inspect", "train", "evaluate", "compare"), "not JSON"),
        (dots, ("inspect", "train"), "under 2 px"),
        (picture_cut_short, ("train", "evaluate", "compare"), "take0_0.png"),
    ],
)
def test_one_line_and_status_two(
    tmp_path: Path, make: Make, commands: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file, what is wrong with it, and nothing else."""
    folder = tmp_path / "set"
    make(folder)
    for command in commands:
        assert main(call(command, folder)) == 2, command
        said = capsys.readouterr().err
        assert words in said, command
        assert said.count("\n") == 1, command
        assert str(tmp_path) in said, command


def test_faults_of_single_labels_are_told_and_the_rest_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``inspect`` goes on, so that all of them can be mended at once."""
    for number, make in enumerate((strange_ids, strange_categories, picture_cut_short)):
        folder = tmp_path / str(number)
        make(folder)
        assert main(call("inspect", folder)) == 0
        said = capsys.readouterr().out
        assert "1 faults" in said
        assert (folder / "out" / "inspect.html").is_file()


def strange_pictures(folder: Path) -> list[str]:
    """16 bits, CMYK, grey, a palette, transparency, turned by EXIF: each with a box."""
    raw = coco_set(folder, count=6)
    deep = np.random.default_rng(1).integers(0, 65535, (72, 96, 3)).astype(np.uint16)
    pictures = folder / "images"
    names = ["deep.png", "cmyk.jpg", "grey.png", "palette.png", "clear.png", "turned.jpg"]
    cv2.imwrite(str(pictures / names[0]), deep)
    colour = Image.fromarray(ground(9))
    colour.convert("CMYK").save(pictures / names[1])
    colour.convert("L").save(pictures / names[2])
    colour.convert("P").save(pictures / names[3])
    colour.convert("RGBA").save(pictures / names[4])
    exif = Image.Exif()
    exif[0x0112] = 3
    colour.save(pictures / names[5], exif=exif)
    for row, name in zip(raw["images"], names, strict=True):
        row["file_name"] = name
    raw["categories"][0]["name"] = "bottle"
    write_json(folder, raw)
    return names


def test_strange_pictures_are_converted_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command takes them; ``inspect`` says what was done to which."""
    names = strange_pictures(tmp_path)
    for command in ("evaluate", "prelabel", "compare"):
        assert main(call(command, tmp_path)) == 0, (command, capsys.readouterr().err)
    assert main(call("inspect", tmp_path)) == 0
    page = (tmp_path / "out" / "inspect.html").read_text(encoding="utf-8")
    # A palette holds 8-bit colours like any other picture, so there is nothing to tell.
    for name, what in zip(names, ("16 bits", "CMYK", "grey", "", "transparency", "EXIF"), strict=True):
        assert not what or (name in page and what in page)


def test_one_class_is_enough_for_a_detector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is right where one thing is all that is to be found, so it is told and goes on."""
    raw: dict[str, Any] = coco_set(tmp_path, labels=("bottle",))
    write_json(tmp_path, raw)
    assert main(call("inspect", tmp_path)) == 0
    assert "one class only, &#x27;bottle&#x27;" in (tmp_path / "out" / "inspect.html").read_text(encoding="utf-8")
    assert main(call("evaluate", tmp_path)) == 0
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert list(metrics["per_class"]) == ["bottle"]


def test_boxes_of_one_pixel_are_measured_as_they_are(tmp_path: Path) -> None:
    """The truth is the truth, however small; the page of such a set is whole."""
    dots(tmp_path)
    raw = json.loads((tmp_path / "instances.json").read_text(encoding="utf-8"))
    raw["categories"][0]["name"] = "bottle"
    write_json(tmp_path, raw)
    assert main(call("evaluate", tmp_path)) == 0
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["ap"], metrics["sizes"]["small"], metrics["sizes"]["large"]) == (0.0, 0.0, None)


def test_a_bundle_cut_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On its way over a bad line."""
    path = write_bundle(tmp_path / "goods-1.zip")
    path.write_bytes(path.read_bytes()[:-700])
    key = str(write_public(tmp_path / "t.pub"))
    assert device_main(["model", "install", str(path), "--state-dir", str(tmp_path / "s"), "--key", key]) == 1
    said = capsys.readouterr().err
    assert "cut short" in said
    assert said.count("\n") == 1


def _raiser(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_library_that_is_missing_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on a machine that has the device's part alone; what is no library of the extra is a fault of ours."""
    write_json(tmp_path, coco_set(tmp_path))
    missing = ModuleNotFoundError("No module named 'pycocotools'", name="pycocotools")
    monkeypatch.setattr("training.evaluate.evaluate_file", _raiser(missing))
    assert main(call("evaluate", tmp_path)) == 1
    assert capsys.readouterr().err == (
        "shopwarden-train: pycocotools is not installed; pip install 'shopwarden[training]'\n"
    )
    monkeypatch.setattr("training.evaluate.evaluate_file", _raiser(ModuleNotFoundError("ours", name="training.gone")))
    with pytest.raises(ModuleNotFoundError):
        main(call("evaluate", tmp_path))
