"""Splits: balanced, by group, and for good."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.data.drawn import sample
from training.data.sample import Dataset, Sample
from training.data.splits import LEFT_OUT, SPLITS, Division, Shares, divide

Pairs = list[tuple[int, int]]

_LABELS = ("cup", "jar", "tin", "bag")


def dataset(samples: Sequence[Sample]) -> Dataset:
    """A set of these samples."""
    return Dataset(Path("set"), "boxes", tuple(samples), _LABELS, ())


@st.composite
def sets(draw: st.DrawFn, most: int = 40) -> tuple[list[Sample], Pairs]:
    """Samples with some groups, some copies and some pairs of near-duplicates."""
    count = draw(st.integers(1, most))
    samples = [
        sample(
            number,
            draw(st.lists(st.integers(0, 3), max_size=4)),
            draw(st.sampled_from(["", "", "", "a", "b", "c"])),
            draw(st.sampled_from(["", "", "", "", "x" * 64])),
        )
        for number in range(count)
    ]
    place = st.integers(0, count - 1)
    return samples, [(min(pair), max(pair)) for pair in draw(st.lists(st.tuples(place, place), max_size=count // 2))]


def check(samples: Sequence[Sample], pairs: Pairs, division: Division) -> None:
    """What must hold of every division."""
    assert set(division.splits) <= {*SPLITS, LEFT_OUT}
    by_group: dict[str, set[str]] = {}
    for one, split in zip(samples, division.splits, strict=True):
        for name in ([f"group {one.group}"] if one.group else []) + [one.look.sha256]:
            by_group.setdefault(name, set()).add(split)
    assert all(len(found - {LEFT_OUT}) <= 1 for found in by_group.values())
    for first, second in pairs:
        assert len({division.splits[first], division.splits[second]} - {LEFT_OUT}) <= 1


@settings(max_examples=40, deadline=None)
@given(sets())
def test_what_belongs_together_stays_together(drawn: tuple[list[Sample], Pairs]) -> None:
    """No group, no copy and no pair of near-duplicates in two splits; and nothing is left out."""
    samples, pairs = drawn
    division = divide(dataset(samples), pairs)

    check(samples, pairs, division)
    assert LEFT_OUT not in division.splits
    assert division.problems == ()


@settings(max_examples=40, deadline=None)
@given(sets(30), sets(20), st.data())
def test_pictures_that_join_move_none(
    old: tuple[list[Sample], Pairs], new: tuple[list[Sample], Pairs], data: st.DataObject
) -> None:
    """Also when they resemble old ones in two splits: then they are left out."""
    before = divide(dataset(old[0]), old[1])
    added = [sample(100 + number, one.labels, one.group) for number, one in enumerate(new[0])]
    samples, first = [*old[0], *added], len(old[0])
    bridges = [
        (data.draw(st.integers(0, first - 1)), data.draw(st.integers(first, len(samples) - 1))) for _ in range(3)
    ]
    pairs = [*old[1], *((first + one, first + other) for one, other in new[1]), *bridges]
    after = divide(dataset(samples), pairs, memory=before.memory)

    assert after.splits[:first] == before.splits
    check(samples, pairs, after)
    assert len([split for split in after.splits if split == LEFT_OUT]) == len(after.problems)


@settings(max_examples=30, deadline=None)
@given(sets(), st.randoms(use_true_random=False))
def test_names_and_order_do_not_matter(drawn: tuple[list[Sample], Pairs], random: "np.random.Generator") -> None:
    """Content decides: the same pictures in another order are divided the same."""
    samples, pairs = drawn
    order = list(range(len(samples)))
    random.shuffle(order)
    place_of = {old: new for new, old in enumerate(order)}
    turned = divide(
        dataset([samples[place] for place in order]), [(place_of[one], place_of[other]) for one, other in pairs]
    )

    assert [turned.splits[place_of[old]] for old in range(len(samples))] == list(divide(dataset(samples), pairs).splits)


def test_each_class_gets_its_share() -> None:
    """A rare class as well as a common one; the shares of pictures hold too."""
    random = np.random.default_rng(5)
    samples = [sample(number, (0,) * int(random.integers(1, 4))) for number in range(300)]
    samples += [sample(1000 + number, (1, 0)) for number in range(20)]
    samples += [sample(2000 + number, (2,)) for number in range(30)]
    division = divide(dataset(samples), [])
    pictures = Counter(division.splits)

    for label, total in ((1, 20), (2, 30)):
        held = Counter(split for one, split in zip(samples, division.splits, strict=True) if label in one.labels)
        assert [held[name] for name in SPLITS] == pytest.approx([0.7 * total, 0.1 * total, 0.2 * total], abs=1.01)
    assert [pictures[name] / 350 for name in SPLITS] == pytest.approx([0.7, 0.1, 0.2], abs=0.06)


def test_whole_groups_are_dealt_out() -> None:
    """Takes of ten pictures each: two of ten takes are tested on."""
    samples = [sample(number, (number % 2,), group=f"take{number // 10}") for number in range(100)]
    counts = Counter(divide(dataset(samples), []).splits)

    assert counts == {"train": 70, "val": 10, "test": 20}


@pytest.mark.parametrize(("days", "filled"), [(1, 1), (2, 2), (3, 3), (6, 3), (9, 3)])
def test_few_large_groups_leave_no_split_empty(days: int, filled: int) -> None:
    """A few days of recordings: each share has a day where there are days enough."""
    samples = [sample(number, [number % 2], f"day {number % days}") for number in range(36)]
    division = divide(dataset(samples), [])
    check(samples, [], division)
    counts = Counter(division.splits)
    assert len(counts) == filled
    assert counts["train"] == max(counts.values())


def test_shares_can_be_chosen() -> None:
    """A share of nothing gets nothing; shares that make no whole are refused."""
    samples = [sample(number) for number in range(40)]

    assert Counter(divide(dataset(samples), [], Shares(0.8, 0.0, 0.2)).splits) == {"train": 32, "test": 8}
    with pytest.raises(ValueError, match="add up to 1"):
        Shares(0.8, 0.2, 0.2)


def test_what_stays_away_is_not_forgotten() -> None:
    """A test picture that was gone for a while comes back as one."""
    samples = [sample(number) for number in range(30)]
    first = divide(dataset(samples), [])
    some = divide(dataset(samples[:10]), [], memory=first.memory)

    assert divide(dataset(samples), [], memory=some.memory).splits == first.splits


def test_a_leak_of_old_pictures_is_told() -> None:
    """They were assigned before it was known; a person must choose."""
    samples = [sample(number) for number in range(30)]
    first = divide(dataset(samples), [])
    other = first.places("test")[0]
    train = first.places("train")[0]
    again = divide(dataset(samples), [(train, other)], memory=first.memory)

    assert again.splits == first.splits
    assert [problem.todo for problem in again.problems] == ["remove one of the two"]


def test_a_long_chain_is_one_unit() -> None:
    """A burst in which each resembles only the next."""
    samples = [sample(number) for number in range(50)]

    assert len(set(divide(dataset(samples), pairwise(range(50))).splits)) == 1
