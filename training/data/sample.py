"""The values that every reader of labelled pictures gives. Does not read or judge anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from device.core.geometry import Box
from training.errors import DataError

DETECTION = "boxes"
CLASSIFICATION = "classes"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the data, in words for the person who labelled them."""

    path: Path
    place: str
    """Line, annotation or object inside the file; empty for the file as a whole."""
    what: str
    todo: str
    used: bool = False
    """Whether the thing is used all the same, converted or cut; False: it is left out."""

    def __str__(self) -> str:
        place = f": {self.place}" if self.place else ""
        return f"{self.path}{place}: {self.what}; {self.todo}"


@dataclass(frozen=True, slots=True)
class Look:
    """What the pixels of one picture tell."""

    sha256: str
    """Of the file's bytes: the same picture under another name has the same."""
    thumb: bytes
    """The picture as 32 x 32 RGB bytes, row by row; near-duplicates are found by it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture with its labels."""

    path: Path
    width: int
    """Columns of the picture as a person sees it (turned as its EXIF says), px."""
    height: int
    boxes: tuple[Box, ...]
    """Left, top, right, bottom in fractions of the picture; none where whole pictures are labelled."""
    labels: tuple[int, ...]
    """Places in ``Dataset.labels``: one a box, or a single one for the whole picture."""
    look: Look
    group: str = ""
    """Scene, take or camera; pictures of one group stay in one split. Empty: it stands alone."""
    given_split: str = ""
    """The split that the set itself names, as it names it; for comparison only."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled pictures that can be used, and what was wrong with the rest."""

    root: Path
    kind: str
    """``boxes`` or ``classes``."""
    samples: tuple[Sample, ...]
    """By path."""
    labels: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def faults(self) -> tuple[Problem, ...]:
        """The problems for which something was left out."""
        return tuple(problem for problem in self.problems if not problem.used)


def with_groups(dataset: Dataset, groups: Sequence[str]) -> Dataset:
    """The same set, each sample in the group at its place."""
    samples = tuple(replace(sample, group=group) for sample, group in zip(dataset.samples, groups, strict=True))
    return replace(dataset, samples=samples)


def refuse_faults(problems: Sequence[Problem]) -> None:
    """Let nobody train on half of what they labelled without knowing.

    Raises:
        DataError: something was left out; the message holds the first problem and the number of all.
    """
    faults = [problem for problem in problems if not problem.used]
    if not faults:
        return
    more = f" (and {len(faults) - 1} more; 'shopwarden-train inspect' lists them)" if len(faults) > 1 else ""
    raise DataError(f"{faults[0]}{more}")
