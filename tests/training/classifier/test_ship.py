"""A classifier on its way to the device: compared, reported, bundled, installed."""

import json
from pathlib import Path

import pytest

from device.cli import main as device_main
from tests.detect.models import GENERAL_320
from training.classifier.task import ClassExperiment
from training.cli import main

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def model(named: tuple[ClassExperiment, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The int8 classifier of drawn pictures."""
    path = tmp_path_factory.mktemp("ship") / "shapes.tflite"
    assert main(["export", str(named[0].out), "--out", str(path)]) == 0
    return path


def test_two_classifiers_side_by_side(
    model: Path, classes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model beside itself gains nothing, and nothing speaks for a change."""
    where = ["--folders", str(classes / "data"), "--out", str(tmp_path / "out")]
    assert main(["compare", str(model), str(model), *where]) == 0
    result = json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))
    assert result["decided_by"] == "accuracy"
    assert result["figures"]["accuracy"]["gain"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert 0.0 < result["figures"]["accuracy"]["a"]["value"] <= 1.0
    assert "http" not in (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", str(model), str(GENERAL_320), *where]) == 2
    assert "a detector, not a classifier; compare it with --coco and --images" in capsys.readouterr().err


def test_the_page_of_its_evaluation(model: Path, classes: Path, tmp_path: Path) -> None:
    """Written beside the figures."""
    assert main(["evaluate", str(model), "--folders", str(classes / "data"), "--out", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Taken for one another" in page
    assert "http" not in page


def test_a_classifier_is_bundled_and_installed(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Signed, tried out and taken as a detector is."""
    assert main(["keygen", "--out", str(tmp_path / "t.key")]) == 0
    bundle = str(tmp_path / "shapes-1.zip")
    assert main(["bundle", str(model), "--version", "1", "--key", str(tmp_path / "t.key"), "--out", bundle]) == 0
    place = ["--state-dir", str(tmp_path / "state"), "--key", str(tmp_path / "t.pub")]
    assert device_main(["model", "install", bundle, *place]) == 0
    assert "a classifier of" in capsys.readouterr().out
