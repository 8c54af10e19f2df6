"""From int8 head tensors to boxes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.core.card import ModelCard
from device.core.decode import Decoder, DecodeSettings, Placement, cells_of, suppress
from device.core.detections import Detections
from device.detect.scripted import scripted_card

_CARD = scripted_card(("person", "bottle", "car"))
_WHOLE = Placement(0, 0, 64, 64)
_CENTRES, _STRIDES = cells_of(64, 64, (8, 16, 32))
_CELLS = len(_CENTRES)


def _empty() -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    return np.full((1, _CELLS, 3), -128, dtype=np.int8), np.zeros((1, _CELLS, 44), dtype=np.int8)


def _point_at(boxes: NDArray[np.int8], cell: int, strides: tuple[int, int, int, int]) -> None:
    """Make the box of a cell reach so many whole strides to the left, top, right and bottom."""
    logits = np.full((4, 11), -128, dtype=np.int8)
    logits[np.arange(4), strides] = 127
    boxes[0, cell] = logits.reshape(-1)


def _decode(scores: NDArray[np.int8], boxes: NDArray[np.int8], **settings: object) -> Detections:
    decoder = Decoder(_CARD, DecodeSettings(**settings))  # type: ignore[arg-type]
    return decoder.decode(scores, boxes, _WHOLE, (640, 640))


def _slow(scores_q: NDArray[np.int8], boxes_q: NDArray[np.int8], floor: float, iou: float) -> list[tuple[float, ...]]:
    """The same in plain words: every cell, every class, one after another."""
    found = []
    for cell in range(_CELLS):
        for label in range(3):
            score = (int(scores_q[0, cell, label]) + 128) / 256
            if score < floor:
                continue
            logits = boxes_q[0, cell].reshape(4, 11).astype(np.float64) * 0.1
            weights = np.exp(logits)
            left, top, right, bottom = weights @ np.arange(11) / weights.sum(axis=1) * _STRIDES[cell]
            x, y = _CENTRES[cell]
            box = np.clip([x - left, y - top, x + right, y + bottom], 0.0, 64.0)
            if box[2] > box[0] and box[3] > box[1]:
                found.append((score, cell, label, *box))
    found.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    kept: list[tuple[float, ...]] = []
    for entry in found:
        if all(other[2] != entry[2] or _overlap(other[3:], entry[3:]) <= iou for other in kept):
            kept.append(entry)
    return kept


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(0.0, width) * max(0.0, height)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def test_a_known_box_comes_out_where_it_was_put() -> None:
    """Distances are whole strides from the middle of the cell, and boxes are fractions of the picture."""
    scores, boxes = _empty()
    scores[0, 9, 1] = 64  # cell (1, 1) of stride 8: centre 12, 12
    _point_at(boxes, 9, (1, 0, 2, 4))
    found = _decode(scores, boxes)
    assert found.names() == ["bottle"]
    assert found.scores[0] == pytest.approx(0.75)
    assert found.boxes[0] == pytest.approx([4 / 64, 12 / 64, 28 / 64, 44 / 64], abs=1e-5)
    assert found.size == (640, 640)


def test_the_letterbox_is_taken_off_and_boxes_end_at_the_picture() -> None:
    """A picture of 64x32 lies in the middle of the input; what reaches into the bars is cut."""
    scores, boxes = _empty()
    scores[0, 36, 0] = 0  # centre 36, 36
    _point_at(boxes, 36, (1, 1, 1, 10))
    decoder = Decoder(_CARD, DecodeSettings())
    found = decoder.decode(scores, boxes, Placement(0, 16, 64, 32), (640, 320))
    assert found.boxes[0] == pytest.approx([28 / 64, 12 / 32, 44 / 64, 1.0], abs=1e-5)


def test_a_box_that_lies_in_the_bars_is_dropped() -> None:
    """What is found beside the picture is nothing."""
    scores, boxes = _empty()
    scores[0, 0, 0] = 100
    _point_at(boxes, 0, (0, 0, 1, 1))
    assert not len(Decoder(_CARD, DecodeSettings()).decode(scores, boxes, Placement(0, 16, 64, 32), (64, 32)))


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 0.3, 0.5]), st.sampled_from([0.3, 0.6]))
def test_it_finds_what_the_slow_way_finds(seed: int, floor: float, iou: float) -> None:
    """Tables, byte comparisons and matrices change nothing, tied scores included."""
    random = np.random.default_rng(seed)
    scores, boxes = _empty()
    scores[...] = random.choice(
        [-128, -110, -100, -60, 0, 60], p=[0.9, 0.04, 0.02, 0.02, 0.01, 0.01], size=scores.shape
    )
    boxes[...] = random.integers(-60, 60, size=boxes.shape)
    found = _decode(scores, boxes, floor=floor, nms_iou=iou)
    slow = _slow(scores, boxes, floor, iou)
    assert found.classes.tolist() == [entry[2] for entry in slow]
    assert found.scores.tolist() == pytest.approx([entry[0] for entry in slow])
    if slow:
        np.testing.assert_allclose(found.boxes * 64, [entry[3:] for entry in slow], atol=1e-3)


def test_the_floor_belongs_to_the_class() -> None:
    """A bottle may be weaker than a person, and what nobody wants is not looked for."""
    scores, boxes = _empty()
    scores[0, :3] = -128 + 51  # all three at .2, far apart
    for cell in range(3):
        _point_at(boxes, cell, (0, 0, 1, 1))
    assert set(_decode(scores, boxes, floor=0.3, floors={"bottle": 0.15}).names()) == {"bottle"}
    assert set(_decode(scores, boxes, only=("person", "car")).names()) == {"person", "car"}
    assert not len(_decode(scores, boxes, only=()))


@pytest.mark.parametrize("floor", [0.1, 0.25, 0.5, 1 / 256])
def test_a_score_at_the_floor_counts(floor: float) -> None:
    """The comparison in bytes has its edge where the one in numbers has it."""
    scores, boxes = _empty()
    scores[0, :, 0] = np.linspace(-128, 127, _CELLS).astype(np.int8)
    expected = np.unique((scores[0, :, 0].astype(int) + 128) / 256)
    expected = expected[expected >= np.float32(floor)]
    found = _decode(scores, boxes, floor=floor, nms_iou=1.0, max_candidates=1000, max_detections=1000)
    assert np.unique(found.scores).tolist() == expected.tolist()


def test_few_classes_are_found_as_among_all() -> None:
    """Looking at single columns is a shortcut, not another answer."""
    labels = tuple(f"class{number}" for number in range(40))
    card = scripted_card(labels)
    random = np.random.default_rng(5)
    scores = random.integers(-128, -80, size=(1, _CELLS, 40)).astype(np.int8)
    boxes = random.integers(-60, 60, size=(1, _CELLS, 44)).astype(np.int8)
    wide = DecodeSettings(floor=0.15, max_candidates=5000, max_detections=5000)
    everything = Decoder(card, wide).decode(scores, boxes, _WHOLE, (64, 64))
    one = Decoder(card, replace(wide, only=("class7",))).decode(scores, boxes, _WHOLE, (64, 64))
    assert len(one)
    np.testing.assert_array_equal(one.boxes, everything.boxes[everything.classes == 7])


def test_the_work_is_bounded() -> None:
    """On a picture where every cell cries out the best are kept, best first."""
    scores, boxes = _empty()
    scores[0] = np.arange(_CELLS * 3).reshape(_CELLS, 3) % 200 - 100
    found = _decode(scores, boxes, max_candidates=20, max_detections=5, nms_iou=1.0)
    assert len(found) == 5
    assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)
    assert found.scores[0] == pytest.approx((99 + 128) / 256)


@given(st.integers(0, 2**32 - 1))
def test_suppression_leaves_nothing_to_suppress(seed: int) -> None:
    """What stays does not overlap within a class, and doing it again changes nothing."""
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 50, size=(40, 2))
    boxes = np.concatenate([corners, corners + random.uniform(1, 30, size=(40, 2))], axis=1).astype(np.float32)
    classes = random.integers(0, 2, size=40).astype(np.intp)
    kept = suppress(boxes, classes, 0.5)
    again = suppress(boxes[kept], classes[kept], 0.5)
    assert kept[0] == 0
    assert again.tolist() == list(range(len(kept)))


def test_settings_that_do_not_fit_the_card_are_refused() -> None:
    """A misspelt label would silently never be found."""
    with pytest.raises(ValueError, match="persn"):
        Decoder(_CARD, DecodeSettings(only=("persn",)))
    with pytest.raises(ValueError, match="lorry"):
        Decoder(_CARD, DecodeSettings(floors={"lorry": 0.2}))
    classifier: ModelCard = replace(_CARD, kind="classifier", head=None)
    with pytest.raises(ValueError, match="not a detector"):
        Decoder(classifier, DecodeSettings())
