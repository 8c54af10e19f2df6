"""Blackens masks in a camera's own buffer, before its encoder sees it. Does not decide which masks are in force."""

import numpy as np
from numpy.typing import NDArray

from device.capture.layout import Layout, buffer_planes
from device.capture.mask import masked_bytes
from device.capture.planes import Plane
from device.capture.request import CameraRequest

_BLACK, _GREY = 16, 128
"""Luma and chroma of black in limited range."""

_Spots = tuple[NDArray[np.intp], NDArray[np.intp]]


class StreamCover:
    """The masks of a request, each set laid out once for a stream as it lies in memory."""

    def __init__(self, request: CameraRequest, layout: Layout, quarter_turns: int = 0) -> None:
        """Masks are drawn on the upright picture: what is turned later has none here."""
        if quarter_turns:
            raise ValueError("masks cannot be turned")
        self._layout = layout
        self._sets = [_spots(request, number, layout) for number in range(1 + len(request.extra_masks))]
        self.number = request.set_number(request.extra_in_force)
        """Set in force, as in ``CameraRequest.polygons``; replaced as a whole, by any thread."""

    def blacken(self, buffer: Plane) -> None:
        """Blacken what the set in force covers."""
        luma_spots, chroma_spots = self._sets[self.number]
        if not luma_spots[0].size:
            return
        luma, *chroma = buffer_planes(buffer, self._layout)
        luma[luma_spots] = _BLACK
        for plane in chroma:
            plane[chroma_spots] = _GREY


def _spots(request: CameraRequest, number: int, layout: Layout) -> tuple[_Spots, _Spots]:
    """Rows and columns of the masked luma, and of the masked samples of either chroma plane."""
    places, _ = masked_bytes(request.polygons(number), layout.width, layout.height)
    luma_bytes = layout.width * layout.height
    chroma = places[(places >= luma_bytes) & (places < luma_bytes * 5 // 4)] - luma_bytes
    luma = places[places < luma_bytes]
    return (luma // layout.width, luma % layout.width), (chroma * 2 // layout.width, chroma % (layout.width // 2))
