"""Which masks are in force on a camera's pictures, and their blackening. Does not decide when they change."""

import numpy as np
from numpy.typing import NDArray

from device.capture.mask import masked_bytes
from device.capture.planes import Plane
from device.capture.request import CameraRequest


class Cover:
    """Blackens pictures by one set of masks after another; each is laid out once."""

    def __init__(self, request: CameraRequest, width: int, height: int) -> None:
        self._sets = [_laid_out(request, number, width, height) for number in range(1 + len(request.extra_masks))]

    def blacken(self, i420: Plane, number: int) -> None:
        """Blacken a picture by the set of that number, as in ``CameraRequest.polygons``."""
        places, values = self._sets[number]
        i420.reshape(-1)[places] = values


def _laid_out(
    request: CameraRequest, number: int, width: int, height: int
) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    return masked_bytes(request.polygons(number), width, height)
