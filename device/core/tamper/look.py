"""What one picture shows of a scene's structure, on small grids. Remembers nothing."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float32]

WIDTH = 160
"""Columns of the small picture."""
COLUMNS, ROWS = 16, 12
"""Places that the picture is cut into."""
_FINE, _COARSE = (3, 3), (11, 11)
"""Structure is what is larger than noise and smaller than light: the mean of one square less that of the other."""
_FLOOR = 1.5
"""Levels of contrast that noise may have in the small picture: what is weaker counts for little."""
_BANDS, _BAND_ROWS = 48, 2
_DARK = 40.0
"""Luma up to which a place is black: a sensor without light shows its noise above 16."""
_QUIET = 0.1
"""The tenth of the places with the least fine detail shows noise alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One picture; grids are (ROWS, COLUMNS)."""

    mean: float
    """Luma, 16..235."""
    dark_frac: float
    """Part that is black, 0..1."""
    form: Grid
    """The small picture's structure, each place's contrast made alike, so that light does not matter."""
    contrast: Grid
    """Mean size of the structure in a place, levels."""
    detail: Grid
    """Energy of detail of a few pixels in a place, squared levels, without noise."""


def look(luma: NDArray[np.uint8]) -> Look:
    """Measure a (H, W) picture; 0.4 ms for 640x480."""
    height, width = luma.shape
    small = cv2.resize(luma, (WIDTH, max(ROWS, round(WIDTH * height / width))), interpolation=cv2.INTER_AREA)
    grey = small.astype(np.float32)
    structure = cv2.blur(grey, _FINE) - cv2.blur(grey, _COARSE)
    local = np.sqrt(cv2.blur(structure * structure, _COARSE))
    return Look(
        mean=float(grey.mean()),
        dark_frac=float(np.mean(grey <= _DARK)),
        form=np.asarray(structure / (local + np.float32(_FLOOR)), np.float32),
        contrast=places(np.abs(structure)),
        detail=_detail(luma),
    )


def places(grid: NDArray[np.float32]) -> Grid:
    """The mean of each place."""
    return np.asarray(cv2.resize(grid, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)


def alike(one: Grid, other: Grid) -> Grid:
    """How alike two forms are in each place, -1..1; 0 where one of them is plain."""
    both, first, second = places(one * other), places(one * one), places(other * other)
    return np.asarray(both / np.maximum(np.sqrt(first * second), np.float32(1e-3)), np.float32)


def shift(form: Grid, usual: Grid) -> tuple[float, float]:
    """How far the scene lies right and down of where it was, in fractions of the picture."""
    window = cv2.createHanningWindow((form.shape[1], form.shape[0]), cv2.CV_32F)
    # It multiplies what it is given by the window, in place.
    (right, down), _ = cv2.phaseCorrelate(usual.copy(), form.copy(), window)
    return right / form.shape[1], down / form.shape[0]


def moved_back(form: Grid, by: tuple[float, float]) -> Grid:
    """The form as if the camera had not been turned by so much."""
    right, down = round(by[0] * form.shape[1]), round(by[1] * form.shape[0])
    back = np.zeros_like(form)
    height, width = form.shape
    if abs(right) < width and abs(down) < height:
        to_y, to_x = slice(max(0, -down), height - max(0, down)), slice(max(0, -right), width - max(0, right))
        from_y, from_x = slice(max(0, down), height + min(0, down)), slice(max(0, right), width + min(0, right))
        back[to_y, to_x] = form[from_y, from_x]
    return back


def _detail(luma: NDArray[np.uint8]) -> Grid:
    """Squared differences of pixels two apart, on bands of whole rows at full resolution."""
    starts = np.linspace(0, max(0, luma.shape[0] - _BAND_ROWS), _BANDS).astype(np.intp)
    rows = np.minimum(starts[:, None] + np.arange(_BAND_ROWS), luma.shape[0] - 1).reshape(-1)
    sample = luma[rows]
    step = np.asarray(cv2.absdiff(sample[:, 2:], sample[:, :-2]), np.uint8).astype(np.float32)
    energy = places(step * step)
    noise = float(np.quantile(energy, _QUIET))
    return np.asarray(np.maximum(energy - np.float32(noise if math.isfinite(noise) else 0.0), 0.0), np.float32)
