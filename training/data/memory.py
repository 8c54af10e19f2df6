"""Keeps the division of a set in a file beside it, and reads which pictures are one group. Does not divide."""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.sample import Dataset, Sample, with_groups
from training.data.splits import LEFT_OUT, SPLITS, Division, Memory, Shares, divide
from training.data.twins import near_duplicates
from training.errors import DataError, TrainingError

FILE_NAME = "splits.json"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class GroupBy:
    """How the scene, take or camera of a picture is known; by neither, each picture stands alone."""

    pattern: str = ""
    """A regular expression with one bracket, searched in the path below the set's folder."""
    column: str = ""
    """``FILE.csv:COLUMN``: a table with a column ``file`` and this one."""

    def __post_init__(self) -> None:
        if self.pattern and self.column:
            raise DataError("groups come by a pattern or by a column, not both; drop one")


def read_memory(path: Path) -> Memory:
    """The division that was kept, or an empty one where there is no file.

    Raises:
        DataError: the file is damaged; guessing would mix test pictures into the training.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        pictures, groups = dict(raw["pictures"]), dict(raw["groups"])
        known = {*SPLITS, LEFT_OUT} >= {*pictures.values(), *groups.values()}
        if raw["version"] != _VERSION or not known:
            raise ValueError(f"version {raw['version']}")
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a kept division ({error!r}); restore it, or delete it to divide anew") from error
    return Memory(pictures, groups)


def write_memory(path: Path, memory: Memory) -> None:
    """Keep a division.

    Raises:
        TrainingError: the file cannot be written.
    """
    pictures, groups = dict(sorted(memory.pictures.items())), dict(sorted(memory.groups.items()))
    text = json.dumps({"version": _VERSION, "pictures": pictures, "groups": groups}, indent=1) + "\n"
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        advice = "name another place: --splits of inspect, --out of train"
        raise TrainingError(f"{path}: cannot be written: {error.strerror}; {advice}") from error


def divide_as_kept(dataset: Dataset, path: Path, shares: Shares | None = None) -> Division:
    """Divide as before where a division is kept; nothing is written.

    Raises:
        DataError: the kept division is damaged.
    """
    return divide(dataset, near_duplicates([sample.look for sample in dataset.samples]), shares, read_memory(path))


def divide_and_keep(dataset: Dataset, path: Path, shares: Shares | None = None) -> Division:
    """Divide as before where a division is kept, and keep what is new.

    Raises:
        DataError: the kept division is damaged.
        TrainingError: it cannot be kept.
    """
    division = divide_as_kept(dataset, path, shares)
    if division.memory != read_memory(path):
        write_memory(path, division.memory)
    return division


def group_samples(dataset: Dataset, by: GroupBy) -> Dataset:
    """The set with its groups.

    Raises:
        DataError: the pattern or the table cannot be used, or says nothing of any picture.
    """
    if by.pattern:
        groups = _by_pattern(dataset, by.pattern)
    elif by.column:
        groups = _by_column(dataset, by.column)
    else:
        return dataset
    if not any(groups):
        raise DataError(f"{dataset.root}: '{by.pattern or by.column}' fits no picture; first: {_name(dataset, 0)}")
    return with_groups(dataset, groups)


def _by_pattern(dataset: Dataset, pattern: str) -> list[str]:
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise DataError(f"{pattern}: not a regular expression: {error}") from error
    found = [search(_name(dataset, place)) for place in range(len(dataset.samples))]
    if any(match is not None and match.re.groups < 1 for match in found):
        raise DataError(f"{pattern}: has no (bracket) around the part that names the group")
    return [match.group(1) or "" if match else "" for match in found]


def _by_column(dataset: Dataset, text: str) -> list[str]:
    """The group by the path below the set's folder, else by the bare file name."""
    file, _, column = text.rpartition(":")
    path = Path(file)
    try:
        with path.open(newline="", encoding="utf-8-sig") as table:
            rows = list(csv.DictReader(table))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: no table can be read there ({error}); give FILE.csv:COLUMN") from error
    if not rows or not {"file", column} <= set(rows[0]):
        raise DataError(f"{path}: needs the columns 'file' and '{column}' and a row a picture")
    groups = {row["file"]: row[column] or "" for row in rows}
    return [_look_up(groups, _name(dataset, place), sample) for place, sample in enumerate(dataset.samples)]


def _look_up(groups: dict[str, str], name: str, sample: Sample) -> str:
    return groups.get(name, groups.get(sample.path.name, ""))


def _name(dataset: Dataset, place: int) -> str:
    path = dataset.samples[place].path
    return path.relative_to(dataset.root).as_posix() if path.is_relative_to(dataset.root) else path.as_posix()


def samples_of(dataset: Dataset, division: Division, split: str) -> Sequence[Sample]:
    """The samples of one split."""
    return [dataset.samples[place] for place in division.places(split)]
