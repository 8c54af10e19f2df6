"""One connected place where a shelf differs, and what its pictures before and after say about it. Remembers nothing."""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.geometry import Box
from device.core.shelf.view import Cells, Mask

_DISK = np.ones((3, 3), dtype=np.uint8)
_WEIGHTS = {"outline": 0.4, "print": 0.2, "surroundings": 0.3, "depth": 0.15}
"""What each fact is worth; outline is the surest of them."""
_SHADOW_GAIN = (0.35, 1.0), (1.0, 1.9)
_TINT = 9.0
"""Levels of colour by which light may tint."""
_LIKE = 0.85
"""Correlation of luma from which on it is the same thing."""
_WHOLE_INSIDE = 0.9
_SQUARE = np.ones((5, 5), dtype=np.uint8)
_LEAST_SHARP = 8
"""Cells of core, rim and surroundings below which nothing can be said of how sharp a place ends."""
_DIMMER = 0.1
_UP_TO, _NOT_BEYOND = 0.75, 0.35
"""Parts of the change of brightness that the rim must have, and that the surroundings may."""
_PLAIN = 6.0
"""Grey levels of spread under which nothing can be said of structure."""


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """One place, in cells."""

    area: Mask
    cells: int
    rect: tuple[int, int, int, int]
    """left, top, columns, rows."""
    inside_frac: float
    """How much of it lies on the shelf."""
    border_cells: int
    """How many of its cells lie on the edge of the window: it goes on beyond."""
    whole: bool = False
    """It takes in what another light might explain beside it, and ends on the shelf all around."""


def places(changed: Mask, raw: Mask, inside: Mask, most_cells: float) -> list[Blob]:
    """Where the shelf differs.

    Of a thing with a print, or of one that another like it stands behind, only parts differ by more than light can
    explain. What hangs together with them and ends on the shelf all around is taken as one place; of anything else,
    somebody in grey before grey boards, only what differs for sure.

    Args:
        changed: cells that differ for sure.
        raw: the same with what may be other light.
        inside: cells of the shelf.
        most_cells: what is larger is no thing on a shelf.
    """
    whole = [
        replace(blob, whole=True)
        for blob in blobs(raw | changed, inside)
        if blob.inside_frac >= _WHOLE_INSIDE
        and blob.border_cells == 0
        and blob.cells <= most_cells
        and bool(changed[blob.area].any())
    ]
    rest = changed.copy()
    for blob in whole:
        rest &= ~blob.area
    return whole + blobs(rest, inside)


def is_sharp(blob: Blob, before: Cells, after: Cells) -> bool:
    """Whether a place is darker or brighter right up to its rim and not beyond: light and shadow fade."""
    area = blob.area.astype(np.uint8)
    core, outer = cv2.erode(area, _SQUARE), cv2.dilate(area, _SQUARE)
    rim = (cv2.erode(area, _DISK) > 0) & (core == 0)
    around = (cv2.dilate(outer, _DISK) > 0) & (outer == 0)
    if min(int(core.sum()), int(rim.sum()), int(around.sum())) < _LEAST_SHARP:
        return False
    gain = (cv2.blur(after[..., 0], (3, 3)) - 12.0) / np.maximum(cv2.blur(before[..., 0], (3, 3)) - 12.0, 4.0)
    inner, edge, beside = (abs(float(np.median(gain[cells])) - 1.0) for cells in (core > 0, rim, around))
    return inner > _DIMMER and edge >= _UP_TO * inner and beside <= _NOT_BEYOND * inner


