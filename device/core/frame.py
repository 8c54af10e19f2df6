"""One picture and when it was taken. Does not know where pictures come from."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture as planar YUV 4:2:0, the layout that cameras and decoders produce themselves.

    The pixels may lie in memory that the capture process uses again once the frame has been released: whoever keeps
    a picture longer than one pipeline step copies it.
    """

    seq: int
    """Number of the picture in its source, from 0; gaps are pictures that were dropped."""
    t: float
    """Monotonic or media time, s."""
    wall: float | None
    """Unix time, s, a label only; None where no clock is to be believed."""
    i420: NDArray[np.uint8]
    """(height * 3 // 2, width): luma rows, then the quarter-size U and V planes; BT.601, limited range."""

    def __post_init__(self) -> None:
        rows, width = self.i420.shape
        if self.i420.dtype != np.uint8 or rows % 3 or width % 2 or rows * 2 // 3 % 2:
            raise ValueError(f"not an I420 picture of even size: {self.i420.shape} {self.i420.dtype}")

    @property
    def width(self) -> int:
        """Columns, px."""
        return int(self.i420.shape[1])

    @property
    def height(self) -> int:
        """Rows, px."""
        return int(self.i420.shape[0]) * 2 // 3

    @property
    def luma(self) -> NDArray[np.uint8]:
        """The grey picture, (height, width), a view."""
        return self.i420[: self.height]

    def bgr(self) -> NDArray[np.uint8]:
        """The picture as (height, width, 3) BGR, a copy."""
        return np.asarray(cv2.cvtColor(self.i420, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8)


def frame_from_bgr(bgr: NDArray[np.uint8], *, seq: int = 0, t: float = 0.0, wall: float | None = None) -> Frame:
    """Make a frame of a (height, width, 3) BGR picture; an odd last row or column is left out."""
    height, width = bgr.shape[0] // 2 * 2, bgr.shape[1] // 2 * 2
    i420 = cv2.cvtColor(bgr[:height, :width], cv2.COLOR_BGR2YUV_I420)
    return Frame(seq=seq, t=t, wall=wall, i420=np.asarray(i420, dtype=np.uint8))
