"""People are cut out of recordings as the device shows them to a classifier."""

from pathlib import Path

import cv2
import pytest

from device.capture.scene import Scene
from device.demo import shipped_clip
from tests.device.drawn import write_clip
from training.cli import main

EMPTY = Scene(width_px=320, height_px=240, fps=10.0, duration_s=1.0)


def test_people_of_a_street_are_cut_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each in a picture of their own, tall enough to judge; a second time nothing is written over."""
    out = tmp_path / "out"
    call = ["crops", str(shipped_clip()), "--out", str(out), "--every-s", "1"]
    assert main(call) == 0
    found = sorted((out / shipped_clip().stem).glob("*.png"))
    assert found
    assert f"{len(found)} people" in capsys.readouterr().out
    for path in found:
        picture = cv2.imread(str(path))
        assert picture is not None
        assert picture.shape[0] > picture.shape[1]
    assert main(call) != 0
    assert "is there already" in capsys.readouterr().err


def test_a_clip_without_people_gives_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says so; no folder is made for it."""
    clip = write_clip(tmp_path / "empty.mp4", EMPTY)
    assert main(["crops", str(clip), "--out", str(tmp_path / "out"), "--every-s", "0.5"]) == 0
    assert "empty.mp4: 0 people" in capsys.readouterr().out
    assert not (tmp_path / "out" / "empty").exists()


def test_what_is_no_clip_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its name; and a time that is none with its range."""
    (tmp_path / "no.mp4").write_text("no clip", encoding="utf-8")
    assert main(["crops", str(tmp_path / "no.mp4"), "--out", str(tmp_path / "out")]) != 0
    assert "no.mp4: cannot be decoded" in capsys.readouterr().err
    assert main(["crops", str(tmp_path / "no.mp4"), "--out", str(tmp_path / "out"), "--every-s", "0"]) == 2
    assert "from 0.04 to 3600 s" in capsys.readouterr().err
