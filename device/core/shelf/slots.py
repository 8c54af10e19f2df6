"""The slots of a shelf: drawn as a grid, or proposed from the picture. Knows nothing of changes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.geometry import Point, Polygon
from device.core.shelf.view import Cells, Mask, View

Grid = tuple[int, int]
"""Rows and columns."""
_ITEM_FRAC = 0.003, 0.3
"""Smallest and largest item that is proposed, in the area of the shelf."""
_MOST = 120
_CRUMB = 0.3
"""Of the usual size of what stands there."""
_BOARD, _POST = 0.45, 0.85
"""Of the shelf's width and height: what reaches without a gap over so much of it is a part of the shelf itself."""
ITEM_OF_SLOT = 0.3
"""So much of a slot must change for an item of it to be counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """Places for items on one shelf, in cells of its view."""

    areas: tuple[Mask, ...]
    cells: tuple[int, ...]
    """How many cells each has."""
    drawn: bool
    """The owner drew them; else they were proposed and may miss some."""

    @property
    def typical_cells(self) -> float:
        """Size of a usual slot."""
        return float(np.median(self.cells)) if self.cells else 0.0

    def covered(self, area: Mask) -> list[tuple[int, float]]:
        """The slots that an area covers and by how much of each, the most covered first."""
        shares = [(n, float((slot & area).sum()) / size) for n, (slot, size) in enumerate(zip(self.areas, self.cells))]  # noqa: B905 - made together
        return sorted((share for share in shares if share[1] > 0.0), key=lambda share: -share[1])

    def held_by(self, area: Mask) -> tuple[int | None, int]:
        """The slot that an area lies in most, None where it lies in none, and how many items it may be."""
        covered = self.covered(area)
        return (covered[0][0] if covered else None), max(1, sum(share >= ITEM_OF_SLOT for _, share in covered))


def grid_slots(shelf: Polygon, grid: Grid, view: View) -> Slots:
    """Divide a shelf of four corners as a sheet that is stretched over it, another by its bounding box."""
    corners = _corners(shelf)
    areas = []
    for row in range(grid[0]):
        for column in range(grid[1]):
            square = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
            points = [_between(corners, x / grid[1], y / grid[0]) for x, y in square]
            cells = [view.box_of((x, y, x, y))[:2] for x, y in points]
            mask = np.zeros(view.shape, dtype=np.uint8)
            cv2.fillPoly(mask, [np.rint(np.array(cells) - 0.5).astype(np.int32)], 1)
            areas.append((mask > 0) & view.inside)
    return Slots(tuple(areas), tuple(max(1, int(area.sum())) for area in areas), drawn=True)


def proposed_slots(picture: Cells, view: View) -> Slots:
    """The things that stand out from the boards of a shelf; none where nothing does."""
    standing = _stands_out(picture, view.inside)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(standing, connectivity=4)
    total = int(view.inside.sum())
    areas = []
    for label in range(1, min(count, _MOST + 1)):
        if _ITEM_FRAC[0] * total <= stats[label][cv2.CC_STAT_AREA] <= _ITEM_FRAC[1] * total:
            areas.append(np.asarray(labels == label))
    # A crumb beside things is no thing.
    usual = float(np.median([area.sum() for area in areas])) if areas else 0.0
    areas = [area for area in areas if area.sum() >= _CRUMB * usual]
    order = sorted(areas, key=lambda area: (round(float(np.nonzero(area)[0].mean()) / 8), np.nonzero(area)[1].mean()))
    return Slots(tuple(order), tuple(int(area.sum()) for area in order), drawn=False)


def _stands_out(picture: Cells, inside: Mask) -> NDArray[np.uint8]:
    """Cells whose colour is not that of the boards, the commonest on the shelf."""
    colours = picture[inside]
    bins = (colours // np.array([16, 8, 8], dtype=np.float32)).astype(np.int64)
    keys, counts = np.unique(bins @ np.array([4096, 64, 1]), return_counts=True)
    board = np.median(colours[bins @ np.array([4096, 64, 1]) == keys[counts.argmax()]], axis=0)
    gap = np.abs(picture - board.astype(np.float32)) * np.array([1.0, 2.0, 2.0], dtype=np.float32)
    mask = ((gap.sum(axis=2) > 34.0) & inside).astype(np.uint8)
    mask &= ~_lines(mask, inside) & 1
    # A label of the colour of the boards makes two of one bottle.
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 1), dtype=np.uint8)), dtype=np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), dtype=np.uint8)), dtype=np.uint8)


def _lines(mask: NDArray[np.uint8], inside: Mask) -> NDArray[np.uint8]:
    """Edges of boards and posts, as long as much of the shelf: no item is, but those on one board are joined by it."""
    columns, rows = int(inside.any(axis=0).sum()), int(inside.any(axis=1).sum())
    across = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, max(9, int(_BOARD * columns))), dtype=np.uint8))
    down = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((max(9, int(_POST * rows)), 1), dtype=np.uint8))
    return np.asarray(cv2.bitwise_or(across, down), dtype=np.uint8)


def _corners(shelf: Polygon) -> tuple[Point, Point, Point, Point]:
    """Top left, top right, bottom right, bottom left."""
    points = shelf.points
    if len(points) != 4:
        xs, ys = [x for x, _ in points], [y for _, y in points]
        points = ((min(xs), min(ys)), (max(xs), min(ys)), (max(xs), max(ys)), (min(xs), max(ys)))
    by_sum, by_gap = sorted(points, key=lambda p: p[0] + p[1]), sorted(points, key=lambda p: p[0] - p[1])
    return by_sum[0], by_gap[-1], by_sum[-1], by_gap[0]


def _between(corners: tuple[Point, Point, Point, Point], x: float, y: float) -> Point:
    top_left, top_right, bottom_right, bottom_left = corners
    weights = (1 - x) * (1 - y), x * (1 - y), x * y, (1 - x) * y
    pairs = list(zip(weights, (top_left, top_right, bottom_right, bottom_left), strict=True))
    return sum(weight * point[0] for weight, point in pairs), sum(weight * point[1] for weight, point in pairs)
