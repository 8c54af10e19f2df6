"""What a full outbox gives up."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from device.core.shedding import Waiting, count_of, least_missed, stretches

WAITING = st.lists(
    st.builds(Waiting, seq=st.integers(1, 10**6), rank=st.integers(0, 3), size_bytes=st.integers(1, 5000)),
    max_size=40,
    unique_by=lambda it: it.seq,
)


def test_the_lowest_priority_goes_first_and_of_that_the_oldest() -> None:
    """In that order, and no more than is needed."""
    waiting = [Waiting(1, 3, 100), Waiting(2, 0, 100), Waiting(3, 1, 100), Waiting(4, 0, 100)]
    assert [it.seq for it in least_missed(waiting, 101)] == [2, 4]
    assert [it.seq for it in least_missed(waiting, 201)] == [2, 4, 3]
    assert [it.seq for it in least_missed(waiting, 301)] == [2, 4, 3, 1]
    assert least_missed(waiting, 0) == []


@given(waiting=WAITING, surplus=st.integers(-10, 100_000))
def test_enough_goes_and_nothing_for_nothing(waiting: list[Waiting], surplus: int) -> None:
    """The surplus is gone unless everything is; without the last one it would not be."""
    gone = least_missed(waiting, surplus)
    freed = sum(it.size_bytes for it in gone)
    assert freed >= surplus or len(gone) == len(waiting)
    assert not gone or freed - gone[-1].size_bytes < surplus


@given(waiting=WAITING, surplus=st.integers(1, 100_000))
def test_nothing_that_stays_should_have_gone_before(waiting: list[Waiting], surplus: int) -> None:
    """Whatever is kept is worth more than all that went, or worth the same and newer."""
    gone = least_missed(waiting, surplus)
    kept = [it for it in waiting if it not in gone]
    assert all((it.rank, it.seq) > (lost.rank, lost.seq) for it in kept for lost in gone)
    assert least_missed(list(reversed(waiting)), surplus) == gone


@given(seqs=st.sets(st.integers(1, 200)))
def test_stretches_are_the_same_numbers(seqs: set[int]) -> None:
    """Every number once, in stretches that do not touch."""
    found = stretches(seqs)
    assert [seq for first, last in found for seq in range(first, last + 1)] == sorted(seqs)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(found))
    assert count_of(found) == len(seqs)