def blobs(changed: Mask, inside: Mask) -> list[Blob]:
    """The connected parts of a mask, the largest first."""
    closed = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_CLOSE, _DISK)
    joined = _filled(np.asarray(closed, dtype=np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for label in range(1, count):
        left, top, columns, rows, cells = (int(value) for value in stats[label])
        area = np.asarray(labels == label)
        border = int(area[0].sum() + area[-1].sum() + area[:, 0].sum() + area[:, -1].sum())
        found.append(Blob(area, cells, (left, top, columns, rows), float(inside[area].mean()), border))
    return sorted(found, key=lambda blob: -blob.cells)


def part_of(blob: Blob, area: Mask) -> Blob:
    """What of a place lies in an area that it overlaps; as near to edges and shelf as the whole."""
    inner = blob.area & area
    rows, columns = np.nonzero(inner.any(axis=1))[0], np.nonzero(inner.any(axis=0))[0]
    left, top = int(columns[0]), int(rows[0])
    rect = (left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)
    return replace(blob, area=inner, cells=int(inner.sum()), rect=rect)


def share_in(blob: Blob, box: Box) -> float:
    """How much of a place lies in a box of cells."""
    rows, columns = blob.area.shape
    x1, y1 = max(0, int(box[0])), max(0, int(box[1]))
    x2, y2 = min(columns, int(box[2]) + 1), min(rows, int(box[3]) + 1)
    return float(blob.area[y1:y2, x1:x2].sum()) / max(1, int(blob.area.sum())) if x1 < x2 and y1 < y2 else 0.0


def _filled(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Without holes: of a thing that has the colour of the boards only the rim differs."""
    rims, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(mask, rims, -1, 1, cv2.FILLED), dtype=np.uint8)


def thick(blob: Blob, cells: int) -> bool:
    """Whether something of so many cells across fits into it: what was nudged leaves thin rims only."""
    return bool(cv2.erode(blob.area.astype(np.uint8), np.ones((cells, cells), dtype=np.uint8)).any())


def is_shadow(blob: Blob, before: Cells, after: Cells) -> bool:
    """Whether the place has the same structure and colour, and only the light on it is another."""
    around = cv2.dilate(blob.area.astype(np.uint8), _DISK) > 0
    old, new = before[around], after[around]
    if float(np.abs(np.median(new[:, 1:] - old[:, 1:], axis=0)).max()) > _TINT:
        return False
    gain = float(np.median((new[:, 0] - 16.0) / np.maximum(old[:, 0] - 16.0, 4.0)))
    if not any(low <= gain <= high for low, high in _SHADOW_GAIN):
        return False
    if min(float(old[:, 0].std()), float(new[:, 0].std())) < _PLAIN:
        return False
    return float(np.corrcoef(old[:, 0], new[:, 0])[0, 1]) > _LIKE


Verdict = Literal["taken", "returned"]


@dataclass(frozen=True, slots=True)
class Looks:
    """How much more of an item there was before than there is now: 1 all, 0 the same, -1 it is there now."""

    score: float
    facts: dict[str, float]


def compare(blob: Blob, before: Cells, after: Cells, disturbed: Mask) -> Looks:
    """Weigh the outline, the print, the surroundings and the brightness of a place: what is farther back is darker."""
    area = blob.area.astype(np.uint8)
    outer, inner = cv2.dilate(area, _DISK), cv2.erode(area, _DISK)
    rim, core = (outer > 0) & (inner == 0), inner > 0
    edges_before, edges_after = _edges(before), _edges(after)
    facts = {"outline": _more(edges_before[rim], edges_after[rim])}
    facts["depth"] = _more(before[..., 0][area > 0], after[..., 0][area > 0])
    if core.sum() >= 6:
        facts["print"] = _more(edges_before[core], edges_after[core])
    ring = (cv2.dilate(area, np.ones((9, 9), dtype=np.uint8)) > 0) & (outer == 0) & ~disturbed
    if ring.sum() >= 8:
        facts["surroundings"] = _stands_out(before, area > 0, ring) - _stands_out(after, area > 0, ring)
        total = _stands_out(before, area > 0, ring) + _stands_out(after, area > 0, ring)
        facts["surroundings"] /= max(total, 8.0)
    weight = sum(_WEIGHTS[name] for name in facts)
    return Looks(sum(_WEIGHTS[name] * value for name, value in facts.items()) / weight, facts)


def _edges(picture: Cells) -> NDArray[np.float32]:
    around = cv2.dilate(picture, _DISK) - cv2.erode(picture, _DISK)
    return np.asarray(around[..., 0] + 1.5 * np.maximum(around[..., 1], around[..., 2]), dtype=np.float32)


def _more(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    old, new = float(before.mean()), float(after.mean())
    return (old - new) / max(old + new, 12.0)


def _stands_out(picture: Cells, area: Mask, ring: Mask) -> float:
    """How far an area's colour is from that of its surroundings: from the nearest kinds of cells there."""
    weights = np.array([1.0, 2.0, 2.0], dtype=np.float32)
    around = picture[ring] * weights
    inner = picture[area] * weights
    sample = around[:: max(1, len(around) // 48)]
    gaps = np.abs(inner[:: max(1, len(inner) // 64), None] - sample[None]).sum(axis=2)
    return float(np.median(np.partition(gaps, min(5, gaps.shape[1] - 1), axis=1)[:, min(5, gaps.shape[1] - 1)]))


def distance(area: Mask, one: Cells, other: Cells) -> float:
    """How different an area looks in two pictures, grey levels."""
    gap = np.abs(one[area] - other[area]).mean(axis=0)
    return float(gap[0] + 2.0 * (gap[1] + gap[2]))
