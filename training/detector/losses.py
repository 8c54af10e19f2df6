"""What the errors of a detector cost. Does not choose which cell answers for which box."""

from dataclasses import dataclass
from typing import Any

from training.detector.assign import assign
from training.detector.cells import Cells, area, decode_boxes, overlap
from training.nanodet import BINS

_FOCUS = 2.0
_SCORES, _PLACES, _BINS = 1.0, 2.0, 0.25
"""Weights of the three losses, as in the paper of the first and the last."""
_PARTS = ("scores", "places", "bins")


@dataclass(frozen=True, slots=True)
class LossSettings:
    """What may be changed about the losses."""

    label_smoothing: float = 0.0
    """Share of the wanted score that is spread over all classes."""
    naming_weight: float = 0.0
    """Weight of a softmax between the classes where there is a thing: asks which, not whether."""


def quality_focal(logits: Any, wanted: Any) -> Any:
    """Quality focal loss of each logit: cross entropy with a soft target, weighted by the squared error.

    X. Li et al., "Generalized Focal Loss", 2020, arXiv:2006.04388, equation 5.
    """
    import tensorflow as tf

    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=wanted, logits=logits)
    return entropy * tf.abs(wanted - tf.sigmoid(logits)) ** _FOCUS


def distribution_focal(logits: Any, distances: Any) -> Any:
    """Distribution focal loss: cross entropy with the two bins beside the true distance.

    X. Li et al., "Generalized Focal Loss", 2020, arXiv:2006.04388, equation 6.

    Args:
        logits: (..., BINS).
        distances: (...) in strides; those out of the bins' reach are brought to its edge.
    """
    import tensorflow as tf

    place = tf.clip_by_value(distances, 0.0, BINS - 1 - 1e-3)
    lower = tf.floor(place)
    share = place - lower
    index = tf.cast(lower, tf.int32)
    below = tf.nn.sparse_softmax_cross_entropy_with_logits(index, logits)
    above = tf.nn.sparse_softmax_cross_entropy_with_logits(index + 1, logits)
    return below * (1.0 - share) + above * share


def generalised_iou(guesses: Any, boxes: Any) -> Any:
    """1 - GIoU of pairs of boxes (..., 4): 0 for equal ones, up to 2 for far ones, with a slope everywhere.

    H. Rezatofighi et al., "Generalized Intersection over Union", 2019, arXiv:1902.09630.
    """
    import tensorflow as tf

    iou = overlap(guesses, boxes)
    low = tf.minimum(guesses[..., :2], boxes[..., :2])
    high = tf.maximum(guesses[..., 2:], boxes[..., 2:])
    hull = area(tf.concat([low, high], axis=-1))
    union = tf.math.divide_no_nan(area(guesses) + area(boxes), 1.0 + iou)
    return 1.0 - iou + tf.math.divide_no_nan(hull - union, hull)


def detector_loss(outputs: Any, truth: Any, cells: Cells, settings: LossSettings) -> dict[str, Any]:
    """The losses of a batch by name, ``total`` among them.

    Args:
        outputs: ``scores`` (n, cells, classes) and ``boxes`` (n, cells, 4 * BINS), both logits.
        truth: ``boxes`` (n, most, 4) px of the input and ``labels`` (n, most), -1 where there is none.
        cells: of the network.
        settings: of the losses.
    """
    import tensorflow as tf

    logits = tf.cast(outputs["scores"], tf.float32)
    spread = tf.cast(outputs["boxes"], tf.float32)
    guesses = decode_boxes(spread, cells)
    boxes, labels = _filled(truth)
    targets = assign(tf.sigmoid(logits), guesses, boxes, labels, cells)
    weights = targets.weights
    scale = 1.0 / tf.maximum(tf.reduce_sum(weights), 1.0)
    places = generalised_iou(guesses, targets.boxes)
    losses = {
        "scores": _SCORES * scale * tf.reduce_sum(quality_focal(logits, _smoothed(targets, settings))),
        "places": _PLACES * scale * tf.reduce_sum(tf.where(weights > 0, places, 0.0) * weights),
        "bins": _BINS * scale * tf.reduce_sum(_bins(spread, targets.boxes, cells) * weights),
    }
    if settings.naming_weight:
        losses["naming"] = settings.naming_weight * scale * tf.reduce_sum(_naming(logits, targets.scores) * weights)
    return {"total": tf.add_n(list(losses.values())), **losses}


def loss_names(settings: LossSettings) -> tuple[str, ...]:
    """The names that ``detector_loss`` gives."""
    return ("total", *_PARTS, *(("naming",) if settings.naming_weight else ()))


def _filled(truth: Any) -> tuple[Any, Any]:
    """Boxes and labels without the columns that are empty in the whole batch; at least one stays."""
    import tensorflow as tf

    most = tf.maximum(tf.reduce_max(tf.reduce_sum(tf.cast(truth["labels"] >= 0, tf.int32), axis=1)), 1)
    return truth["boxes"][:, :most], truth["labels"][:, :most]


def _smoothed(targets: Any, settings: LossSettings) -> Any:
    if not settings.label_smoothing:
        return targets.scores
    share = settings.label_smoothing
    return targets.scores * (1.0 - share) + targets.weights[..., None] * share / float(targets.scores.shape[-1])


def _bins(spread: Any, boxes: Any, cells: Cells) -> Any:
    """(n, cells): the mean over the four sides."""
    import tensorflow as tf

    before = cells.centres - boxes[..., :2]
    behind = boxes[..., 2:] - cells.centres
    distances = tf.concat([before, behind], axis=-1) / cells.strides[:, None]
    shape = tf.shape(spread)
    return tf.reduce_mean(distribution_focal(tf.reshape(spread, (shape[0], shape[1], 4, BINS)), distances), axis=-1)


def _naming(logits: Any, wanted: Any) -> Any:
    """(n, cells): cross entropy of a softmax over the classes."""
    import tensorflow as tf

    return tf.nn.softmax_cross_entropy_with_logits(tf.one_hot(tf.argmax(wanted, axis=-1), tf.shape(logits)[-1]), logits)
