"""Makes people in a picture unrecognisable before it leaves the device. Does not decide which pictures leave."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.geometry import Box

_BLOCKS_ACROSS = 6
"""At most so many blocks over the shorter side of a box: a face, a third of a body wide, is two blocks or fewer."""
_LEAST_BLOCK_PX = 8
_MARGIN_FRAC = 0.15
"""By so much of its size a box is grown on each side: hair, hands and a box that lags behind."""


def pixelated(i420: NDArray[np.uint8], boxes: Iterable[Box]) -> NDArray[np.uint8]:
    """A copy of an I420 picture with plain blocks over each box, given in fractions of the picture.

    The blocks stand on a grid of the picture's own, not of the box: a box that moves by a pixel must not give another
    view of the same face, from several of which it could be put together again.
    """
    out = i420.copy()
    height, width = out.shape[0] * 2 // 3, out.shape[1]
    chroma = out.reshape(-1)[height * width :].reshape(2, height // 2, width // 2)
    for box in boxes:
        block = block_px(box, width, height)
        x1, y1, x2, y2 = _grown(box, width, height, block)
        _flatten(out[:height], (x1, y1, x2, y2), block)
        for plane in chroma:
            _flatten(plane, (x1 // 2, y1 // 2, x2 // 2, y2 // 2), block // 2)
    return out


def block_px(box: Box, width: int, height: int) -> int:
    """Side of the blocks over a box, px: a power of two, so that the grids of all sizes share their lines."""
    shorter = min((box[2] - box[0]) * width, (box[3] - box[1]) * height)
    block = _LEAST_BLOCK_PX
    while block * _BLOCKS_ACROSS < shorter:
        block *= 2
    return block


def _grown(box: Box, width: int, height: int, block: int) -> tuple[int, int, int, int]:
    """The box with its margin, out to the next lines of the grid, px."""
    across, down = (box[2] - box[0]) * _MARGIN_FRAC, (box[3] - box[1]) * _MARGIN_FRAC
    x1, x2 = (box[0] - across) * width, (box[2] + across) * width
    y1, y2 = (box[1] - down) * height, (box[3] + down) * height
    return (
        max(0, int(x1 // block) * block),
        max(0, int(y1 // block) * block),
        min(width, int(-(-x2 // block)) * block),
        min(height, int(-(-y2 // block)) * block),
    )


def _flatten(plane: NDArray[np.uint8], area: tuple[int, int, int, int], block: int) -> None:
    """Replace each block of an area by its mean, in place."""
    x1, y1, x2, y2 = area
    if x2 <= x1 or y2 <= y1:
        return
    part = plane[y1:y2, x1:x2]
    rows, columns = -(-(y2 - y1) // block), -(-(x2 - x1) // block)
    # The last blocks of a picture may be cut short: they are filled up with their own edge.
    whole = cv2.copyMakeBorder(
        part, 0, rows * block - part.shape[0], 0, columns * block - part.shape[1], cv2.BORDER_REPLICATE
    )
    means = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    flat = np.asarray(means, dtype=np.uint8).repeat(block, axis=0).repeat(block, axis=1)
    part[...] = flat[: part.shape[0], : part.shape[1]]
