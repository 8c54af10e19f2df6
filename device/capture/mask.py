"""Which bytes of a picture a privacy mask covers, to the last pixel that it touches. Blackens nothing itself."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Polygon = Sequence[tuple[float, float]]

_LEVEL_PX = 1e-6
"""An edge that falls by less is as good as level: its slope would be without bounds."""
_BLACK, _GREY = 16, 128
"""Luma and chroma of black in limited range."""


def masked_bytes(polygons: Sequence[Polygon], width: int, height: int) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Which bytes of a flat I420 picture are masked, and what they become.

    A pixel that a polygon touches at all is masked: the cover is grown by one pixel on each side, and a chroma sample
    goes with any of its four pixels.
    """
    luma = np.zeros((height, width), dtype=np.bool_)
    for polygon in polygons:
        luma |= _grown(_inside(polygon, width, height) | _outline(polygon, width, height))
    chroma = luma.reshape(height // 2, 2, width // 2, 2).any(axis=(1, 3))
    # Luma beside a masked pixel goes with the chroma sample that they share.
    luma = chroma.repeat(2, axis=0).repeat(2, axis=1)
    flat = np.concatenate([luma.reshape(-1), chroma.reshape(-1), chroma.reshape(-1)])
    places = np.flatnonzero(flat)
    values = np.where(places < width * height, _BLACK, _GREY).astype(np.uint8)
    return places, values


def _inside(polygon: Polygon, width: int, height: int) -> NDArray[np.bool_]:
    """Pixels whose centre lies inside, by the even-odd rule."""
    x = (np.arange(width) + 0.5) / width
    y = ((np.arange(height) + 0.5) / height)[:, None]
    inside = np.zeros((height, width), dtype=np.bool_)
    for (x1, y1), (x2, y2) in pairwise([*polygon, polygon[0]]):
        spans = (y1 > y) != (y2 > y)
        if not spans.any():
            # Also what keeps an edge that is as good as level from being divided by.
            continue
        inside ^= spans & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return inside


def _outline(polygon: Polygon, width: int, height: int) -> NDArray[np.bool_]:
    """Pixels that an edge goes through: in a sharp corner there is no centre of a pixel, and yet something to see."""
    hit = np.zeros((height, width), dtype=np.bool_)
    columns = np.arange(width)
    for start, end in pairwise([*polygon, polygon[0]]):
        (x1, y1), (x2, y2) = sorted(((x * width, y * height) for x, y in (start, end)), key=lambda point: point[1])
        rows = np.arange(max(0, int(y1)), min(height, int(y2) + 1))
        level = y2 - y1 < _LEVEL_PX
        slope = 0.0 if level else (x2 - x1) / (y2 - y1)
        # Where the edge enters and leaves each row of pixels.
        enters = x1 + (np.clip(rows, y1, y2) - y1) * slope
        leaves = x2 if level else x1 + (np.clip(rows + 1, y1, y2) - y1) * slope
        left, right = np.floor(np.minimum(enters, leaves)), np.floor(np.maximum(enters, leaves))
        hit[rows] |= (columns >= left[:, None]) & (columns <= right[:, None])
    return hit


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """One pixel more on each side."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    wide = grown.copy()
    wide[:, 1:] |= grown[:, :-1]
    wide[:, :-1] |= grown[:, 1:]
    return wide
