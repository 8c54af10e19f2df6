"""Makes samples of what a reader found: looks at each picture and judges each box. Does not know file formats."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from device.core.geometry import Box
from training.data.pictures import PictureFile, look_at_all
from training.data.sample import CLASSIFICATION, DETECTION, Dataset, Problem, Sample
from training.errors import DataError

MIN_SIDE_PX = 2.0
"""A box with a smaller side is a slip of the mouse: nothing can be recognised in it."""
_ROUNDING_PX = 1.5
"""Tools round; only what reaches further over the edge is worth a word."""


@dataclass(frozen=True, slots=True)
class RawBox:
    """A box as its file gives it."""

    sides: Box
    """Left, top, right, bottom, in the unit of its picture's entry."""
    label: int
    source: Path
    """The file that holds the box."""
    place: str
    """Where in that file."""


@dataclass(frozen=True, slots=True)
class RawSample:
    """A picture as a set describes it."""

    path: Path
    boxes: tuple[RawBox, ...] = ()
    label: int | None = None
    """The class of the whole picture, where there are no boxes."""
    said_size: tuple[int, int] | None = None
    """Width and height that the set claims, px."""
    in_px: bool = True
    """Boxes in px of the said or the real picture; else in fractions."""
    given_split: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """All that one reader found."""

    root: Path
    raw: tuple[RawSample, ...]
    labels: tuple[str, ...]
    problems: tuple[Problem, ...]


def make_dataset(found: Found) -> Dataset:
    """Look at every picture and keep what can be used.

    Raises:
        DataError: nothing can be used at all.
    """
    problems = list(found.problems)
    raw = _once_each(found.raw, problems)
    seen = look_at_all(entry.path for entry in raw)
    samples = [sample for entry in raw if (sample := _sample(entry, seen[entry.path], problems)) is not None]
    if not samples:
        first = f"; the first problem: {problems[0]}" if problems else ""
        raise DataError(f"{found.root}: no labelled picture can be used{first}")
    kind = CLASSIFICATION if all(entry.label is not None for entry in raw) else DETECTION
    _check_classes(found, kind, samples, problems)
    samples.sort(key=lambda sample: sample.path)
    return Dataset(found.root, kind, tuple(samples), found.labels, tuple(problems))


def _once_each(raw: Iterable[RawSample], problems: list[Problem]) -> list[RawSample]:
    """The first entry of each picture file."""
    kept: dict[Path, RawSample] = {}
    for entry in raw:
        if entry.path in kept:
            problems.append(Problem(entry.path, "", "described twice in the set", "keep one entry with all its boxes"))
        else:
            kept[entry.path] = entry
    return list(kept.values())


def _sample(entry: RawSample, seen: PictureFile | Problem, problems: list[Problem]) -> Sample | None:
    if isinstance(seen, Problem):
        problems.append(seen)
        return None
    if seen.converted:
        what = " and ".join(seen.converted)
        problems.append(Problem(entry.path, "", what, "converted to upright 8-bit colours", used=True))
    turned = _boxes_are_turned(entry, seen)
    if entry.said_size not in (None, (seen.width, seen.height)) and not turned:
        said = "{}x{}".format(*(entry.said_size or (0, 0)))
        what = f"is {seen.width}x{seen.height} px, its labels say {said}"
        problems.append(Problem(entry.path, "", what, "label this picture again, its boxes would be misplaced"))
        return None
    if turned:
        what = "was labelled before its EXIF turn"
        problems.append(Problem(entry.path, "", what, "its boxes are turned with it; check them", used=True))
    kept = [(box, sides) for box in entry.boxes if (sides := _judge(box, entry, seen, turned, problems)) is not None]
    labels = tuple(box.label for box, _ in kept) if entry.label is None else (entry.label,)
    boxes = tuple(sides for _, sides in kept)
    return Sample(entry.path, seen.width, seen.height, boxes, labels, seen.look, given_split=entry.given_split)


