"""Expects what a shelf looks like in another light and from a camera that swung a little. Decides nothing."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.shelf.view import Cells, Mask

_MIN_CELLS = 40
"""With fewer cells to compare nothing can be said about light."""
_FURTHEST = 2.0
"""Cells that the camera may have swung."""
_TRIM = 2.5
"""Cells that differ by so many times the median are left out: they are not the light's doing."""


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What a shelf would look like, had nothing happened."""

    picture: Cells
    """In this light, and swung as the picture is."""
    unswung: Cells
    """In this light, where the reference has it: what is shifted again and again gets blurred."""
    swing: NDArray[np.float64]
    """How far the camera swung, cells across and down."""


def expect(reference: Cells, now: Cells, trusted: Mask) -> Expected | None:
    """The reference as it looks now; None where too little can be compared.

    Luma is fitted by gain, offset and a shift, each colour by gain and offset, on the trusted cells without those
    that fit worst.
    """
    rows, columns = np.nonzero(trusted[::2, ::2])
    rows, columns = rows * 2, columns * 2
    if len(rows) < _MIN_CELLS:
        return None
    shift = np.zeros(2)
    moved, keep, luma = reference, np.ones(len(rows), dtype=np.bool_), (1.0, 0.0)
    for _ in range(3):
        luma, step, keep = _fit_luma(moved[..., 0], now[..., 0], rows, columns, keep)
        if not keep.any() or float(np.abs(step).max()) < 0.04:
            break
        shift = np.clip(shift + np.clip(step, -1.0, 1.0), -_FURTHEST, _FURTHEST)
        moved = shifted(reference, shift)
    if not keep.any():
        return None
    light = luma, *_fit_colours(moved, now, rows[keep], columns[keep])
    picture = _lit(moved, light)
    swung = moved is not reference
    return Expected(picture, _lit(reference, light) if swung else picture, shift if swung else np.zeros(2))


def _fit_luma(
    moved: NDArray[np.float32],
    now: NDArray[np.float32],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    keep: NDArray[np.bool_],
) -> tuple[tuple[float, float], NDArray[np.float64], NDArray[np.bool_]]:
    """Gain and offset, the shift still missing, and the cells that agree."""
    across = cv2.Sobel(moved, cv2.CV_32F, 1, 0, ksize=3) / 8
    down = cv2.Sobel(moved, cv2.CV_32F, 0, 1, ksize=3) / 8
    value = moved[rows, columns].astype(np.float64)
    terms = np.stack([value - 128, np.ones_like(value), across[rows, columns], down[rows, columns]], axis=1)
    wanted = now[rows, columns].astype(np.float64) - value
    # Nothing is known of what has no structure: it pulls towards no change.
    ridge = np.diag([400.0, 0.5, 40.0, 40.0])
    answer: NDArray[np.float64] = np.zeros(4)
    for _ in range(2):
        if int(keep.sum()) < _MIN_CELLS // 2:
            return (1.0, 0.0), np.zeros(2), np.zeros(len(rows), dtype=np.bool_)
        chosen = terms[keep]
        answer = np.linalg.solve(chosen.T @ chosen + ridge, chosen.T @ wanted[keep]).astype(np.float64)
        error = np.abs(wanted - terms @ answer)
        keep = error <= max(3.0, _TRIM * float(np.median(error)))
    # now = value + g (value - 128) + o - d . gradient: the picture moved against its gradient.
    return (1.0 + float(answer[0]), float(answer[1])), -answer[2:], keep


def shifted(picture: Cells, shift: NDArray[np.float64]) -> Cells:
    """A picture from a camera that swung by so many cells across and down."""
    move = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
    size = (picture.shape[1], picture.shape[0])
    warped = cv2.warpAffine(picture, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.float32)


def _fit_colours(
    moved: Cells, now: Cells, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Gain and offset of both colours."""
    fitted = []
    for plane in (1, 2):
        value = moved[rows, columns, plane].astype(np.float64) - 128
        wanted = now[rows, columns, plane].astype(np.float64) - 128
        spread = value - value.mean()
        gain = (float(spread @ (wanted - wanted.mean())) + 400.0) / (float(spread @ spread) + 400.0)
        fitted.append((gain, float(wanted.mean() - gain * value.mean())))
    return fitted[0], fitted[1]


def _lit(picture: Cells, light: tuple[tuple[float, float], ...]) -> Cells:
    gains, offsets = np.array(light, dtype=np.float32).T
    return np.asarray((picture - np.float32(128)) * gains + (np.float32(128) + offsets), dtype=np.float32)


_NEAR = 7
"""Cells across within which the light is the same."""
_GAINS = 0.4, 2.2
"""A shadow or a lamp makes nothing darker or brighter than that."""
_BLACK = 12.0
"""Luma of black, a little less than video has."""


def span(picture: Cells) -> Cells:
    """How far what lies around each cell differs, grey levels."""
    square = np.ones((3, 3), dtype=np.uint8)
    return np.asarray(cv2.dilate(picture, square) - cv2.erode(picture, square), dtype=np.float32)


def differs(
    now: Cells, before: Cells, limits: tuple[float, float], slack: float, more: Cells | None = None
) -> tuple[Mask, Mask]:
    """Cells that differ, and those of them that another light does not explain.

    Args:
        now: a picture.
        before: another, in the same light but for shadows.
        limits: grey levels of luma and of colour below which nothing counts.
        slack: part of the range around a cell that may differ, as the camera swings by parts of a cell.
        more: grey levels by which each cell may differ besides.
    """
    allowed = np.float32(slack) * span(before)
    if more is not None:
        allowed += more
    allowed += np.array([limits[0], limits[1], limits[1]], dtype=np.float32)
    raw = _any(np.asarray(cv2.absdiff(now, before) > allowed))
    if not raw.any():
        return raw, raw
    bright, dark = cv2.blur(now[..., 0], (_NEAR, _NEAR)) - _BLACK, cv2.blur(before[..., 0], (_NEAR, _NEAR)) - _BLACK
    gain = np.clip(np.maximum(bright, 2.0) / np.maximum(dark, 2.0), *_GAINS)[..., None].astype(np.float32)
    zero = np.array([_BLACK, 128.0, 128.0], dtype=np.float32)
    shaded = (before - zero) * gain + zero
    return raw, raw & _any(np.asarray(cv2.absdiff(now, shaded) > allowed * np.maximum(gain, np.float32(0.7))))


def _any(planes: Mask) -> Mask:
    return np.asarray(planes[..., 0] | planes[..., 1] | planes[..., 2])
