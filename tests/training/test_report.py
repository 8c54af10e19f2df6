"""The pages: what stands on them, and that names cannot break them."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.core.detections import no_detections
from device.detect.load import read_model
from tests.detect.models import GENERAL_320
from tests.training.sets import coco_raw, write_set
from training.cli import main
from training.coco import CocoSet, Picture, TrueBox
from training.metrics import Curve
from training.report.chart import Line, chart
from training.report.classes import render_class_report
from training.report.detector import f1_at
from training.report.html import Html, page, table
from training.report.matrix import matrix_table
from training.report.worst import most_wrong

pytest.importorskip("pycocotools")

_EVIL = "<script>alert('x')</script> \"&amp; $x$"


class Balance(HTMLParser):
    """Counts what is opened and closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Note what begins."""
        self.seen.append(tag)
        if tag not in ("meta", "img", "circle", "line", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """What ends is what began last."""
        if tag not in ("circle", "line"):
            assert self.open.pop() == tag


def needs_nothing(text: str) -> None:
    """A page is whole in itself."""
    assert "http" not in text
    assert "<script" not in text
    assert Balance(text).open == []
    assert not re.findall(r'src="(?!data:)', text)


def evaluated(folder: Path, *more: str) -> tuple[dict[str, object], str]:
    """What ``evaluate`` writes."""
    where = ["--coco", str(folder / "instances.json"), "--images", str(folder / "images"), "--out", str(folder / "out")]
    assert main(["evaluate", str(GENERAL_320), *where, *more]) == 0
    metrics = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
    return metrics, (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_the_page_of_a_detector(tmp_path: Path) -> None:
    """Curves, classes by size, confusion, interpreters, threads and the worst pictures."""
    raw = coco_raw()
    raw["images"][0]["file_name"] = "<img src=x>.png"
    write_set(tmp_path, raw)
    (tmp_path / "images" / "a.png").rename(tmp_path / "images" / "<img src=x>.png")
    metrics, text = evaluated(tmp_path)
    needs_nothing(text)
    assert Balance(text).seen.count("svg") == 2 + 2
    assert {"small", "medium", "large"} <= set(metrics["sizes"])  # type: ignore[call-overload]
    for word in ("precision", "recall", "missed", "ghost", "threads", "int8, ai-edge-litert", "most wrong"):
        assert word in text
    assert "&lt;img src=x&gt;.png: 2 missed" in text


def test_figures_of_other_runs_stand_beside(coco_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As of another interpreter, which lives in another environment."""
    evaluated(coco_folder)
    other = coco_folder / "other"
    (coco_folder / "out").rename(other)
    text = (other / "metrics.json").read_text(encoding="utf-8").replace("ai-edge-litert", "tflite-runtime")
    (other / "metrics.json").write_text(text, encoding="utf-8")
    metrics, shown = evaluated(coco_folder, "--beside", str(other))
    assert [row["name"] for row in metrics["variants"]] == ["int8, ai-edge-litert", "int8, tflite-runtime"]  # type: ignore[attr-defined]
    assert "int8, tflite-runtime" in shown
    capsys.readouterr()
    where = ["--coco", str(coco_folder / "instances.json"), "--images", str(coco_folder / "images")]
    for beside in ("none", "instances.json"):
        call = [
            "evaluate",
            str(GENERAL_320),
            *where,
            "--out",
            str(coco_folder / "o"),
            "--beside",
            str(coco_folder / beside),
        ]
        assert main(call) == 2
        assert beside in capsys.readouterr().err


def test_no_name_breaks_a_page() -> None:
    """Of a class, a set or a model."""
    text = page(_EVIL, [table((_EVIL,), [(_EVIL,)]), matrix_table([_EVIL, "background"], np.eye(2, dtype=np.int64))])
    assert "alert('x')</script>" not in text
    needs_nothing(text)
    line = Line(np.array([0.0, 1.0]), np.array([1.0, 0.0]), _EVIL)
    assert "<script" not in chart([line], (_EVIL, _EVIL))


def test_cells() -> None:
    """What is HTML stays so; what was not measured is a dash."""
    text = table(("a", "b"), [(Html("<b>x</b>"), None), ("<b>", 0.5)])
    assert "<td><b>x</b></td>" in text
    assert "<td>&lt;b&gt;</td>" in text
    assert '<td class="n">-</td>' in text


def test_f1_holds_from_one_score_to_the_next() -> None:
    """Between two detections nothing changes; over the best score nothing counts."""
    curve = Curve(np.zeros(101), np.array([0.9, 0.5, 0.1]), np.array([0.4, 0.8, 0.6]))
    assert [f1_at(curve, at) for at in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95)] == [0.6, 0.6, 0.8, 0.8, 0.4, 0.4, 0.0]


def test_a_matrix_of_many_classes_shows_the_worst() -> None:
    """And says how many it leaves out."""
    counts = np.eye(41, dtype=np.int64) * 9
    counts[7, 8] = 5
    text = matrix_table([*(f"c{n}" for n in range(40)), "background"], counts)
    assert "Not shown: 10 classes" in text
    assert ">c7<" in text
    assert ">c8<" in text


def test_the_page_of_a_classifier(tmp_path: Path) -> None:
    """Accuracy, classes, confusion, and the surest mistakes with their pictures."""
    wrong = tmp_path / "cola<1>.png"
    cv2.imwrite(str(wrong), np.full((300, 40, 3), 90, np.uint8))
    metrics = {
        "accuracy": 0.75, "images": 4, "not_in_model": ["<b>tea</b>"],
        "per_class": {"cola": {"precision": 1.0, "recall": 0.5, "f1": 2 / 3, "support": 2},
                      "milk": {"precision": 2 / 3, "recall": 1.0, "f1": 0.8, "support": 2}},
        "confusion": {"labels": ["cola", "milk"], "matrix": [[1, 1], [0, 2]]},
        "latency_ms": {"median": 1.5, "p95": 2.0, "threads": 1},
        "wrong": [{"file": str(wrong), "truth": "cola", "named": "milk", "score": 0.9}],
    }  # fmt: skip
    text = render_class_report(read_model(GENERAL_320).card, metrics, "goods")
    needs_nothing(text)
    for word in ("0.750", "&lt;b&gt;tea", "cola&lt;1&gt;.png: cola, called milk (0.90)", "data:image/jpeg"):
        assert word in text


def test_pictures_of_one_name_are_told_apart_by_their_folders() -> None:
    """A phone begins anew at the same name; where all lie in one folder, the name is enough."""
    for folders, named in ((("monday", "evening"), ["evening/a.jpg", "monday/a.jpg"]), (("images",), ["a.jpg"])):
        pictures = tuple(Picture(n, Path("photos") / name / "a.jpg", (64, 48)) for n, name in enumerate(folders))
        boxes = tuple(TrueBox(picture.id, 1, (4, 4, 20, 20), 400, crowd=False) for picture in pictures)
        coco = CocoSet(Path("photos"), pictures, {1: "cola"}, boxes)
        found = {picture.id: no_detections(("cola",), (64, 48)) for picture in pictures}
        worst = most_wrong(found, coco, ["cola"], 0.5, 9)
        assert [str(entry) for entry in worst] == [f"{name}: 1 missed" for name in named]
