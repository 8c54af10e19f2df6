"""Chooses the pictures of an export: those that give the int8 ranges, and those on which int8 is held against float.

Does not quantise or measure.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec
from training.data.pictures import read_pixels
from training.data.sample import Sample
from training.floatrun import FloatInput
from training.train.experiment import Experiment


def stratified(samples: Sequence[Sample], count: int, classes: int) -> list[Sample]:
    """So many samples with every class among them: in turn one of each class, the pictures by their hash."""
    waiting = sorted(samples, key=lambda sample: sample.look.sha256)
    queues = [[sample for sample in waiting if label in sample.labels] for label in range(classes)]
    queues.append([sample for sample in waiting if not sample.labels])
    chosen: dict[str, Sample] = {}
    while len(chosen) < min(count, len(waiting)):
        for queue in queues:
            while queue and queue[0].look.sha256 in chosen:
                queue.pop(0)
            if queue and len(chosen) < count:
                chosen[queue[0].look.sha256] = queue[0]
        if not any(queues):
            break
    return list(chosen.values())


def calibration_inputs(samples: Sequence[Sample], spec: InputSpec) -> list[NDArray[np.float32]]:
    """Pictures as the device will see them: normalised, in the letterbox, one a batch."""
    source = FloatInput(spec)
    return [source.fill(read_pixels(sample.path))[0].copy() for sample in samples]


def compared_pictures(experiment: Experiment[Any], least: int) -> list[Sample]:
    """The pictures on which int8 is held against float: those not learned from, then others, every class among them."""
    unseen = [*experiment.val, *experiment.test]
    missing = max(least - len(unseen), 0)
    return [*unseen, *stratified(experiment.train, missing, len(experiment.dataset.labels))]
