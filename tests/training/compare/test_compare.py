"""Two models side by side: figures, intervals, the verdict, the command."""

import json
from pathlib import Path

import numpy as np
import pytest

from device.core.detections import Detections
from tests.detect.models import GENERAL_320, GENERAL_416
from tests.training.sets import coco_raw, write_set
from training.cli import main
from training.coco import read_coco
from training.compare.resample import DRAWS, Difference, Interval, differences
from training.compare.verdict import Contender, decide

pytest.importorskip("pycocotools")

from training.compare.precision import precision_figures
from training.metrics import score, shared_ids

_LABELS = ("person", "bottle")


def _crowded(folder: Path, pictures: int = 12) -> dict[int, Detections]:
    """A set with many boxes, and detections that are right, beside it, doubled and wrong."""
    random = np.random.default_rng(2)
    raw = coco_raw() | {"images": [], "annotations": []}
    found = {}
    for number in range(pictures):
        raw["images"].append({"id": 50 - number, "file_name": "ab"[number % 2] + ".png", "width": 64, "height": 48})
        count = int(random.integers(0, 5))
        corners, sides = random.integers(0, 30, (count, 2)), random.integers(5, 18, (count, 2))
        for corner, side in zip(corners.tolist(), sides.tolist(), strict=True):
            crowd = int(random.random() < 0.15)
            category = int(random.choice([1, 44], p=[0.8, 0.2]))
            box = {"bbox": [*corner, *side], "category_id": category, "iscrowd": crowd}
            raw["annotations"].append({"id": len(raw["annotations"]), "image_id": 50 - number, **box})
        around = np.concatenate([corners, corners + sides], axis=1).repeat(2, axis=0) + random.normal(
            0, 2, (2 * count, 4)
        )
        around = np.clip(np.sort(around.reshape(-1, 2, 2), axis=1).reshape(-1, 4) / [64, 48, 64, 48], 0, 1)
        scores = np.round(random.random(2 * count), 1).astype(np.float32)
        classes = (random.random(2 * count) < 0.2).astype(np.intp)
        found[50 - number] = Detections(around.astype(np.float32), scores, classes, _LABELS, (64, 48))
    write_set(folder, raw)
    return found


def test_precision_of_the_set_itself_is_coco_s(tmp_path: Path) -> None:
    """Ours, which can be asked of any draw, equals pycocotools where both can be asked; crowds and equal scores too."""
    found = _crowded(tmp_path)
    coco = read_coco(tmp_path / "instances.json", tmp_path / "images")
    scores = score(found, coco, _LABELS)
    figures = precision_figures(found, coco, shared_ids(coco, _LABELS))(np.ones(12, dtype=np.int64))
    assert figures["ap"] == pytest.approx(scores.ap, abs=1e-9)
    assert figures["ap50"] == pytest.approx(scores.ap50, abs=1e-9)
    assert 0.03 < scores.ap < 0.97


def test_a_picture_drawn_twice_counts_twice(tmp_path: Path) -> None:
    """A draw of one picture alone is that picture, however often."""
    found = _crowded(tmp_path)
    coco = read_coco(tmp_path / "instances.json", tmp_path / "images")
    figures = precision_figures(found, coco, shared_ids(coco, _LABELS))
    draw = np.array([3, 1, 0, 2, 1, 0, 4, 1, 0, 0, 0, 0], dtype=np.int64)
    assert figures(draw) == pytest.approx(figures(draw * 2))
    assert figures(draw) != pytest.approx(figures(np.ones(12, dtype=np.int64)))
    assert figures(np.zeros(12, dtype=np.int64)) == {"ap": 0.0, "ap50": 0.0}


def test_an_interval_holds_what_it_should() -> None:
    """The mean of 400 fair coins: 1.96 standard errors to each side, as the textbook has it."""
    coins = np.random.default_rng(5).integers(0, 2, 400)
    rows = differences(lambda w: {"mean": float(w @ coins / w.sum())}, lambda _: {"mean": 1.0}, 400, seed=1)["mean"]
    assert rows.first.value == pytest.approx(coins.mean())
    assert (rows.first.high - rows.first.low) / 2 == pytest.approx(1.96 * 0.5 / 20, rel=0.12)
    assert rows.second == Interval(1.0, 1.0, 1.0)
    assert rows.gain.low == pytest.approx(1.0 - rows.first.high)


