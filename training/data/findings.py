"""What a set of labelled pictures looks like in numbers, and what to worry about. Does not draw."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.core.card import InputSpec
from device.detect.preprocess import place_picture
from training.data.sample import DETECTION, Dataset, Sample
from training.data.splits import LEFT_OUT, SPLITS, Division

ENOUGH_PICTURES = 20
"""Fewer pictures of a class in train than this rarely teach it."""
ENOUGH_TO_MEASURE = 5
"""Fewer pictures of a class in test than this say little about it."""
SIZE_EDGES_PX = (0, 8, 16, 32, 64, 96, 160, 100_000)
"""Square root of a box's area on the input of the network; under 8 px one cell of the finest stride sees it."""
_SMALL_PX = 8


@dataclass(frozen=True, slots=True)
class ClassCount:
    """One class."""

    label: str
    pictures: tuple[int, ...]
    """With at least one example, in train, val and test."""
    examples: tuple[int, ...]
    """Boxes (or whole pictures) in train, val and test."""
    sizes: tuple[int, ...]
    """Boxes between the edges of ``SIZE_EDGES_PX``."""
    worry: str
    """What is wrong with it; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the page tells, beside the problems of single files."""

    classes: tuple[ClassCount, ...]
    pictures: tuple[int, ...]
    """In train, val, test and left out."""
    empty: int
    """Pictures without a box."""
    groups: int
    copies: tuple[tuple[Sample, ...], ...]
    """The same file more than once."""
    alike: tuple[tuple[Sample, ...], ...]
    """Near-duplicates, kept in one split."""
    leaks: tuple[tuple[Sample, ...], ...]
    """Those that straddle the split that the set itself names."""


def find(dataset: Dataset, division: Division, spec: InputSpec) -> Findings:
    """Count and compare.

    Args:
        dataset: the samples.
        division: their splits, and which of them show the same.
        spec: the input of the network, for the sizes of boxes on it.
    """
    splits = Counter(division.splits)
    clusters = [tuple(dataset.samples[place] for place in places) for places in _clusters(division.twins)]
    return Findings(
        classes=tuple(_class(dataset, division, label, spec) for label in range(len(dataset.labels))),
        pictures=tuple(splits[name] for name in (*SPLITS, LEFT_OUT)),
        empty=sum(not sample.labels for sample in dataset.samples),
        groups=len({sample.group for sample in dataset.samples} - {""}),
        copies=tuple(group for group in clusters if len({sample.look.sha256 for sample in group}) == 1),
        alike=tuple(group for group in clusters if len({sample.look.sha256 for sample in group}) > 1),
        leaks=tuple(group for group in clusters if len({sample.given_split for sample in group}) > 1),
    )


def _class(dataset: Dataset, division: Division, label: int, spec: InputSpec) -> ClassCount:
    pictures: Counter[str] = Counter()
    examples: Counter[str] = Counter()
    sides: list[float] = []
    for sample, split in zip(dataset.samples, division.splits, strict=True):
        count = sample.labels.count(label)
        examples[split] += count
        pictures[split] += bool(count)
        sides.extend(side_px(sample, number, spec) for number in _of_class(sample, label))
    sizes = tuple(int(count) for count in np.histogram(sides, SIZE_EDGES_PX)[0])
    in_splits = tuple(pictures[split] for split in SPLITS)
    worry = _worry(in_splits, sizes)
    return ClassCount(dataset.labels[label], in_splits, tuple(examples[split] for split in SPLITS), sizes, worry)


def _of_class(sample: Sample, label: int) -> list[int]:
    """Places of the boxes of a class."""
    return [number for number in range(len(sample.boxes)) if sample.labels[number] == label]


def side_px(sample: Sample, number: int, spec: InputSpec) -> float:
    """Square root of a box's area on the input of the network."""
    place = place_picture(spec, sample.width, sample.height)
    left, top, right, bottom = sample.boxes[number]
    return float(np.sqrt((right - left) * place.width * (bottom - top) * place.height))


def _worry(pictures: tuple[int, ...], sizes: tuple[int, ...]) -> str:
    if not sum(pictures):
        return "no example"
    worries = []
    if pictures[0] < ENOUGH_PICTURES:
        worries.append(f"{pictures[0]} pictures to learn from, {ENOUGH_PICTURES} and more are wanted")
    if pictures[2] < ENOUGH_TO_MEASURE:
        worries.append(f"{pictures[2]} to measure on, {ENOUGH_TO_MEASURE} and more are wanted")
    if sum(sizes) and sizes[0] > sum(sizes) / 4:
        worries.append(f"{sizes[0]} of {sum(sizes)} boxes under {_SMALL_PX} px on the input")
    return "; ".join(worries)


def _clusters(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Places that are joined by pairs, in order."""
    owner: dict[int, list[int]] = {}
    for one, other in pairs:
        first, second = owner.get(one, [one]), owner.get(other, [other])
        if first is second:
            continue
        joined = first + second
        owner.update(dict.fromkeys(joined, joined))
    return sorted(sorted(group) for group in {id(group): group for group in owner.values()}.values())


def balance_worry(dataset: Dataset, findings: Findings) -> str:
    """A word on classes of very different size; empty where they are near one another."""
    counts = {entry.label: sum(entry.examples) for entry in findings.classes if sum(entry.examples)}
    most, least = max(counts, key=lambda label: counts[label]), min(counts, key=lambda label: counts[label])
    if counts[most] < 10 * counts[least]:
        return ""
    kind = "boxes" if dataset.kind == DETECTION else "pictures"
    return f"'{most}' has {counts[most]} {kind}, '{least}' {counts[least]}: the network will prefer the first"
