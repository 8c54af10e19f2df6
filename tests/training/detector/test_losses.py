"""The losses, against sums worked by hand."""

import math
from typing import Any

import numpy as np
import pytest

from training.detector.cells import decode_boxes, make_cells, overlap
from training.detector.losses import (
    LossSettings,
    detector_loss,
    distribution_focal,
    generalised_iou,
    loss_names,
    quality_focal,
)
from training.nanodet import BINS, NanoDetSpec

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.train

SPEC = NanoDetSpec(64, 64, 2)


@pytest.mark.parametrize(
    ("logit", "wanted", "cost"),
    [
        (0.0, 0.5, 0.0),  # says one half, is asked for one half
        (0.0, 0.0, 0.25 * math.log(2)),  # an error of one half, squared, times the entropy
        (0.0, 1.0, 0.25 * math.log(2)),
        (math.log(3), 0.25, 0.25 * (0.25 * math.log(4 / 3) + 0.75 * math.log(4))),  # says 0.75
    ],
)
def test_quality_focal(logit: float, wanted: float, cost: float) -> None:
    """Entropy against the soft target, times the squared error."""
    found = quality_focal(tf.constant([logit]), tf.constant([wanted]))
    np.testing.assert_allclose(found, [cost], atol=1e-6)


def test_distribution_focal_of_a_flat_guess_is_the_logarithm_of_its_bins() -> None:
    """Whatever the distance, also one out of reach."""
    found = distribution_focal(tf.zeros((4, BINS)), tf.constant([2.3, 0.0, -5.0, 40.0]))
    np.testing.assert_allclose(found, [math.log(BINS)] * 4, rtol=1e-5)


def test_distribution_focal_shares_between_the_two_bins_beside_the_distance() -> None:
    """At 2.25 three quarters are asked of bin 2 and one of bin 3."""
    logits = np.full((1, BINS), -50.0, dtype=np.float32)
    logits[0, 2:4] = math.log(3), 0.0
    found = distribution_focal(tf.constant(logits), tf.constant([2.25]))
    np.testing.assert_allclose(found, [0.75 * math.log(4 / 3) + 0.25 * math.log(4)], rtol=1e-5)


@pytest.mark.parametrize(
    ("guess", "cost"),
    [
        ((0, 0, 2, 2), 0.0),
        ((2, 0, 4, 2), 1.0),  # side by side: no overlap, no gap
        ((4, 0, 6, 2), 1 + 4 / 12),  # a gap of a third of the hull
        ((1, 0, 3, 2), 1 - 2 / 6),
        ((1, 1, 1, 1), 1.0),  # no area, inside
    ],
)
def test_generalised_iou(guess: tuple[float, ...], cost: float) -> None:
    """Of a box against one of 2 by 2 at the corner."""
    found = generalised_iou(tf.constant([guess], tf.float32), tf.constant([[0.0, 0.0, 2.0, 2.0]]))
    np.testing.assert_allclose(found, [cost], atol=1e-6)


def test_two_boxes_without_area_do_not_overlap() -> None:
    """Nor do they divide by zero."""
    nothing = tf.zeros((1, 4))
    assert float(overlap(nothing, nothing)[0]) == 0.0
    assert np.isfinite(generalised_iou(nothing, nothing)).all()


def test_boxes_are_read_as_the_device_reads_them() -> None:
    """A sharp bin of 2 on every side of the first cell of stride 8."""
    logits = np.zeros((1, SPEC.cells, 4, BINS), dtype=np.float32)
    logits[..., 2] = 50.0
    boxes = decode_boxes(tf.constant(logits.reshape(1, SPEC.cells, -1)), make_cells(SPEC))
    np.testing.assert_allclose(boxes[0, 0], [4 - 16, 4 - 16, 4 + 16, 4 + 16], atol=1e-3)
    np.testing.assert_allclose(boxes[0, -1], [48 - 64, 48 - 64, 48 + 64, 48 + 64], atol=1e-3)


def _loss(boxes: Any, labels: Any, settings: LossSettings | None = None) -> tuple[dict[str, Any], list[Any]]:
    """The losses of a network that says nothing, and their gradients."""
    count = len(labels)
    scores, spread = tf.zeros((count, SPEC.cells, 2)), tf.zeros((count, SPEC.cells, 4 * BINS))
    truth = {"boxes": tf.constant(boxes, tf.float32), "labels": tf.constant(labels, tf.int32)}
    with tf.GradientTape() as tape:
        tape.watch([scores, spread])
        outputs = {"scores": scores, "boxes": spread}
        losses = detector_loss(outputs, truth, make_cells(SPEC), settings or LossSettings())
    return losses, tape.gradient(losses["total"], [scores, spread])


def test_a_batch_of_padding_alone_costs_only_its_scores() -> None:
    """Every logit of 0 where nothing is: a quarter of ln 2 each, divided by 1."""
    losses, (scores, spread) = _loss(np.zeros((2, 3, 4)), np.full((2, 3), -1))
    assert float(losses["scores"]) == pytest.approx(2 * SPEC.cells * 2 * 0.25 * math.log(2), rel=1e-4)
    assert float(losses["places"]) == float(losses["bins"]) == 0.0
    assert np.isfinite(scores).all()
    assert not np.asarray(spread).any()


@pytest.mark.parametrize(
    "box",
    [(10, 10, 11, 11), (0, 0, 64, 64), (63, 0, 64, 1), (30, 30, 30, 30), (4, 4, 40, 5)],
)
def test_odd_boxes_have_finite_gradients_that_reach_scores_and_places(box: tuple[float, ...]) -> None:
    """Tiny, full, cornered, empty and thin ones."""
    settings = LossSettings(label_smoothing=0.1, naming_weight=0.5)
    losses, gradients = _loss([[box, (0, 0, 0, 0)]], [[1, -1]], settings)
    assert all(np.isfinite(value) for value in losses.values())
    for gradient in gradients:
        assert np.isfinite(gradient).all()
        assert np.asarray(gradient).any()


def test_the_losses_have_the_names_that_are_announced() -> None:
    """With and without the loss of naming."""
    for settings in (LossSettings(), LossSettings(naming_weight=1.0)):
        losses, _ = _loss(np.zeros((1, 1, 4)), [[-1]], settings)
        assert tuple(losses) == loss_names(settings)


def test_the_total_is_the_sum_of_the_others() -> None:
    """On a picture with one box."""
    losses, _ = _loss([[(8, 8, 40, 40)]], [[0]], LossSettings(naming_weight=0.5))
    parts = sum(float(value) for name, value in losses.items() if name != "total")
    assert float(losses["total"]) == pytest.approx(parts, rel=1e-6)


def test_naming_asks_which_class_and_not_whether() -> None:
    """A flat guess over two classes costs ln 2 times the weight, once per wanted score."""
    losses, _ = _loss([[(8, 8, 40, 40)]], [[0]], LossSettings(naming_weight=0.5))
    wanted = float(losses["naming"]) / (0.5 * math.log(2))
    assert 0.0 < wanted <= 1.0 + 1e-6
