"""The newcomer's road: every command of the guide, in its order, on drawn pictures."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device.cli import main as device_main
from tests.docs import ROOT
from tests.training.train.drawn import write_recipe
from training.cli import main as training_main

pytest.importorskip("tensorflow")
pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]

_GUIDE = ROOT / "docs" / "guide" / "training.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BY_HAND = ("pip", "labelme", "scp")
"""What a person does at a screen or on another machine."""
_GOODS = {"cola": (40, 30, 200), "tea": (200, 90, 30)}
_CONFIG = """
[device]
id = "shop-1"
state_dir = "state"

[detector]
model = "goods"
trusted_keys = ["keys/trainer.pub"]

[[cameras]]
id = "aisle"
source = "file:clip.mp4"

  [[cameras.zones]]
  id = "counter"
  polygon = [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]
"""


def commands() -> list[list[str]]:
    """Each line of each block, as the shell would part it."""
    blocks = _BLOCK.findall(_GUIDE.read_text(encoding="utf-8"))
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip()]


def draw_takes(folder: Path, takes: int, *, labelled: bool) -> None:
    """Four pictures a take, as from a phone, two coloured packs on each, with labelme's files."""
    random = np.random.default_rng(takes)
    for take in range(takes):
        (folder / f"take{take}").mkdir(parents=True)
        for number in range(4):
            picture = random.integers(90, 160, (96, 128, 3)).astype(np.uint8)
            shapes = []
            for place, (name, colour) in enumerate(_GOODS.items()):
                left, top = int(random.integers(0, 30)) + 64 * place, int(random.integers(0, 50))
                picture[top : top + 36, left : left + 28] = colour
                corners = [[left, top], [left + 28, top + 36]]
                plain: dict[str, Any] = {
                    "group_id": None,
                    "description": "",
                    "shape_type": "rectangle",
                    "flags": {},
                    "mask": None,
                }
                shapes.append({"label": name, "points": corners, **plain})
            path = folder / f"take{take}" / f"IMG_{number}.jpg"
            cv2.imwrite(str(path), picture)
            raw: dict[str, Any] = {
                "version": "6.3.1",
                "flags": {},
                "shapes": shapes,
                "imagePath": path.name,
                "imageData": None,
            }
            if labelled:
                path.with_suffix(".json").write_text(json.dumps(raw | {"imageHeight": 96, "imageWidth": 128}))


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the reader has before the first command: pictures, labels, more pictures, a configuration."""
    draw_takes(tmp_path / "photos", 10, labelled=True)
    draw_takes(tmp_path / "more", 1, labelled=False)
    write_recipe(tmp_path / "goods.toml")
    (tmp_path / "shop.toml").write_text(_CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(words: list[str]) -> int:
    """Run one command, with a recipe that is over in seconds in the place of ``goods``."""
    name, *arguments = words
    if name == "shopwarden-train":
        tiny = {"goods": "goods.toml"} if arguments[0] == "train" else {}
        return training_main([tiny.get(word, word) for word in arguments])
    return device_main(arguments)


@pytest.mark.slow
def test_every_command_of_the_guide_works(laptop: Path) -> None:
    """One after the other, and each leaves what the guide says it leaves."""
    for words in commands():
        if words[0] in _BY_HAND:
            continue
        assert words[0] in ("shopwarden", "shopwarden-train"), words
        if words[1:3] == ["model", "rollback"]:
            assert _active(laptop) == 2
        assert run(words) == 0, shlex.join(words)
    for name in (
        "look/inspect.html", "look/seen.png", "photos/splits.json", "runs/1/history.png", "report/report.html",
        "report/metrics.json", "more/take0/IMG_0.json", "compared/compare.html", "keys/trainer.pub", "goods-2.zip",
    ):  # fmt: skip
        assert (laptop / name).is_file(), name
    assert _active(laptop) == 1
    variants = json.loads((laptop / "report" / "metrics.json").read_text(encoding="utf-8"))["variants"]
    assert [row["name"] for row in variants] == ["int8, ai-edge-litert", "float"]


def _active(laptop: Path) -> int:
    ledger = laptop / "state" / "models" / "goods" / "installed.json"
    return int(json.loads(ledger.read_text(encoding="utf-8"))["active"])


def test_the_guide_shows_the_whole_road() -> None:
    """No command that the road needs is left to be guessed."""
    shown = {tuple(words[:2]) for words in commands() if words[0] == "shopwarden-train"}
    assert {word for _, word in shown} == {
        "inspect", "preview", "train", "export", "evaluate", "prelabel", "compare", "keygen", "bundle", "sign",
    }  # fmt: skip