def _boxes_are_turned(entry: RawSample, seen: PictureFile) -> bool:
    """Whether the boxes were drawn on the picture as stored; its sides tell, unless it is square or upside down."""
    said = entry.said_size
    return said is not None and said != (seen.width, seen.height) and said == seen.stored_size


def _judge(box: RawBox, entry: RawSample, seen: PictureFile, turned: bool, problems: list[Problem]) -> Box | None:
    """The box in fractions of the upright picture, or None where it cannot be used."""
    width, height = seen.stored_size if turned else (seen.width, seen.height)
    unit = (1, 1) if entry.in_px else (width, height)
    left, top, right, bottom = (side * unit[axis % 2] for axis, side in enumerate(box.sides))
    clipped = (max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height))
    fault = _fault((left, top, right, bottom), clipped)
    if fault:
        text = f"{fault} ({left:.0f},{top:.0f} to {right:.0f},{bottom:.0f} on {width}x{height} px, {entry.path.name})"
        problems.append(Problem(box.source, box.place, text, "draw it again or delete it"))
        return None
    if max(-left, -top, right - width, bottom - height) > _ROUNDING_PX:
        text = f"box reaches over the edge of {entry.path.name}, {width}x{height} px"
        problems.append(Problem(box.source, box.place, text, "cut to the picture; check it", used=True))
    fractions = (clipped[0] / width, clipped[1] / height, clipped[2] / width, clipped[3] / height)
    return turn_box(fractions, seen.turn) if turned else fractions


def _fault(sides: Box, clipped: Box) -> str:
    """Why a box cannot be used, in px; empty where it can."""
    if not all(math.isfinite(side) for side in sides):
        return "box is no number"
    if sides[2] <= sides[0] or sides[3] <= sides[1]:
        return "box has no area"
    if clipped[2] <= clipped[0] or clipped[3] <= clipped[1]:
        return "box lies outside the picture"
    if min(clipped[2] - clipped[0], clipped[3] - clipped[1]) < MIN_SIDE_PX:
        return f"box is under {MIN_SIDE_PX:.0f} px wide or high"
    return ""


def turn_box(box: Box, turn: int) -> Box:
    """Where a box of the stored picture lies once EXIF's orientation (1..8) is followed; all in fractions."""
    left, top, right, bottom = box
    if turn in (2, 3):
        left, right = 1 - right, 1 - left
    if turn in (3, 4):
        top, bottom = 1 - bottom, 1 - top
    if turn in (5, 6, 7, 8):
        left, top, right, bottom = top, left, bottom, right
        if turn in (6, 7):
            left, right = 1 - right, 1 - left
        if turn in (7, 8):
            top, bottom = 1 - bottom, 1 - top
    return (left, top, right, bottom)


def _check_classes(found: Found, kind: str, samples: Sequence[Sample], problems: list[Problem]) -> None:
    counts = Counter(label for sample in samples for label in sample.labels)
    unseen = [f"'{label}'" for place, label in enumerate(found.labels) if not counts[place]]
    if unseen:
        what = f"no example of {', '.join(unseen[:10])}{' and others' if len(unseen) > 10 else ''}"
        problems.append(Problem(found.root, "", what, "label some, or take the class out", used=True))
    if not counts:
        faults = [problem for problem in problems if not problem.used]
        todo = f"the first of {len(faults)} problems: {faults[0]}" if faults else "label some things first"
        raise DataError(f"{found.root}: not one box on {len(samples)} pictures that can be used; {todo}")
    if len(counts) > 1:
        return
    only = found.labels[next(iter(counts))]
    if kind == CLASSIFICATION:
        raise DataError(f"{found.root}: the one class '{only}': nothing to tell apart; add a folder for another class")
    problems.append(Problem(found.root, "", f"one class only, '{only}'", "right if that is all to be found", used=True))
