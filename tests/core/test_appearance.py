"""Appearance vectors of painted people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.appearance import describe
from device.core.detections import Detections, no_detections
from device.core.frame import Frame, frame_from_bgr

RED, BLUE, GREY, GREEN = (40, 40, 200), (200, 60, 40), (128, 128, 128), (60, 160, 60)
Colour = tuple[int, int, int]


def street(people: list[tuple[int, Colour, Colour]], light: float = 1.0) -> Frame:
    """People of 40x120 px at x, in coats and trousers, before a wall."""
    picture = np.full((240, 480, 3), 170, dtype=np.float64)
    for x, coat, trousers in people:
        picture[80:140, x : x + 40] = coat
        picture[140:200, x : x + 40] = trousers
    noise = np.random.default_rng(len(people)).normal(0.0, 4.0, picture.shape)
    return frame_from_bgr(np.clip(picture * light + noise, 0, 255).astype(np.uint8))


def boxes(*places: int) -> Detections:
    """Detections of people at x."""
    found = [(x / 480, 80 / 240, (x + 40) / 480, 200 / 240) for x in places]
    return Detections(
        boxes=np.array(found, dtype=np.float32).reshape(-1, 4),
        scores=np.full(len(found), 0.9, dtype=np.float32),
        classes=np.zeros(len(found), dtype=np.intp),
        labels=("person",),
        size=(480, 240),
    )


def test_same_clothes_are_closer_than_others() -> None:
    """One person is found again elsewhere, in a little less light, among others."""
    first = describe(street([(50, RED, BLUE)]), boxes(50)).appearance[0]
    people = street([(100, GREEN, GREY), (200, RED, BLUE), (300, BLUE, RED)], light=0.9)
    again = describe(people, boxes(100, 200, 300)).appearance
    assert (again @ first).argmax() == 1
    assert sorted(again @ first)[-1] - sorted(again @ first)[-2] > 0.1


def test_vectors_are_of_unit_length() -> None:
    """A cosine is one product."""
    looks = describe(street([(50, RED, BLUE), (200, GREY, GREEN)]), boxes(50, 200)).appearance
    assert np.linalg.norm(looks, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_nothing_found_nothing_described() -> None:
    """No detections stay as they are."""
    empty = no_detections(("person",), (480, 240))
    assert describe(street([]), empty) is empty


@given(st.lists(st.tuples(*[st.floats(0.0, 1.0, width=32)] * 4), min_size=1, max_size=5))
def test_any_box_is_survived(corners: list[tuple[float, float, float, float]]) -> None:
    """Boxes of no size and at the very edge get a vector, too."""
    found = np.sort(np.array(corners, dtype=np.float32).reshape(-1, 2, 2), axis=1).reshape(-1, 4)
    count = len(found)
    detections = Detections(
        found, np.full(count, 0.5, dtype=np.float32), np.zeros(count, dtype=np.intp), ("person",), (480, 240)
    )
    looks = describe(street([(50, RED, BLUE)]), detections).appearance
    assert looks.shape[0] == count
    assert np.linalg.norm(looks, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_no_more_than_a_hundred_are_described() -> None:
    """The cost is bounded; the rest get one common vector."""
    detections = boxes(*[x % 400 for x in range(150)])
    looks = describe(street([(50, RED, BLUE)]), detections).appearance
    assert looks.shape[0] == 150
    assert (looks[100:] == looks[100]).all()
