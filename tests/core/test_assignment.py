"""The assignment against trying every possibility."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from device.core.assignment import best_pairs

tables = st.tuples(st.integers(0, 5), st.integers(0, 5)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-8, 8).map(lambda number: number / 4))
)


def best_total(gain: np.ndarray) -> float:
    """The greatest total, by trying every order of columns, with one more of no gain for each row."""
    rows, columns = gain.shape
    padded = np.hstack((np.maximum(gain, 0.0), np.zeros((rows, rows))))
    orders = permutations(range(columns + rows), rows)
    return float(max(sum(padded[i, j] for i, j in enumerate(order)) for order in orders))


@given(tables.filter(lambda table: len(table) <= 3))
def test_no_other_pairing_gains_more(gain: np.ndarray) -> None:
    """The total is that of the best of all pairings."""
    assert sum(gain[pair] for pair in best_pairs(gain)) == best_total(gain)


@given(tables)
def test_each_row_and_column_at_most_once(gain: np.ndarray) -> None:
    """Nobody is paired twice, and nobody for nothing."""
    pairs = best_pairs(gain)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(gain[pair] > 0.0 for pair in pairs)


@given(tables)
def test_turned_over_it_gains_the_same(gain: np.ndarray) -> None:
    """Rows and columns are alike."""
    total = sum(gain[pair] for pair in best_pairs(gain))
    assert sum(gain.T[pair] for pair in best_pairs(gain.T)) == total


def test_the_greedy_pair_is_not_always_right() -> None:
    """The best single pair is given up where that serves the whole."""
    assert best_pairs(np.array([[5.0, 4.0], [4.0, 0.5]])) == [(0, 1), (1, 0)]
