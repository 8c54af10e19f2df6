"""The pictures of a split as a COCO set: to measure on, and to hand to ``evaluate``. Does not measure."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from training.coco import CocoSet, Picture, TrueBox
from training.data.sample import Dataset, Sample
from training.errors import TrainingError
from training.train.checkpoint import write_text


def as_coco(dataset: Dataset, samples: Sequence[Sample]) -> CocoSet:
    """Some samples as a COCO set in memory; ids count from 1."""
    pictures = tuple(
        Picture(number, sample.path, (sample.width, sample.height)) for number, sample in enumerate(samples, 1)
    )
    boxes = tuple(
        _true_box(number, sample, place)
        for number, sample in enumerate(samples, 1)
        for place in range(len(sample.boxes))
    )
    categories = {number: label for number, label in enumerate(dataset.labels, 1)}
    return CocoSet(path=dataset.root, pictures=pictures, categories=categories, boxes=boxes)


def write_coco(path: Path, coco: CocoSet, images: Path) -> None:
    """Write a set as COCO instances.

    Args:
        path: of the file.
        coco: what to write.
        images: the folder that ``--images`` will name.
    """
    raw = {
        "images": [
            {"id": picture.id, "file_name": _below(picture.path, images)}
            | ({} if picture.size is None else {"width": picture.size[0], "height": picture.size[1]})
            for picture in coco.pictures
        ],
        "categories": [{"id": number, "name": name} for number, name in coco.categories.items()],
        "annotations": [{"id": number, **row} for number, row in enumerate(coco.boxes_as_rows(), 1)],
    }
    write_text(path, json.dumps(raw) + "\n")


def write_folders(folder: Path, dataset: Dataset, samples: Sequence[Sample]) -> None:
    """A folder per class of links to the pictures, for ``evaluate --folders``; what lay there before is replaced.

    Raises:
        TrainingError: it cannot be written.
    """
    try:
        for old in folder.glob("*/*"):
            old.unlink()
        for sample in samples:
            link = folder / dataset.labels[sample.labels[0]] / f"{sample.look.sha256[:8]}-{sample.path.name}"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(sample.path.resolve())
    except OSError as error:
        raise TrainingError(f"{folder}: cannot be written: {error.strerror}; give another --out") from error


def fingerprint(dataset: Dataset, samples: Sequence[Sample]) -> str:
    """A sum over pictures and labels: the same data give the same, wherever they lie."""
    total = hashlib.sha256(json.dumps(dataset.labels).encode())
    for sample in sorted(samples, key=lambda sample: sample.look.sha256):
        total.update(json.dumps([sample.look.sha256, sample.boxes, sample.labels]).encode())
    return total.hexdigest()


def _true_box(number: int, sample: Sample, place: int) -> TrueBox:
    left, top, right, bottom = sample.boxes[place]
    sides = (
        left * sample.width,
        top * sample.height,
        (right - left) * sample.width,
        (bottom - top) * sample.height,
    )
    return TrueBox(number, sample.labels[place] + 1, sides, sides[2] * sides[3], crowd=False)


def _below(path: Path, images: Path) -> str:
    return path.relative_to(images).as_posix() if path.is_relative_to(images) else str(path.resolve())
