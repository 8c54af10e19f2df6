"""Which cell answers for which box while learning. Does not compute losses.

Task-aligned assignment: C. Feng et al., "TOOD: Task-aligned One-stage Object Detection", 2021, arXiv:2108.07755. A cell
is the better for a box the more it already names and places it right, so the choice moves as the network learns.
"""

from dataclasses import dataclass
from typing import Any

from training.detector.cells import Cells, overlap
from training.nanodet import BINS

CELLS_A_BOX = 13
"""How many cells learn a box at most, as in the paper."""
_SCORE_POWER = 1.0
_OVERLAP_POWER = 6.0
_LEAST_TARGET = 0.1
"""What the best cell of a box is asked for at least: a box that nothing overlaps yet would never be learned."""
_NEARNESS = 1e-9
"""Weight of the distance to the middle of the box, which decides only between cells that are equally bad."""


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What each cell is asked for; tensors without gradients."""

    scores: Any
    """(n, cells, classes): the wanted score, 0 for all classes where a cell answers for no box."""
    boxes: Any
    """(n, cells, 4) left, top, right, bottom, px of the input; zeros where a cell answers for no box."""
    weights: Any
    """(n, cells): how much the place of the box counts there, its wanted score."""


def assign(scores: Any, guesses: Any, boxes: Any, labels: Any, cells: Cells) -> Targets:
    """Choose cells for the boxes of a batch.

    Args:
        scores: (n, cells, classes) what the network says now, 0..1.
        guesses: (n, cells, 4) its boxes, px of the input.
        boxes: (n, most, 4) the true ones.
        labels: (n, most) their classes, -1 where a row holds no box.
        cells: of the network.
    """
    import tensorflow as tf

    scores, guesses = tf.stop_gradient(scores), tf.stop_gradient(guesses)
    real = labels >= 0
    overlaps = overlap(boxes[:, :, None], guesses[:, None])
    named = tf.gather(scores, tf.maximum(labels, 0), axis=2, batch_dims=1)
    fit = tf.transpose(named, (0, 2, 1)) ** _SCORE_POWER * overlaps**_OVERLAP_POWER
    candidates = _candidates(boxes, cells) & real[:, :, None]
    chosen = _best(fit + _NEARNESS * _nearness(boxes, cells), candidates)
    # A cell that two boxes want goes to the one that it overlaps more.
    owner = tf.argmax(tf.where(chosen, overlaps, -1.0), axis=1, output_type=tf.int32)
    owned = chosen & (tf.range(tf.shape(boxes)[1])[None, :, None] == owner[:, None])
    wanted = _wanted(fit, overlaps, owned)
    weights = tf.reduce_sum(wanted, axis=1)
    taken = tf.cast(tf.reduce_any(owned, axis=1), tf.float32)
    classes = tf.one_hot(tf.gather(labels, owner, batch_dims=1), tf.shape(scores)[2])
    return Targets(
        scores=classes * weights[..., None],
        boxes=tf.gather(boxes, owner, batch_dims=1) * taken[..., None],
        weights=weights,
    )


def _candidates(boxes: Any, cells: Cells) -> Any:
    """(n, most, cells): centres inside the box whose bins reach its sides; else the one cell nearest to its middle."""
    import tensorflow as tf

    before = cells.centres - boxes[:, :, None, :2]
    behind = boxes[:, :, None, 2:] - cells.centres
    distances = tf.concat([before, behind], axis=-1)
    inside = tf.reduce_min(distances, axis=-1) > 0
    reached = tf.reduce_max(distances, axis=-1) <= (BINS - 1) * cells.strides
    good = inside & reached
    nearest = tf.argmax(_nearness(boxes, cells), axis=-1)
    alone = tf.one_hot(nearest, tf.shape(cells.strides)[0], on_value=True, off_value=False, dtype=tf.bool)
    return tf.where(tf.reduce_any(good, axis=-1, keepdims=True), good, alone)


def _nearness(boxes: Any, cells: Cells) -> Any:
    """(n, most, cells): 1 for a cell at the middle of a box, falling with the distance; finer cells first in a tie."""
    import tensorflow as tf

    middles = (boxes[..., :2] + boxes[..., 2:]) / 2
    gaps = tf.reduce_sum(tf.square(cells.centres - middles[:, :, None]), axis=-1)
    return 1.0 / (1.0 + gaps)


def _best(fit: Any, candidates: Any) -> Any:
    """(n, most, cells): the best candidates of each box."""
    import tensorflow as tf

    among = tf.where(candidates, fit, -1.0)
    count = tf.minimum(CELLS_A_BOX, tf.shape(among)[-1])
    least = tf.math.top_k(among, count).values[..., -1:]
    return candidates & (among >= least)


def _wanted(fit: Any, overlaps: Any, owned: Any) -> Any:
    """(n, most, cells): the fit of each cell, scaled so that the best of a box is asked for its overlap."""
    import tensorflow as tf

    fit = tf.where(owned, fit, 0.0)
    best_fit = tf.reduce_max(fit, axis=-1, keepdims=True)
    best_overlap = tf.reduce_max(tf.where(owned, overlaps, 0.0), axis=-1, keepdims=True)
    relative = tf.where(best_fit > 0, tf.math.divide_no_nan(fit, best_fit), 1.0)
    return tf.where(owned, relative * tf.maximum(best_overlap, _LEAST_TARGET), 0.0)
