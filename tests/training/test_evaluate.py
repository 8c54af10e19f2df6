"""The command that measures a model, from its arguments to its files."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.detect.models import GENERAL_320
from tests.training.sets import coco_raw, write_set
from training.cli import main
from training.train.checkpoint import BEST, Checkpoint, save_checkpoint

pytest.importorskip("pycocotools")


def _evaluate(folder: Path, model: Path = GENERAL_320, *more: str) -> int:
    where = ["--coco", str(folder / "instances.json"), "--images", str(folder / "images"), "--out", str(folder / "out")]
    return main(["evaluate", str(model), *where, *more])


def test_figures_and_page_are_written(coco_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All promised figures are there, and the page needs nothing from elsewhere."""
    assert _evaluate(coco_folder, GENERAL_320, "--threads", "2") == 0
    metrics = json.loads((coco_folder / "out" / "metrics.json").read_text(encoding="utf-8"))
    promised = {"ap", "ap50", "ap75", "ar100", "per_class", "operating_point", "confusion", "latency_ms", "images"}
    assert promised <= set(metrics)
    assert set(metrics["per_class"]["person"]) == {"ap", "ap50", "support"}
    assert set(metrics["operating_point"]) == {"threshold", "precision", "recall", "f1"}
    assert set(metrics["confusion"]) == {"labels", "matrix"}
    assert metrics["latency_ms"]["threads"] == 2
    assert metrics["images"] == 2
    page = (coco_folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "person" in page
    assert "AP50" in capsys.readouterr().out


def test_the_training_of_another_model_is_refused(coco_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its float figures would stand on the page as those of this model; a training without weights has none."""
    run = coco_folder / "run"
    for words in ("no weights yet", "was not made of its weights"):
        assert _evaluate(coco_folder, GENERAL_320, "--float", str(run)) == 2
        assert words in capsys.readouterr().err
        save_checkpoint(run / BEST, Checkpoint({"stem/bias": np.ones(3, np.float32)}, {"epoch": 1}))
    assert not (coco_folder / "out").exists()


def test_classes_that_the_model_lacks_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The owner learns that nobody looks for their goods, and no page can be broken by a name."""
    raw = coco_raw()
    raw["categories"][0]["name"] = "<b>whisky</b>"
    write_set(tmp_path, raw)
    assert _evaluate(tmp_path) == 0
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["not_in_model"] == ["<b>whisky</b>"]
    assert list(metrics["per_class"]) == ["bottle"]
    assert "<b>whisky</b>" in capsys.readouterr().out
    assert "&lt;b&gt;whisky" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_wrong_call_is_status_two(coco_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad data is the caller's to mend; one line says what."""
    (coco_folder / "images" / "b.png").unlink()
    assert _evaluate(coco_folder) == 2
    message = capsys.readouterr().err
    assert "b.png" in message
    assert message.count("\n") == 1


def test_a_broken_model_is_status_one(coco_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The call was right, the file was not."""
    model = coco_folder / "broken.tflite"
    model.write_bytes(GENERAL_320.read_bytes()[:1000])
    assert _evaluate(coco_folder, model) == 1
    assert "broken.tflite" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_status_one(coco_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file stands where the results should go."""
    (coco_folder / "out").write_text("in the way", encoding="utf-8")
    assert _evaluate(coco_folder) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("call", [[], ["fly"], ["evaluate"], ["evaluate", "m.tflite", "--threads", "0"]])
def test_arguments_that_make_no_sense_are_status_two(call: list[str]) -> None:
    """As the shell expects it."""
    with pytest.raises(SystemExit) as caught:
        main(call)
    assert caught.value.code == 2
