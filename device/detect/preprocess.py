"""Pictures into the int8 input of a network. Does not run it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec
from device.core.decode import Placement
from device.core.frame import Frame


class Letterbox:
    """Shrinks pictures into one input that it keeps, the aspect unchanged, the rest filled once a picture size.

    The planes are scaled before the colours are made, so a large picture costs little more than a small one, and one
    table turns bytes into normalised int8 values.
    """

    def __init__(self, spec: InputSpec) -> None:
        """Make the input and the table."""
        self._spec = spec
        table = _table(spec)
        self._table = table[None]
        self._fill = table[np.array(spec.pad), np.arange(3)]
        self._to_colour = cv2.COLOR_YUV2BGR_I420 if spec.channels == "BGR" else cv2.COLOR_YUV2RGB_I420
        self._input: NDArray[np.int8] = np.empty((1, spec.height, spec.width, 3), dtype=np.int8)
        self._size = (0, 0)
        self._placement = Placement(0, 0, 0, 0)
        self._scaled: NDArray[np.uint8] = np.empty((0, 0), dtype=np.uint8)

    def fill(self, frame: Frame) -> tuple[NDArray[np.int8], Placement]:
        """Put a picture into the input.

        Returns:
            The input (1, height, width, 3), good until the next call, and where in it the picture lies.
        """
        self._fit(frame.width, frame.height)
        place = self._placement
        _scale_planes(frame.i420, (frame.width, frame.height), self._scaled, (place.width, place.height))
        colours = np.asarray(cv2.cvtColor(self._scaled, self._to_colour), dtype=np.uint8)
        return self._put(colours), place

    def fill_bgr(self, bgr: NDArray[np.uint8]) -> tuple[NDArray[np.int8], Placement]:
        """Put a (height, width, 3) BGR picture into the input, for crops and pictures that never were planes."""
        self._fit(bgr.shape[1], bgr.shape[0])
        place = self._placement
        scaled = _shrink(bgr, (place.width, place.height))
        if self._spec.channels == "RGB":
            scaled = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        return self._put(scaled), place

    def _put(self, colours: NDArray[np.uint8]) -> NDArray[np.int8]:
        place = self._placement
        target = self._input[0, place.top : place.top + place.height, place.left : place.left + place.width]
        cv2.LUT(colours, self._table, dst=target)
        return self._input

    def _fit(self, width: int, height: int) -> None:
        if (width, height) == self._size:
            return
        self._size = (width, height)
        self._placement = place = place_picture(self._spec, width, height)
        self._scaled = np.empty((place.height * 3 // 2, place.width), dtype=np.uint8)
        self._input[...] = self._fill


def place_picture(spec: InputSpec, width: int, height: int) -> Placement:
    """Where a picture of this size lies in the input: as large as fits, in the middle, of even size."""
    if spec.resize == "stretch":
        return Placement(0, 0, spec.width, spec.height)
    scale = min(spec.width / width, spec.height / height)
    inner_width = min(max(2, 2 * round(width * scale / 2)), spec.width)
    inner_height = min(max(2, 2 * round(height * scale / 2)), spec.height)
    left, top = (spec.width - inner_width) // 2, (spec.height - inner_height) // 2
    return Placement(left, top, inner_width, inner_height)


def _table(spec: InputSpec) -> NDArray[np.int8]:
    """(256, 3): the int8 input for every byte of every channel."""
    levels = np.arange(256, dtype=np.float64)[:, None]
    normalised = (levels - np.array(spec.mean)) / np.array(spec.std)
    table: NDArray[np.int8] = np.clip(np.round(normalised / spec.scale) + spec.zero_point, -128, 127).astype(np.int8)
    return table


def _scale_planes(
    source: NDArray[np.uint8], source_size: tuple[int, int], target: NDArray[np.uint8], target_size: tuple[int, int]
) -> None:
    for plane, scaled in zip(_planes(source, source_size), _planes(target, target_size), strict=True):
        _shrink(plane, (scaled.shape[1], scaled.shape[0]), scaled)


def _planes(i420: NDArray[np.uint8], size: tuple[int, int]) -> tuple[NDArray[np.uint8], ...]:
    """Views of the three planes of an I420 picture."""
    width, height = size
    flat = i420.reshape(-1)
    luma, quarter = width * height, width * height // 4
    chroma = (height // 2, width // 2)
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + quarter].reshape(chroma),
        flat[luma + quarter : luma + 2 * quarter].reshape(chroma),
    )


def _shrink(
    picture: NDArray[np.uint8], size: tuple[int, int], target: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Scale between pixels; a picture more than twice as large is halved first, or fine patterns would alias."""
    while picture.shape[1] > 2 * size[0] and picture.shape[0] > 2 * size[1]:
        half = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(picture, size, dst=target, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
