"""Average precision, thresholds and confusion, on cases worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from device.core.detections import Detections, no_detections
from training.coco import CocoSet, read_coco
from training.errors import DataError

pytest.importorskip("pycocotools")

from training.metrics import score

_LABELS = ("person", "bottle", "dog")
_PERSON, _BOTTLE, _OTHER_BOTTLE = (4, 4, 20, 40), (40, 10, 10, 20), (10, 10, 20, 30)


@pytest.fixture
def coco(coco_folder: Path) -> CocoSet:
    """The drawn set."""
    return read_coco(coco_folder / "instances.json", coco_folder / "images")


def _found(*things: tuple[str, float, tuple[int, int, int, int]]) -> Detections:
    """Detections on a picture of 64x48 from boxes as x, y, width, height."""
    sides = np.array([box for _, _, box in things], dtype=np.float32)
    corners = np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)
    return Detections(
        boxes=(corners / [64, 48, 64, 48]).astype(np.float32),
        scores=np.array([value for _, value, _ in things], dtype=np.float32),
        classes=np.array([_LABELS.index(name) for name, _, _ in things], dtype=np.intp),
        labels=_LABELS,
        size=(64, 48),
    )


def _nothing() -> Detections:
    return no_detections(_LABELS, (64, 48))


def test_everything_right_is_one(coco: CocoSet) -> None:
    """Each box found once, where it is."""
    found = {
        7: _found(("person", 0.9, _PERSON), ("bottle", 0.8, _BOTTLE)),
        8: _found(("bottle", 0.7, _OTHER_BOTTLE)),
    }
    scores = score(found, coco, _LABELS)
    assert (scores.ap, scores.ap50, scores.ap75, scores.ar100) == pytest.approx((1.0,) * 4)
    assert scores.per_class["bottle"] == {"ap": pytest.approx(1.0), "ap50": pytest.approx(1.0), "support": 2}
    assert scores.operating_point.f1 == 1.0
    assert scores.operating_point.threshold == pytest.approx(0.7)
    assert np.diag(scores.confusion).tolist() == [1, 2, 0]
    assert scores.confusion.sum() == 3


def test_nothing_found_is_zero(coco: CocoSet) -> None:
    """A blind model has figures too."""
    scores = score({7: _nothing(), 8: _nothing()}, coco, _LABELS)
    assert (scores.ap, scores.ar100, scores.operating_point.f1) == (0.0, 0.0, 0.0)
    assert scores.confusion[:, 2].tolist() == [1, 2, 0]


def test_one_of_two_found_is_half(coco: CocoSet) -> None:
    """COCO reads precision at 101 recalls: 51 of them are reached."""
    found = {7: _found(("person", 0.9, _PERSON)), 8: _found(("bottle", 0.8, _OTHER_BOTTLE))}
    scores = score(found, coco, _LABELS)
    assert scores.per_class["bottle"]["ap"] == pytest.approx(51 / 101)
    assert scores.ap == pytest.approx((1 + 51 / 101) / 2)
    point = scores.operating_point
    assert (point.precision, point.recall, point.f1) == pytest.approx((1.0, 2 / 3, 0.8))


def test_a_box_half_off_counts_at_half_overlap_alone(coco: CocoSet) -> None:
    """Overlap .6: right at .50 and .55 and .60, wrong at .65 and above."""
    found = {7: _found(("person", 0.9, (4, 4, 20, 24))), 8: _nothing()}
    scores = score(found, coco, _LABELS)
    person = scores.per_class["person"]
    assert person["ap50"] == pytest.approx(1.0)
    assert person["ap"] == pytest.approx(0.3, abs=0.101)
    assert scores.ap75 == 0.0


def test_the_best_threshold_leaves_the_false_ones_out(coco: CocoSet) -> None:
    """Two right ones over a crowd of wrong ones."""
    wrong = [("person", 0.3, (30 + n, 2, 5, 5)) for n in range(5)]
    found = {7: _found(("person", 0.9, _PERSON), ("bottle", 0.6, _BOTTLE), *wrong), 8: _nothing()}
    scores = score(found, coco, _LABELS)
    assert scores.operating_point.threshold == pytest.approx(0.6)
    assert scores.operating_point.precision == 1.0
    assert scores.class_points["person"].threshold == pytest.approx(0.9)


def test_what_is_taken_for_something_else_is_shown(coco: CocoSet) -> None:
    """A bottle called a person stands in the bottle's row and the person's column."""
    found = {
        7: _found(("person", 0.9, _PERSON), ("person", 0.9, _BOTTLE)),
        8: _found(("bottle", 0.9, (45, 30, 10, 10))),
    }
    scores = score(found, coco, _LABELS)
    assert scores.confusion_labels == ("person", "bottle", "background")
    assert scores.confusion.tolist() == [[1, 0, 0], [1, 0, 1], [0, 1, 0]]


def test_classes_meet_by_name(coco: CocoSet) -> None:
    """What either side lacks is named and changes no figure."""
    found = {7: _found(("person", 0.9, _PERSON), ("dog", 0.95, _BOTTLE)), 8: _nothing()}
    scores = score(found, coco, ("person", "dog"))
    assert scores.ap == pytest.approx(1.0)
    assert list(scores.per_class) == ["person"]
    assert (scores.not_in_model, scores.not_in_set) == (("bottle",), ("dog",))


def test_no_class_in_common_is_refused(coco: CocoSet) -> None:
    """An average over nothing would look like a figure."""
    with pytest.raises(DataError, match="shares no class"):
        score({7: _nothing(), 8: _nothing()}, coco, ("zebra",))
