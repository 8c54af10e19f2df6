"""The cells of a head: where each looks from, and from logits to boxes. Does not choose cells for boxes."""

from dataclasses import dataclass
from typing import Any

from device.core.decode import cells_of
from training.nanodet import BINS, STRIDES, NanoDetSpec


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Every cell of one input size, finest stride first, row by row; tensors."""

    centres: Any
    """(cells, 2) x and y, px of the input."""
    strides: Any
    """(cells,) px."""


def make_cells(spec: NanoDetSpec) -> Cells:
    """The cells of a network, by the device's own table."""
    import tensorflow as tf

    centres, strides = cells_of(spec.width, spec.height, STRIDES)
    return Cells(tf.constant(centres), tf.constant(strides))


def decode_boxes(logits: Any, cells: Cells) -> Any:
    """(n, cells, 4) left, top, right, bottom in px of the input from (n, cells, 4 * BINS) logits."""
    import tensorflow as tf

    shape = tf.shape(logits)
    spread = tf.nn.softmax(tf.reshape(logits, (shape[0], shape[1], 4, BINS)))
    distances = tf.linalg.matvec(spread, tf.range(BINS, dtype=spread.dtype)) * cells.strides[:, None]
    return tf.concat([cells.centres - distances[..., :2], cells.centres + distances[..., 2:]], axis=-1)


def overlap(a: Any, b: Any) -> Any:
    """Intersection over union of boxes (..., 4), shapes as they broadcast; 0 where both are empty."""
    import tensorflow as tf

    sides = tf.maximum(tf.minimum(a[..., 2:], b[..., 2:]) - tf.maximum(a[..., :2], b[..., :2]), 0.0)
    common = sides[..., 0] * sides[..., 1]
    return tf.math.divide_no_nan(common, area(a) + area(b) - common)


def area(boxes: Any) -> Any:
    """Of boxes (..., 4), square px; 0 for those turned inside out."""
    import tensorflow as tf

    sides = tf.maximum(boxes[..., 2:] - boxes[..., :2], 0.0)
    return sides[..., 0] * sides[..., 1]
