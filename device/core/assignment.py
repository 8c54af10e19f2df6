"""Pairs rows with columns so that the total gain is the greatest. Knows nothing of tracks."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

_BARRED = 1e9


def best_pairs(gain: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Choose pairs (row, column) of an (R, C) table of gains, each row and column at most once, exactly.

    Only pairs that gain more than 0 are ever chosen: staying alone is worth 0. Pairs come in order of their row.
    """
    rows, columns = np.nonzero(gain > 0.0)
    table = gain.tolist()
    pairs: list[tuple[int, int]] = []
    for island_rows, island_columns in _islands(rows.tolist(), columns.tolist()):
        if len(island_rows) == 1 or len(island_columns) == 1:
            pairs.append(max(product(island_rows, island_columns), key=lambda pair: table[pair[0]][pair[1]]))
        else:
            part = [[table[row][column] for column in island_columns] for row in island_rows]
            pairs += [(island_rows[i], island_columns[j]) for i, j in _solve(part)]
    return sorted(pairs)


def _islands(rows: list[int], columns: list[int]) -> list[tuple[list[int], list[int]]]:
    """Split the pairs into groups that share no row and no column; most groups are one pair."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for row, column in zip(rows, columns, strict=True):
        parent[root(row)] = root(-1 - column)
    members: dict[int, tuple[list[int], list[int]]] = {}
    for node in parent:
        group = members.setdefault(root(node), ([], []))
        group[node < 0].append(node if node >= 0 else -1 - node)
    return [(sorted(group[0]), sorted(group[1])) for group in members.values()]


def _solve(gain: list[list[float]]) -> list[tuple[int, int]]:
    """The Hungarian method by shortest augmenting paths, with a stay-alone column for each row."""
    count_rows, count_columns = len(gain), len(gain[0])
    cost = [
        [-value if value > 0.0 else _BARRED for value in line] + [_BARRED * (i != row) for i in range(count_rows)]
        for row, line in enumerate(gain)
    ]
    width = count_columns + count_rows
    row_price = [0.0] * count_rows
    column_price = [0.0] * width
    row_of = [-1] * width
    for row in range(count_rows):
        _augment(cost, row, row_price, column_price, row_of)
    return [(row_of[j], j) for j in range(count_columns) if row_of[j] >= 0]


def _augment(
    cost: list[list[float]], row: int, row_price: list[float], column_price: list[float], row_of: list[int]
) -> None:
    """Bring one more row in, moving others to their next best where that is cheaper in all."""
    width = len(column_price)
    distance = [float("inf")] * width
    came_from = [-1] * width
    open_columns = list(range(width))
    done: list[tuple[int, float]] = []
    current, at, reached = row, -1, 0.0
    while True:
        line, price = cost[current], row_price[current]
        for j in open_columns:
            length = reached + line[j] - price - column_price[j]
            if length < distance[j]:
                distance[j], came_from[j] = length, at
        nearest = min(open_columns, key=distance.__getitem__)
        reached = distance[nearest]
        open_columns.remove(nearest)
        if row_of[nearest] < 0:
            break
        done.append((nearest, distance[nearest]))
        current, at = row_of[nearest], nearest
    row_price[row] += reached
    for j, length in done:
        row_price[row_of[j]] += reached - length
        column_price[j] -= reached - length
    end = nearest
    while end >= 0:
        before = came_from[end]
        row_of[end] = row_of[before] if before >= 0 else row
        end = before
