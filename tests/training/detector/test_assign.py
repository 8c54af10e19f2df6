"""Which cell answers for which box."""

from typing import Any

import numpy as np
import pytest

from training.detector.assign import CELLS_A_BOX, Targets, assign
from training.detector.cells import make_cells
from training.nanodet import NanoDetSpec

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

SPEC = NanoDetSpec(64, 64, 3)
_FINE = 64
"""Cells of stride 8, row by row."""


def _assign(boxes: Any, labels: Any, guesses: Any, scores: Any = None) -> Targets:
    shape = (1, SPEC.cells, 3)
    scores = np.full(shape, 0.5, np.float32) if scores is None else scores
    return assign(
        tf.constant(scores, tf.float32),
        tf.constant(guesses, tf.float32),
        tf.constant([boxes], tf.float32),
        tf.constant([labels], tf.int32),
        make_cells(SPEC),
    )


def _everywhere(box: tuple[float, ...]) -> Any:
    """The same guess at every cell."""
    return np.tile(np.array(box, np.float32), (1, SPEC.cells, 1))


def test_the_cells_inside_a_box_answer_for_it() -> None:
    """Four cells of stride 8 and one of 16 have their centres in a box of 16 px; all guess it right."""
    targets = _assign([(16, 16, 32, 32)], [2], _everywhere((16, 16, 32, 32)))
    owners = np.flatnonzero(targets.weights[0])
    assert list(owners) == [18, 19, 26, 27, _FINE + 5]
    np.testing.assert_allclose(targets.scores[0, 18], [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(targets.boxes[0, 18], [16, 16, 32, 32])
    assert not np.asarray(targets.boxes[0, 0]).any()


def test_a_better_named_and_placed_cell_is_asked_for_more() -> None:
    """Half the score is half the fit; the best is asked for its overlap."""
    scores = np.full((1, SPEC.cells, 3), 0.5, np.float32)
    scores[0, 18, 1] = 1.0
    targets = _assign([(16, 16, 32, 32)], [1], _everywhere((16, 16, 32, 32)), scores)
    np.testing.assert_allclose(np.asarray(targets.weights)[0, [18, 19]], [1.0, 0.5], rtol=1e-5)


def test_no_more_cells_answer_than_the_limit() -> None:
    """The whole picture holds all cells, but the guesses differ."""
    random = np.random.default_rng(1)
    guesses = _everywhere((0, 0, 64, 64)) + random.uniform(-3, 3, (1, SPEC.cells, 4)).astype(np.float32)
    targets = _assign([(0, 0, 64, 64)], [0], guesses)
    assert np.count_nonzero(targets.weights) == CELLS_A_BOX


def test_a_cell_in_two_boxes_goes_to_the_one_it_overlaps_more() -> None:
    """A small box in a large one, guessed right by the cells inside it."""
    guesses = _everywhere((0, 0, 64, 64))
    inner = [18, 19, 26, 27]
    guesses[0, inner] = (16, 16, 32, 32)
    targets = _assign([(0, 0, 64, 64), (16, 16, 32, 32)], [0, 1], guesses)
    assert np.asarray(targets.scores)[0, inner].argmax(axis=1).tolist() == [1, 1, 1, 1]
    assert np.asarray(targets.scores)[0, :, 0].any()


def test_a_box_between_the_centres_gets_its_nearest_cell() -> None:
    """A box of 2 px that holds no centre; it is asked for although nothing overlaps it."""
    targets = _assign([(8, 8, 10, 10)], [0], _everywhere((40, 40, 60, 60)))
    owners = np.flatnonzero(targets.weights[0])
    assert len(owners) == 1
    assert float(targets.weights[0, owners[0]]) == pytest.approx(0.1)


def test_a_cell_whose_bins_do_not_reach_is_not_asked() -> None:
    """Ten bins of 8 px: in a box of 200 px cells of stride 8 near its edge cannot say where the other edge is."""
    spec = NanoDetSpec(224, 224, 1)
    box = (0.0, 0.0, 200.0, 200.0)
    targets = assign(
        tf.fill((1, spec.cells, 1), 0.5),
        tf.constant(np.tile(np.array(box, np.float32), (1, spec.cells, 1))),
        tf.constant([[box]]),
        tf.constant([[0]]),
        make_cells(spec),
    )
    owners = np.flatnonzero(targets.weights[0])
    assert owners.min() >= 28 * 28


def test_rows_without_a_box_ask_nothing() -> None:
    """A picture of padding, and one with padding beside a box."""
    empty = _assign([(0, 0, 0, 0)], [-1], _everywhere((0, 0, 64, 64)))
    assert not np.asarray(empty.scores).any()
    assert not np.asarray(empty.boxes).any()
    one = _assign([(16, 16, 32, 32)], [1], _everywhere((16, 16, 32, 32)))
    two = _assign([(16, 16, 32, 32), (0, 0, 0, 0)], [1, -1], _everywhere((16, 16, 32, 32)))
    np.testing.assert_array_equal(one.scores, two.scores)
