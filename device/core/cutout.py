"""Cuts a part out of a picture as a picture of its own. Does not scale it."""

import math
from dataclasses import dataclass

import numpy as np

from device.core.frame import Frame
from device.core.geometry import Box

_BLACK = (16, 128, 128)
_LEAST_PX = 16


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of even pixels, which may reach beyond the picture."""

    left: int
    top: int
    width: int
    height: int

    def to_picture(self, box: Box, size: tuple[int, int]) -> Box:
        """A box in fractions of the window as fractions of a picture of this width and height, px."""
        (width, height), (x1, y1, x2, y2) = size, box
        return (
            (self.left + x1 * self.width) / width,
            (self.top + y1 * self.height) / height,
            (self.left + x2 * self.width) / width,
            (self.top + y2 * self.height) / height,
        )


def around(box: Box, size: tuple[int, int], factor: float, *, square: bool) -> Window:
    """The window around the middle of a box, larger by a factor.

    Args:
        box: in fractions of the picture.
        size: width and height of the picture, px.
        factor: of the box's sides, from 1.
        square: with both sides as long as the longer one, and beyond the picture where need be; else cut off there.
    """
    width, height = size
    middle = ((box[0] + box[2]) / 2 * width, (box[1] + box[3]) / 2 * height)
    sides = ((box[2] - box[0]) * width * factor, (box[3] - box[1]) * height * factor)
    if square:
        side = _even(max(sides))
        return Window(_floor(middle[0] - side / 2), _floor(middle[1] - side / 2), side, side)
    (left, right), (top, bottom) = (_span(m, s, most) for m, s, most in zip(middle, sides, size, strict=True))
    return Window(left, top, right - left, bottom - top)


def cut(frame: Frame, window: Window) -> Frame:
    """That part of a picture, black where it lies beyond; a copy."""
    width, height = frame.width, frame.height
    rows, chroma = window.height, window.height * window.width // 4
    out = np.empty((rows * 3 // 2, window.width), dtype=np.uint8)
    flat, source = out.reshape(-1), frame.i420.reshape(-1)
    area, small = width * height, width * height // 4
    planes = (
        (source[:area].reshape(height, width), out[:rows], 1),
        (source[area : area + small], flat[rows * window.width : rows * window.width + chroma], 2),
        (source[area + small :], flat[rows * window.width + chroma :], 2),
    )
    for (whole, part, step), black in zip(planes, _BLACK, strict=True):
        into = part.reshape(rows // step, window.width // step)
        plane = whole.reshape(height // step, width // step)
        into[...] = black
        x1, y1 = max(0, window.left), max(0, window.top)
        x2, y2 = min(width, window.left + window.width), min(height, window.top + rows)
        if x1 < x2 and y1 < y2:
            to_y, to_x = (y1 - window.top) // step, (x1 - window.left) // step
            inner = plane[y1 // step : y2 // step, x1 // step : x2 // step]
            into[to_y : to_y + inner.shape[0], to_x : to_x + inner.shape[1]] = inner
    return Frame(seq=frame.seq, t=frame.t, wall=frame.wall, i420=out)


def _floor(value: float) -> int:
    return 2 * math.floor(value / 2)


def _even(value: float) -> int:
    return max(_LEAST_PX, 2 * round(value / 2))


def _span(middle: float, side: float, most: int) -> tuple[int, int]:
    low = min(max(0, _floor(middle - side / 2)), most - 2)
    return low, min(most, max(low + 2, low + _even(side)))
