"""Draws what a network sees: batches of the real feed, turned back into pictures. Does not make the batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from device.core.card import InputSpec
from training.data.augment import AugmentSettings, augmentation
from training.data.feed import NO_LABEL, Feed, FeedSettings
from training.data.sample import DETECTION, Dataset, Sample
from training.data.sheet import Tile, draw_sheet
from training.errors import TrainingError

PICTURES = 24
_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class View:
    """What to show."""

    spec: InputSpec
    augment: AugmentSettings | None
    """None: as for validation and test."""
    seed: int
    epoch: int = 0


def preview(dataset: Dataset, samples: Sequence[Sample], view: View, out: Path) -> None:
    """Write a sheet of the first pictures of an epoch.

    Raises:
        DataError: a picture can no longer be read.
        TrainingError: it cannot be written.
    """
    feed = Feed(dataset, samples, view.spec, FeedSettings(batch=PICTURES, cache_bytes=0))
    if view.augment is None:
        batches = feed.plain()
    else:
        augment = augmentation(view.augment, view.spec, view.seed, mix=dataset.kind == DETECTION)
        batches = feed.epoch(view.epoch, augment, view.seed)
    with feed.errors():
        pictures, truth = next(iter(batches))
    sheet = draw_sheet(_tiles(dataset, view.spec, np.asarray(pictures), truth), dataset.labels, _COLUMNS)
    _save(sheet, out)


def _tiles(dataset: Dataset, spec: InputSpec, pictures: Any, truth: Any) -> list[Tile]:
    levels = np.clip(np.round(pictures * np.array(spec.std) + np.array(spec.mean)), 0, 255).astype(np.uint8)
    levels = levels if spec.channels == "BGR" else levels[..., ::-1]
    if dataset.kind != DETECTION:
        return [Tile(picture, caption=dataset.labels[int(label)]) for picture, label in zip(levels, truth, strict=True)]
    tiles = []
    for picture, boxes, labels in zip(levels, np.asarray(truth["boxes"]), np.asarray(truth["labels"]), strict=True):
        shown = labels != NO_LABEL
        tiles.append(Tile(picture, [tuple(box) for box in boxes[shown].tolist()], labels[shown].tolist()))
    return tiles


def _save(sheet: Image.Image, out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(out)
    except (OSError, ValueError) as error:
        raise TrainingError(f"{out}: cannot be written ({error}); give a .png file") from error
