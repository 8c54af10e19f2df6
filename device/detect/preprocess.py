"""Pictures into the int8 input of a network. Does not run it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec
from device.core.decode import Placement
from device.core.frame import Frame

_TO_BGR = np.array([[1.164384, 2.017232, 0.0], [1.164384, -0.391762, -0.812968], [1.164384, 0.0, 1.596027]])
"""BT.601, limited range: blue, green and red from luma over 16 and both colour differences over 128."""
_SIGN_BIT = np.uint8(0x80)


class Letterbox:
    """Shrinks pictures into one input that it keeps, the aspect unchanged, the rest filled once a picture size.

    The planes are scaled before the colours are made, so a large picture costs little more than a small one. Colours,
    normalisation and quantisation of a frame are one affine map a pixel; bytes that are colours already go by table.
    """

    def __init__(self, spec: InputSpec) -> None:
        """Make the input and the table."""
        self._spec = spec
        table = _table(spec)
        self._table = table[None]
        self._fill = table[np.array(spec.pad), np.arange(3)]
        self._map = _affine_map(spec)
        self._input: NDArray[np.int8] = np.empty((1, spec.height, spec.width, 3), dtype=np.int8)
        self._size = (0, 0)
        self._placement = Placement(0, 0, 0, 0)

    def fill(self, frame: Frame) -> tuple[NDArray[np.int8], Placement]:
        """Put a picture into the input.

        Returns:
            The input (1, height, width, 3), good until the next call, and where in it the picture lies.
        """
        self._fit(frame.width, frame.height)
        place = self._placement
        size = (place.width, place.height)
        planes = [_shrink(plane, size) for plane in _planes(frame.i420, (frame.width, frame.height))]
        # int8 and the byte 128 above it differ in their first bit alone.
        shifted = cv2.transform(cv2.merge(planes), self._map)
        np.bitwise_xor(shifted, _SIGN_BIT, out=self._target().view(np.uint8))
        return self._input, place

    def fill_bgr(self, bgr: NDArray[np.uint8]) -> tuple[NDArray[np.int8], Placement]:
        """Put a (height, width, 3) BGR picture into the input, for crops and pictures that never were planes."""
        self._fit(bgr.shape[1], bgr.shape[0])
        place = self._placement
        scaled = _shrink(bgr, (place.width, place.height))
        if self._spec.channels == "RGB":
            scaled = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        cv2.LUT(scaled, self._table, dst=self._target())
        return self._input, place

    def _target(self) -> NDArray[np.int8]:
        """The part of the input where the picture lies."""
        place = self._placement
        return self._input[0, place.top : place.top + place.height, place.left : place.left + place.width]

    def _fit(self, width: int, height: int) -> None:
        if (width, height) == self._size:
            return
        self._size = (width, height)
        self._placement = place_picture(self._spec, width, height)
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


def _affine_map(spec: InputSpec) -> NDArray[np.float32]:
    """(3, 4): luma, both colour differences and 1 to the int8 input of every channel, plus 128."""
    colours = _TO_BGR if spec.channels == "BGR" else _TO_BGR[::-1]
    gain = 1.0 / (np.array(spec.std) * spec.scale)
    factors = colours * gain[:, None]
    offsets = spec.zero_point + 128 - np.array(spec.mean) * gain - factors @ [16.0, 128.0, 128.0]
    return np.concatenate([factors, offsets[:, None]], axis=1).astype(np.float32)


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


def _shrink(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale between pixels; a picture more than twice as large is halved first, or fine patterns would alias."""
    while picture.shape[1] > 2 * size[0] and picture.shape[0] > 2 * size[1]:
        half = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
