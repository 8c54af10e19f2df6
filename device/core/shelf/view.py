"""The part of a picture that shows one shelf, small and in colour. Compares nothing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.frame import Frame
from device.core.geometry import Box, Point, Polygon

Cells = NDArray[np.float32]
"""(h, w, 3) means of Y, U and V."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A window of a picture of one size, divided into square cells."""

    window: tuple[int, int, int, int]
    """x1, y1, x2, y2 in px, whole cells."""
    step_px: int
    size: tuple[int, int]
    """Width and height of the picture, px."""
    inside: Mask
    """(h, w) cells that lie on the shelf."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        rows, columns = self.inside.shape
        return int(rows), int(columns)

    def cut(self, frame: Frame) -> Cells:
        """The cells of a picture."""
        x1, y1, x2, y2 = self.window
        rows, columns = self.shape
        height, width = frame.height, frame.width
        chroma = frame.i420[height:].reshape(-1)[: height * width // 2].reshape(2, height // 2, width // 2)
        planes = [frame.luma[y1:y2, x1:x2], *(plane[y1 // 2 : y2 // 2, x1 // 2 : x2 // 2] for plane in chroma)]
        small = [cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA) for plane in planes]
        return np.stack(small, axis=-1).astype(np.float32)

    def box_of(self, box: Box) -> tuple[float, float, float, float]:
        """A box in fractions of the picture, in cells."""
        (width, height), (left, top, _, _) = self.size, self.window
        x1, y1, x2, y2 = box
        return (
            (x1 * width - left) / self.step_px,
            (y1 * height - top) / self.step_px,
            (x2 * width - left) / self.step_px,
            (y2 * height - top) / self.step_px,
        )

    def cells_of(self, boxes: Iterable[Box], reach_of_height: float) -> Mask:
        """The cells in or beside boxes: those of people jitter."""
        covered = np.zeros(self.shape, dtype=np.bool_)
        for x1, y1, x2, y2 in boxes:
            reach = reach_of_height * (y2 - y1)
            left, top, right, bottom = self.box_of((x1 - reach, y1 - reach, x2 + reach, y2 + reach))
            covered[max(0, int(top)) : max(0, int(bottom) + 1), max(0, int(left)) : max(0, int(right) + 1)] = True
        return covered

    @property
    def at_picture_edge(self) -> bool:
        """Whether the window ends where the picture ends."""
        x1, y1, x2, y2 = self.window
        width, height = self.size
        return x1 == 0 or y1 == 0 or x2 > width - self.step_px or y2 > height - self.step_px

    def fractions(self, left: int, top: int, columns: int, rows: int) -> Box:
        """A rectangle of cells in fractions of the picture."""
        width, height = self.size
        x, y = self.window[0] + left * self.step_px, self.window[1] + top * self.step_px
        x2, y2 = x + columns * self.step_px, y + rows * self.step_px
        return (
            min(1.0, max(0.0, x / width)),
            min(1.0, max(0.0, y / height)),
            min(1.0, max(0.0, x2 / width)),
            min(1.0, max(0.0, y2 / height)),
        )


def make_view(shelf: Polygon, size: tuple[int, int], cells: int, margin_frac: float) -> View:
    """Lay a window of cells over a shelf and a margin around it."""
    width, height = size
    xs, ys = [x * width for x, _ in shelf.points], [y * height for _, y in shelf.points]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    # Even, as two pixels of the picture share one colour.
    step = max(2, math.ceil(max(wide, high) / cells / 2) * 2)
    margin = max(margin_frac * max(wide, high), 8 * step)
    x1, y1 = (max(0, int((low - margin) // step * step)) for low in (min(xs), min(ys)))
    x2, y2 = min(width, int(max(xs) + margin)), min(height, int(max(ys) + margin))
    columns, rows = max(1, (x2 - x1) // step), max(1, (y2 - y1) // step)
    inside = _fill(tuple(((x * width - x1) / step, (y * height - y1) / step) for x, y in shelf.points), (rows, columns))
    return View((x1, y1, x1 + columns * step, y1 + rows * step), step, size, inside)


def _fill(corners: tuple[Point, ...], shape: tuple[int, int]) -> Mask:
    mask = np.zeros(shape, dtype=np.uint8)
    cv2.fillPoly(mask, [np.rint(np.array(corners) - 0.5).astype(np.int32)], 1)
    return mask > 0
