"""Fills simple shapes in the planes of a picture. Knows no scene."""

import numpy as np

from device.capture.planes import Plane
from device.capture.scene_goods import Box, Point

Planes = tuple[Plane, Plane, Plane]
Colour = tuple[int, int, int]
"""Y, U and V."""


def fill_ellipse(planes: Planes, colour: Colour, box: Box) -> None:
    """Fill the ellipse in a box of fractions; what lies outside the picture is left out."""
    for plane, value in zip(planes, colour, strict=True):
        window = _window(plane, box)
        if window is None:
            continue
        rows, columns = plane.shape
        x1, y1, x2, y2 = box[0] * columns, box[1] * rows, box[2] * columns, box[3] * rows
        left, top, right, bottom = window
        across = (np.arange(left, right) + 0.5 - (x1 + x2) / 2) / max((x2 - x1) / 2, 0.5)
        down = (np.arange(top, bottom) + 0.5 - (y1 + y2) / 2) / max((y2 - y1) / 2, 0.5)
        np.copyto(plane[top:bottom, left:right], value, where=across**2 + down[:, None] ** 2 <= 1.0, casting="unsafe")


def fill_box(planes: Planes, colour: Colour, box: Box) -> None:
    """Fill a box of fractions; what lies outside the picture is left out."""
    for plane, value in zip(planes, colour, strict=True):
        window = _window(plane, box)
        if window is not None:
            left, top, right, bottom = window
            plane[top:bottom, left:right] = value


def fill_limb(planes: Planes, colour: Colour, start: Point, end: Point, half_frac: float) -> None:
    """Fill everything within a distance, in heights of the picture, of the way from one point to another."""
    for plane, value in zip(planes, colour, strict=True):
        rows, columns = plane.shape
        half_px = half_frac * rows
        pad = half_px / columns, half_px / rows
        corners = (
            min(start[0], end[0]) - pad[0],
            min(start[1], end[1]) - pad[1],
            max(start[0], end[0]) + pad[0],
            max(start[1], end[1]) + pad[1],
        )
        window = _window(plane, corners)
        if window is None:
            continue
        left, top, right, bottom = window
        x = np.arange(left, right) + 0.5 - start[0] * columns
        y = (np.arange(top, bottom) + 0.5 - start[1] * rows)[:, None]
        dx, dy = (end[0] - start[0]) * columns, (end[1] - start[1]) * rows
        along = np.clip((x * dx + y * dy) / max(dx * dx + dy * dy, 1e-6), 0.0, 1.0)
        near = (x - along * dx) ** 2 + (y - along * dy) ** 2 <= half_px**2
        np.copyto(plane[top:bottom, left:right], value, where=near, casting="unsafe")


def _window(plane: Plane, box: Box) -> tuple[int, int, int, int] | None:
    """The pixels that a box touches; None where there are none."""
    rows, columns = plane.shape
    left, top = max(0, int(box[0] * columns)), max(0, int(box[1] * rows))
    right, bottom = min(columns, int(box[2] * columns) + 1), min(rows, int(box[3] * rows) + 1)
    return None if left >= right or top >= bottom else (left, top, right, bottom)
