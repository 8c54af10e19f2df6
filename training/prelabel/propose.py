"""Looks at pictures without labels and proposes boxes. Does not write them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from device.core.card import ModelCard
from device.core.decode import DecodeSettings
from device.core.detections import Detections
from device.core.geometry import Box
from device.detect.detector import DetectorSettings, NetworkDetector
from device.detect.load import read_model
from device.errors import UsageError
from training.data.pictures import PictureFile, look_at_all, pictures_below, read_pixels
from training.data.sample import DETECTION, Dataset, Problem, Sample
from training.errors import DataError


@dataclass(frozen=True, slots=True)
class Wish:
    """What to propose."""

    threshold: float | None = None
    """Score from which a box is proposed; without it as the card says."""
    only: tuple[str, ...] = ()
    """Classes of the model to look for; none for all."""
    rename: str = ""
    """One name for all boxes, where the model only finds and a person will say what it is."""
    threads: int = 1


def propose(model: Path, images: Path, wish: Wish, skip: Iterable[Path] = ()) -> Dataset:
    """Boxes on every picture below a folder; what could not be read is among the problems.

    Args:
        model: a detector.
        images: the folder.
        wish: what to propose.
        skip: pictures that have labels.

    Raises:
        DataError: there is no picture that can be read.
        ModelError: the model cannot be used.
        UsageError: it does not know a class that is asked for.
    """
    skipped = set(skip)
    files, problems = pictures_below(images) if images.is_dir() else ([], [])
    if not files:
        raise DataError(f"{images}: no pictures in it; give the folder of pictures")
    seen = look_at_all(path for path in files if path not in skipped)
    readable = [picture for picture in seen.values() if isinstance(picture, PictureFile)]
    problems += [picture for picture in seen.values() if isinstance(picture, Problem)]
    if not readable and problems:
        raise DataError(f"{images}: no picture can be read; the first problem: {problems[0]}")
    detector = _open(model, wish)
    try:
        samples = [_sample(picture, detector.detect_bgr(read_pixels(picture.path)), wish) for picture in readable]
    finally:
        detector.close()
    return _dataset(images, samples, _names(detector.card, wish), problems)


def _open(model: Path, wish: Wish) -> NetworkDetector:
    file = read_model(model)
    if unknown := [label for label in wish.only if label not in file.card.labels]:
        known = ", ".join(file.card.labels[:8])
        raise UsageError(f"{model}: does not know {unknown[0]!r}; it knows {known}{' ...' if known else ''}")
    card = file.card
    if wish.threshold is not None:
        card = replace(card, thresholds={"default": wish.threshold})
    floors = {label: card.threshold(label) for label in card.labels}
    decode = DecodeSettings(only=wish.only or None, floors=floors)
    return NetworkDetector(file, DetectorSettings(threads=wish.threads, decode=decode))


def _sample(picture: PictureFile, found: Detections, wish: Wish) -> Sample:
    boxes: list[Box] = [(float(a), float(b), float(c), float(d)) for a, b, c, d in found.boxes]
    labels = [0] * len(found) if wish.rename else [int(place) for place in found.classes]
    return Sample(picture.path, picture.width, picture.height, tuple(boxes), tuple(labels), picture.look)


def _names(card: ModelCard, wish: Wish) -> tuple[str, ...]:
    return (wish.rename,) if wish.rename else card.labels


def _dataset(images: Path, samples: Sequence[Sample], names: tuple[str, ...], problems: Sequence[Problem]) -> Dataset:
    """The set with the classes that occur, in the order of the model."""
    used = sorted({label for sample in samples for label in sample.labels})
    place = {label: number for number, label in enumerate(used)}
    kept = [replace(sample, labels=tuple(place[label] for label in sample.labels)) for sample in samples]
    labels = tuple(names[label] for label in used) or names[:1]
    return Dataset(images, DETECTION, tuple(kept), labels, tuple(problems))
