"""Divides pictures into train, val and test so that the test stays honest. Does not read or write files.

What belongs together (one group, the same picture twice) goes to one split as a unit. What was once assigned is
remembered by the hash of its content and never moves; only new units are dealt out, those of the rarest class first,
each to the split that lacks most of it (iterative stratification: Sechidis, Tsoumakas, Vlahavas 2011).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.data.sample import Dataset, Problem, Sample

SPLITS = ("train", "val", "test")
LEFT_OUT = "left_out"
"""A picture that is a near-duplicate of pictures in two splits: it would tell one about the other."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the pictures each split gets; a fifth is the frozen test set."""

    train: float = 0.7
    val: float = 0.1
    test: float = 0.2

    def __post_init__(self) -> None:
        parts = (self.train, self.val, self.test)
        if min(parts) < 0 or abs(sum(parts) - 1.0) > 1e-6 or self.train <= 0:
            raise ValueError(f"shares of train, val and test must be at least 0 and add up to 1: {parts}")


@dataclass(frozen=True, slots=True)
class Memory:
    """What was assigned before, by content; a renamed picture keeps its split."""

    pictures: Mapping[str, str] = field(default_factory=dict)
    """Split by the sha256 of the file."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Split by the name of the group."""


@dataclass(frozen=True, slots=True)
class Division:
    """Which sample belongs where."""

    splits: tuple[str, ...]
    """One of ``SPLITS`` or ``LEFT_OUT`` a sample, in the order of the set."""
    memory: Memory
    """To be given again when pictures have joined."""
    twins: tuple[tuple[int, int], ...]
    """Pairs of places that show the same."""
    problems: tuple[Problem, ...]

    def places(self, split: str) -> list[int]:
        """Places of the samples of one split."""
        return [place for place, name in enumerate(self.splits) if name == split]


@dataclass(frozen=True, slots=True)
class _Unit:
    key: str
    members: tuple[int, ...]


def divide(
    dataset: Dataset, twins: Iterable[tuple[int, int]], shares: Shares | None = None, memory: Memory | None = None
) -> Division:
    """Give every sample its split.

    Args:
        dataset: the samples, with their groups.
        twins: pairs of places that show the same.
        shares: of the pictures and of each class.
        memory: of the division before; it is kept whatever the shares.
    """
    memory, samples, pairs = memory or Memory(), dataset.samples, tuple(twins)
    splits = [memory.pictures.get(sample.look.sha256, "") for sample in samples]
    problems: list[Problem] = []
    fresh = []
    for unit in _units(samples, pairs):
        known = {splits[place] or memory.groups.get(samples[place].group, "") for place in unit.members}
        known -= {"", LEFT_OUT}
        if known:
            _join(samples, unit, known, splits, problems)
        else:
            fresh.append(unit)
    _deal(dataset, fresh, splits, shares or Shares())
    problems.extend(_leaks(samples, splits, pairs))
    return Division(tuple(splits), _remember(samples, splits, memory), pairs, tuple(problems))


