"""The parts of an I420 picture. Knows no vendor, so that every source can use it."""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def i420_planes(i420: Plane) -> tuple[Plane, Plane, Plane]:
    """The Y, U and V planes of a contiguous picture, (height * 3 // 2, width): views."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    chroma = i420.reshape(-1)[height * width :].reshape(2, height // 2, width // 2)
    return i420[:height], chroma[0], chroma[1]
