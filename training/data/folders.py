"""Reads a folder per class of whole pictures. Does not look into the pictures."""

from pathlib import Path

from training.data.labelled import Found, RawSample
from training.data.pictures import pictures_below
from training.data.sample import Problem
from training.errors import DataError

_SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def read(folder: Path) -> Found:
    """Read the folders of a folder as classes, or those of its train, val and test folders.

    Raises:
        DataError: there are no folders with pictures.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give one with a folder a class")
    parents = [path for path in _folders(folder) if path.name in _SPLITS]
    classes = [path for parent in parents or [folder] for path in _folders(parent)]
    labels = tuple(sorted({path.name for path in classes}))
    problems: list[Problem] = []
    raw: list[RawSample] = []
    for path in classes:
        pictures, foreign = pictures_below(path)
        problems.extend(foreign)
        if not pictures:
            problems.append(Problem(path, "", "the folder of a class holds no picture", "fill it or remove it"))
        given = _SPLITS.get(path.parent.name, "") if parents else ""
        raw.extend(RawSample(picture, label=labels.index(path.name), given_split=given) for picture in pictures)
    if not raw:
        raise DataError(f"{folder}: no labels and no folders of pictures; see the guide for the kinds of sets")
    loose = [path for path in pictures_below(folder)[0] if path.parent == folder]
    problems.extend(Problem(path, "", "lies in no folder of a class", "move it into one") for path in loose)
    return Found(folder, tuple(raw), labels, tuple(problems))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