def test_the_same_seed_gives_the_same_interval() -> None:
    """And both models are measured on the same draws: equal models differ by nothing at all."""
    values = np.random.default_rng(1).random(50)

    def mean(weights: np.ndarray) -> dict[str, float]:
        return {"mean": float(weights @ values / weights.sum())}

    rows = differences(mean, mean, 50, seed=3)
    assert rows == differences(mean, mean, 50, seed=3)
    assert rows["mean"].first != differences(mean, mean, 50, seed=4)["mean"].first
    assert rows["mean"].gain == Interval(0.0, 0.0, 0.0)
    assert DRAWS >= 200


def _contender(
    name: str, latency_ms: float = 10.0, model_bytes: int = 1000, lacking: tuple[str, ...] = ()
) -> Contender:
    return Contender(name, f"{name}.tflite", model_bytes, latency_ms, lacking)


@pytest.mark.parametrize(
    ("gain", "a", "b", "ship", "sure", "words"),
    [
        ((0.05, 0.01, 0.09), _contender("a"), _contender("b", 90.0), "b", True, "+0.090; but it takes 9.0 times"),
        ((-0.05, -0.09, -0.01), _contender("a"), _contender("b", 1.0), "a", True, "b is worse"),
        ((0.01, -0.02, 0.04), _contender("a", 20.0), _contender("b", 10.0), "b", False, "b is faster by 50%"),
        ((0.01, -0.02, 0.04), _contender("a"), _contender("b", 9.5, 500), "b", False, "b is smaller by 50%"),
        ((0.01, -0.02, 0.04), _contender("a"), _contender("b", 9.5, 950), "a", False, "nothing speaks for a change"),
        ((0.05, 0.01, 0.09), _contender("a"), _contender("b", lacking=("tea",)), "b", True, "it does not know tea"),
    ],
)
def test_the_verdict(
    gain: tuple[float, float, float], a: Contender, b: Contender, ship: str, sure: bool, words: str
) -> None:
    """The better one where the pictures tell, else the cheaper one, else no change; what is lost is named."""
    same = Interval(0.5, 0.4, 0.6)
    verdict = decide(a, b, {"ap": Difference(same, same, Interval(*gain))}, "ap")
    assert (verdict.ship, verdict.sure) == (ship, sure)
    assert words in verdict.reason


def _compare(folder: Path, a: Path, b: Path) -> int:
    where = ["--coco", str(folder / "instances.json"), "--images", str(folder / "images"), "--out", str(folder / "out")]
    return main(["compare", str(a), str(b), *where])


def test_the_command_writes_figures_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that a person needs to decide, and all that a program needs to decide again."""
    raw = coco_raw()
    raw["categories"][0]["name"] = "<b>whisky</b>"
    write_set(tmp_path, raw)
    assert _compare(tmp_path, GENERAL_320, GENERAL_416) == 0
    assert "ship " in capsys.readouterr().out
    result = json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))
    assert result["verdict"]["ship"] in ("a", "b")
    assert {"value", "low", "high"} == set(result["figures"]["ap"]["gain"])
    assert (result["images"], result["a"]["name"], result["b"]["name"]) == (2, "general-320", "general-416")
    assert result["a"]["model_bytes"] == GENERAL_320.stat().st_size
    page = (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "ship this one" in page


def test_what_cannot_be_compared(coco_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line each: no set, two kinds of sets, a broken model, a detector among classifiers."""
    where = ["--coco", str(coco_folder / "instances.json"), "--images", str(coco_folder / "images")]
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(GENERAL_320.read_bytes()[:1000])
    a, out = str(GENERAL_320), ["--out", str(tmp_path / "out")]
    for call, status, words in (
        ([a, a, *out], 2, "give --coco and --images"),
        ([a, a, *out, *where, "--folders", str(tmp_path)], 2, "or --folders"),
        ([a, str(broken), *out, *where], 1, "broken.tflite"),
        ([a, a, *out, *where, "--seed", "-1"], 2, "negative"),
    ):
        assert main(["compare", *call]) == status
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1
