"""What a full outbox gives up, and how that is said in few words. Deletes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

Ranges = tuple[tuple[int, int], ...]
"""First and last number of each stretch, both in it, rising; no two of them touch."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that no broker has acknowledged."""

    seq: int
    rank: int
    """What it is worth: its place in ``PRIORITIES``, 0 for ``info`` to 3 for ``alarm``."""
    size_bytes: int


def least_missed(waiting: Iterable[Waiting], surplus_bytes: int) -> list[Waiting]:
    """What to give up so that ``surplus_bytes`` or more are gone: the lowest priority first, of that the oldest.

    No more than that takes; everything where even that is too little, and nothing where there is no surplus.
    """
    gone, freed = list[Waiting](), 0
    for it in sorted(waiting, key=lambda it: (it.rank, it.seq)):
        if freed >= surplus_bytes:
            break
        gone.append(it)
        freed += it.size_bytes
    return gone


def stretches(seqs: Iterable[int]) -> Ranges:
    """The same numbers as stretches without gaps."""
    found = list[tuple[int, int]]()
    for seq in sorted(set(seqs)):
        if found and found[-1][1] == seq - 1:
            found[-1] = (found[-1][0], seq)
        else:
            found.append((seq, seq))
    return tuple(found)


def count_of(ranges: Ranges) -> int:
    """How many numbers are in them."""
    return sum(last - first + 1 for first, last in ranges)
