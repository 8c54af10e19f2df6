"""Boxes follow what they enclose through every move."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.training.data.drawn import SPEC, Pixels
from training.data import moves
from training.data.feed import letterbox
from training.data.moves import Move
from training.data.scene import Canvas, Scene, move_boxes, render, scaling, shifting

_COLOURS = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (0, 255, 255)]
_MOVES: dict[str, Move] = {
    "flip": moves.flip(1.0, 3),
    "turn": moves.turn(1.0, 12.0, 1.0, 3),
    "zoom in": moves.zoom(1.0, 1.0, 1.6, 0.2, 3),
    "zoom out": moves.zoom(1.0, 0.5, 1.0, 0.1, 3),
}


def rectangles(width: int, height: int, seed: int, count: int = 3) -> Scene:
    """Rectangles of pure colours, apart from one another, on grey."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128, np.uint8)
    boxes, lane = [], width / count
    for place in range(count):
        left = round(place * lane + random.uniform(0.05, 0.3) * lane)
        right = round(place * lane + random.uniform(0.6, 0.95) * lane)
        top, bottom = round(random.uniform(0.05, 0.4) * height), round(random.uniform(0.6, 0.95) * height)
        picture[top:bottom, left:right] = _COLOURS[place]
        boxes.append([left, top, right, bottom])
    return Scene(picture, np.array(boxes, np.float32), np.arange(count, dtype=np.int32))


def extent(picture: Pixels, label: int) -> NDArray[np.float64] | None:
    """Bounds of the pixels of a class's colour: every one that is nearer to it than to the grey around."""
    ways = np.abs(picture.astype(int) - np.array(_COLOURS[label])).sum(axis=2)
    found = np.argwhere(ways < 128)
    if not len(found):
        return None
    return np.array([found[:, 1].min(), found[:, 0].min(), found[:, 1].max() + 1, found[:, 0].max() + 1], float)


def check_boxes(scene: Scene, slack_px: float) -> None:
    """Each box encloses its colour, and is not much larger."""
    for box, label in zip(scene.boxes, scene.labels, strict=True):
        colour = extent(scene.picture, int(label))
        assert colour is not None
        assert (box[:2] <= colour[:2] + 1.0).all()
        assert (box[2:] >= colour[2:] - 1.0).all()
        assert np.abs(box - colour).max() <= slack_px


@settings(max_examples=25, deadline=None)
@given(size=st.tuples(st.integers(90, 500), st.integers(90, 400)), draw=st.integers(0, 2**40))
@pytest.mark.parametrize("name", sorted(_MOVES))
def test_a_box_encloses_its_rectangle_after_each_move(name: str, size: tuple[int, int], draw: int) -> None:
    """And fits within a pixel or two; only a turned rectangle fills its box less."""
    scene = moves.single(SPEC, (_MOVES[name],), 0.35)(rectangles(*size, draw % 1000), draw)
    check_boxes(scene, slack_px=25.0 if name == "turn" else 2.0)


@settings(max_examples=25, deadline=None)
@given(size=st.tuples(st.integers(90, 500), st.integers(90, 400)), draw=st.integers(0, 2**40))
def test_a_box_encloses_its_rectangle_after_all_moves(size: tuple[int, int], draw: int) -> None:
    """One after the other, in one drawing."""
    scene = moves.single(SPEC, tuple(_MOVES.values()), 0.35)(rectangles(*size, draw % 1000), draw)
    check_boxes(scene, slack_px=30.0)


@settings(max_examples=25, deadline=None)
@given(draw=st.integers(0, 2**40))
def test_boxes_of_a_mosaic_enclose_their_rectangles(draw: int) -> None:
    """Each of the four pictures in a colour of its own; the first is the one that was asked for."""
    sizes = [(200, 150), (120, 160), (300, 100), (90, 90)]
    asked: list[int] = []

    def fetch(place: int) -> Scene:
        colour, (width, height) = len(asked), sizes[place]
        asked.append(place)
        picture = np.full((height, width, 3), 128, np.uint8)
        picture[20:-20, 20:-20] = _COLOURS[colour]
        box = np.array([[20, 20, width - 20, height - 20]], np.float32)
        return Scene(picture, box, np.array([colour], np.int32))

    scene = moves.mosaic(SPEC, (_MOVES["flip"],), 0.2, 5)(fetch, 4, draw % 4, draw)

    assert scene.picture.shape == (128, 128, 3)
    assert len(asked) == 4
    assert asked[0] == draw % 4
    check_boxes(scene, slack_px=2.0)


def test_the_unmoved_picture_is_the_letterbox() -> None:
    """Without a move the matrix draws what the device would see, within the rounding of the interpolation."""
    picture = np.asarray(cv2.resize(rectangles(160, 120, 1).picture, (200, 150)), np.uint8)
    scene = Scene(picture, np.zeros((0, 4), np.float32), np.zeros(0, np.int32))
    drawn = moves.single(SPEC, (), 0.0)(scene, 0).picture.astype(int)

    assert np.abs(drawn - letterbox(picture, SPEC)).mean() < 0.5


def test_a_box_of_which_little_is_left_is_dropped() -> None:
    """And its label with it; the others keep theirs."""
    boxes = np.array([[0, 0, 40, 40], [60, 60, 100, 100], [50, 0, 51, 40]], np.float32)
    canvas = Canvas(100, 100, (0, 0, 0))
    scene = Scene(np.zeros((100, 100, 3), np.uint8), boxes, np.array([5, 6, 7], np.int32))
    moved = render(scene, shifting(-30.0, 0.0), canvas, 0.3)

    assert moved.labels.tolist() == [6]
    assert moved.boxes.tolist() == [[30, 60, 70, 100]]
    kept = move_boxes(boxes, shifting(-30.0, 0.0), canvas, 0.2)[1]
    assert kept.tolist() == [True, True, False]


def test_fine_patterns_do_not_alias() -> None:
    """A checkerboard much finer than the canvas becomes grey."""
    board = (np.indices((960, 960)).sum(axis=0) % 2 * 255).astype(np.uint8)
    scene = Scene(np.repeat(board[..., None], 3, axis=2), np.zeros((0, 4), np.float32), np.zeros(0, np.int32))
    drawn = render(scene, scaling(0.1, 0.1), Canvas(96, 96, (114, 114, 114)), 0.0)

    assert drawn.picture.std() < 3


@pytest.mark.parametrize("name", sorted(_MOVES))
def test_a_move_depends_on_its_seed_and_draw_alone(name: str) -> None:
    """Asked twice, or after others, it answers the same; another draw differs."""
    move = _MOVES[name]
    first = move(7)
    others = [move(draw) for draw in range(20)]

    np.testing.assert_array_equal(move(7), first)
    if name != "flip":
        assert len({matrix.tobytes() for matrix in others}) == 20


def test_shares_are_kept() -> None:
    """A third of the draws are flipped when a third is asked for."""
    flips = [moves.flip(0.33, 1)(draw)[0, 0] < 0 for draw in range(2000)]

    assert 0.28 < np.mean(flips) < 0.38
