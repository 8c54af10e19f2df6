"""Blackens what must not be filmed, before a picture leaves its camera's process. Does not read configurations."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from device.core.stamp import Stamp

if TYPE_CHECKING:
    from device.ports import Source  # at run time it would bring OpenCV into the camera's process

Polygon = Sequence[tuple[float, float]]

_BLACK, _GREY = 16, 128
"""Luma and chroma of black in limited range."""


class MaskedSource:
    """Implements ``device.ports.Source`` over another source; no picture is handed on unmasked."""

    def __init__(self, source: "Source", polygons: Sequence[Polygon]) -> None:
        """Mask polygons in fractions of the picture."""
        self._source, self._polygons = source, polygons
        self._places: NDArray[np.intp] | None = None
        self._values: NDArray[np.uint8] | None = None

    def open(self) -> tuple[int, int]:
        """Open the source; the masks are laid out for its size."""
        width, height = self._source.open()
        self._places, self._values = masked_bytes(self._polygons, width, height)
        return width, height

    def grab(self) -> Stamp:
        """Wait for the next picture."""
        return self._source.grab()

    def copy_to(self, i420: NDArray[np.uint8]) -> None:
        """Write the picture and blacken it, before anybody is told that it is there."""
        self._source.copy_to(i420)
        if self._places is not None and self._values is not None:
            i420.reshape(-1)[self._places] = self._values

    def faults(self) -> int:
        """Pictures that were damaged or missing so far."""
        return self._source.faults()

    def close(self) -> None:
        """Let go of the device."""
        self._source.close()


def masked_bytes(polygons: Sequence[Polygon], width: int, height: int) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Which bytes of a flat I420 picture are masked, and what they become.

    A pixel that a polygon touches at all is masked: the cover is grown by one pixel on each side, and a chroma sample
    goes with any of its four pixels.
    """
    luma = np.zeros((height, width), dtype=np.bool_)
    for polygon in polygons:
        luma |= _grown(_inside(polygon, width, height))
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


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """One pixel more on each side."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    wide = grown.copy()
    wide[:, 1:] |= grown[:, :-1]
    wide[:, :-1] |= grown[:, 1:]
    return wide
