"""Packed YUV 4:2:2, as plain USB cameras give it, to I420. Knows no device."""

import numpy as np

from device.capture.planes import Plane, i420_planes


def write_yuyv(packed: Plane, row_bytes: int, size: tuple[int, int], quarter_turns: int, out: Plane) -> None:
    """Fill an I420 picture: the one copy there is. The chroma of every second row is left out, as 4:2:0 has none.

    Args:
        packed: bytes Y U Y V, rows of ``row_bytes``.
        row_bytes: from one row to the next, padding included.
        size: width and height before the turn, even.
        quarter_turns: to the left.
        out: (height * 3 // 2, width) after the turn.
    """
    width, height = size
    rows = packed[: row_bytes * height].reshape(height, row_bytes)[:, : width * 2]
    planes = (rows[:, 0::2], rows[0::2, 1::4], rows[0::2, 3::4])
    for plane, target in zip(planes, i420_planes(out), strict=True):
        target[...] = np.rot90(plane, quarter_turns) if quarter_turns else plane


def write_planar(planar: Plane, row_bytes: int, size: tuple[int, int], quarter_turns: int, out: Plane) -> None:
    """The same from a picture that is planar 4:2:0 already, with padded rows."""
    width, height = size
    luma = planar[: row_bytes * height].reshape(height, row_bytes)[:, :width]
    chroma = planar[row_bytes * height : row_bytes * height * 3 // 2].reshape(2, height // 2, row_bytes // 2)
    for plane, target in zip(
        (luma, chroma[0, :, : width // 2], chroma[1, :, : width // 2]), i420_planes(out), strict=True
    ):
        target[...] = np.rot90(plane, quarter_turns) if quarter_turns else plane
