"""Tells staff by the colour of their clothes, for tests and replays without a network. Runs nothing."""

import numpy as np

from device.core.cutout import around, cut
from device.core.frame import Frame
from device.core.geometry import Box
from device.errors import ModelError

_NEAR = 16
"""So far a pixel's colours may be from those of the uniform, levels."""
_ENOUGH_FRAC = 0.15
"""Part of the picture of a person that a uniform fills at least."""


class ColouredUniforms:
    """Everybody is staff who wears enough of one colour."""

    def __init__(self, tint: tuple[int, int]) -> None:
        """``tint``: U and V of the uniform, 0..255; 128 is grey."""
        self._tint = np.array(tint)
        self._closed = False

    def score(self, frame: Frame, person: Box) -> float:
        """How much of the person has that colour, as a score, 0..1.

        Raises:
            ModelError: it is closed.
        """
        if self._closed:
            raise ModelError("scripted uniforms: closed")
        size = (frame.width, frame.height)
        part = cut(frame, around(person, size, 1.0, square=False))
        colours = part.i420.reshape(-1)[part.width * part.height :].reshape(2, -1).astype(int)
        near = (np.abs(colours - self._tint[:, None]) <= _NEAR).all(axis=0).mean()
        return float(min(1.0, near / _ENOUGH_FRAC))

    def close(self) -> None:
        """See nothing any more; may be called twice."""
        self._closed = True