def _units(samples: Sequence[Sample], twins: Iterable[tuple[int, int]]) -> list[_Unit]:
    """Samples that belong together, ordered by a hash of their content: neither names nor dates decide."""
    parent = list(range(len(samples)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[str, int] = {}
    ties = list(twins)
    for place, sample in enumerate(samples):
        for name in (f"group {sample.group}" if sample.group else "", f"picture {sample.look.sha256}"):
            if name:
                ties.append((first.setdefault(name, place), place))
    for one, other in ties:
        parent[root(one)] = root(other)
    members: dict[int, list[int]] = {}
    for place in range(len(samples)):
        members.setdefault(root(place), []).append(place)
    units = [_Unit(min(_key(samples[place]) for place in places), tuple(places)) for places in members.values()]
    return sorted(units, key=lambda unit: unit.key)


def _key(sample: Sample) -> str:
    return hashlib.sha256((sample.group or sample.look.sha256).encode()).hexdigest()


def _join(samples: Sequence[Sample], unit: _Unit, known: set[str], splits: list[str], problems: list[Problem]) -> None:
    """New members follow the old ones; between two splits they are left out."""
    for place in unit.members:
        if splits[place]:
            continue
        splits[place] = next(iter(known)) if len(known) == 1 else LEFT_OUT
        if splits[place] == LEFT_OUT:
            what = f"resembles or belongs to pictures in {' and '.join(sorted(known))}"
            problems.append(Problem(samples[place].path, "", what, "left out, or one would tell of the other"))


def _leaks(samples: Sequence[Sample], splits: Sequence[str], pairs: Iterable[tuple[int, int]]) -> Iterable[Problem]:
    """Pictures that were assigned before they were known to resemble each other."""
    for one, other in pairs:
        if splits[one] != splits[other] and LEFT_OUT not in (splits[one], splits[other]):
            what = f"in {splits[one]}, resembles {samples[other].path.name} in {splits[other]}"
            yield Problem(samples[one].path, "", what, "remove one of the two")


def _deal(dataset: Dataset, units: list[_Unit], splits: list[str], shares: Shares) -> None:
    """Assign fresh units, in place."""
    counts = _counts(dataset.samples, len(dataset.labels))
    share = np.array([shares.train, shares.val, shares.test])
    lacking = share[:, None] * counts.sum(axis=0)
    for index, split in enumerate(SPLITS):
        lacking[index] -= counts[[place for place, name in enumerate(splits) if name == split]].sum(axis=0)
    lacking[share == 0] = -np.inf
    holdings = np.array([counts[list(unit.members)].sum(axis=0) for unit in units]).reshape(len(units), counts.shape[1])
    for unit, column in _rarest_first(holdings):
        order = np.lexsort((-lacking[:, -1], -lacking[:, column]))
        lacking[order[0]] -= holdings[unit]
        for place in units[unit].members:
            splits[place] = splits[place] or SPLITS[order[0]]
    _leave_none_empty(units, splits, share)


def _leave_none_empty(units: Sequence[_Unit], splits: list[str], share: NDArray[np.float64]) -> None:
    """Few large groups fill the larger shares alone: then the smallest fresh unit goes where there is nothing."""
    for index in np.flatnonzero(share > 0):
        held = {split: [unit for unit in units if splits[unit.members[0]] == split] for split in SPLITS}
        givers = [of for of in held.values() if len(of) > 1]
        if SPLITS[index] in splits or not givers:
            continue
        most = max(givers, key=len)
        given = min(most, key=lambda unit: len(unit.members))
        for place in given.members:
            splits[place] = SPLITS[index]


def _counts(samples: Sequence[Sample], classes: int) -> NDArray[np.float64]:
    """(samples, classes + 1): labels of each class, and 1 for the picture itself in the last column."""
    counts = np.zeros((len(samples), classes + 1))
    for place, sample in enumerate(samples):
        np.add.at(counts[place], list(sample.labels), 1.0)
        counts[place, -1] = 1.0
    return counts


def _rarest_first(holdings: NDArray[np.float64]) -> Iterable[tuple[int, int]]:
    """Units with the column that decides about them: the class that the fewest open units hold."""
    still_open = np.ones(len(holdings), dtype=bool)
    while still_open.any():
        holders = (holdings[still_open, :-1] > 0).sum(axis=0)
        present = np.flatnonzero(holders)
        column = int(present[np.argmin(holders[present])]) if len(present) else -1
        chosen = np.flatnonzero(still_open & (holdings[:, column] > 0))
        still_open[chosen] = False
        # In the order of their hashes: the fullest first would fill train with few pictures of many things.
        yield from ((int(unit), column) for unit in chosen)


def _remember(samples: Sequence[Sample], splits: Sequence[str], memory: Memory) -> Memory:
    """The old memory and what is new; what has gone for now is not forgotten."""
    pictures, groups = dict(memory.pictures), dict(memory.groups)
    for sample, split in zip(samples, splits, strict=True):
        pictures.setdefault(sample.look.sha256, split)
        if sample.group and split != LEFT_OUT:
            groups.setdefault(sample.group, split)
    return Memory(pictures, groups)
