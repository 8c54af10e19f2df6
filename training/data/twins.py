"""Finds pictures that show the same thing twice: bursts, saved again, cut a little. Does not decide what follows.

A perceptual hash (the signs of the lowest frequencies of the grey thumb) names the suspects. They are convicted when
the middle of one thumb is found in the other (a camera that shook moves it by a few per cent) and nothing inside it
has changed: two pictures of a fixed camera share all but the thing that counts, and are no twins.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.pictures import THUMB_PX
from training.data.sample import Look

SUSPECT_BITS = 20
"""Of 63: hashes that differ in more do not belong to the same picture. A shift by 5 % changes up to 20."""
SAME_CORRELATION = 0.95
"""Measured on 180 photographs: cut by 5 %, shifted by 5 %, turned by 2 degrees or saved at quality 40 leave .957 and
more; of 190,000 pairs of different shelves the most alike have .88."""
CHANGED = 1.0
"""Greatest difference in a spot, in standard deviations of the picture: the same changes leave .95 at most (two of
900 more), another thing of a tenth of the width 1.0 and more in 19 of 20."""
_MIDDLE_PX = 26
_ZOOMED_PX = (24, 26, 28)
_FLAT_LEVELS = 6.0
"""A thumb that varies less has no features: such pictures are twins only when their levels agree."""
_BLOCK = 1024
_LOW = 8


def near_duplicates(looks: Sequence[Look]) -> tuple[tuple[int, int], ...]:
    """Pairs of places (first < second) of pictures that show the same; identical files among them."""
    if len(looks) < 2:
        return ()
    thumbs = np.stack([np.frombuffer(look.thumb, np.uint8) for look in looks]).reshape(-1, THUMB_PX, THUMB_PX, 3)
    signs = np.stack([_signs(thumb) for thumb in thumbs])
    return tuple(pair for pair in _suspects(signs) if _same(thumbs[pair[0]], thumbs[pair[1]]))


def _signs(thumb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """+1 or -1 for each low frequency, by whether it is over their median; the mean brightness stays out."""
    grey = cv2.cvtColor(thumb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = np.asarray(cv2.dct(grey))[:_LOW, :_LOW].reshape(-1)[1:]
    return np.where(low > np.median(low), 1, -1).astype(np.float32)


def _suspects(signs: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Pairs whose hashes differ in few bits, by blocks so that memory stays bounded."""
    bits = signs.shape[1]
    for start in range(0, len(signs), _BLOCK):
        block = signs[start : start + _BLOCK]
        for other in range(start, len(signs), _BLOCK):
            different = (bits - block @ signs[other : other + _BLOCK].T) / 2
            for row, column in np.argwhere(different <= SUSPECT_BITS):
                if start + row < other + column:
                    yield int(start + row), int(other + column)


def _same(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    a, b = first.astype(np.float64), second.astype(np.float64)
    if min(a.std(), b.std()) < _FLAT_LEVELS:
        return bool(np.abs(a - b).mean() < _FLAT_LEVELS)
    return _is_inside(first, second) or _is_inside(second, first)


def _is_inside(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    """Whether the middle of the first thumb fits somewhere on the second, a little zoomed or not, without a change."""
    inset = (THUMB_PX - _MIDDLE_PX) // 2
    middle = cv2.GaussianBlur(first, (3, 3), 0)[inset : inset + _MIDDLE_PX, inset : inset + _MIDDLE_PX]
    field = np.asarray(cv2.GaussianBlur(second, (3, 3), 0), dtype=np.uint8)
    fits = []
    for side in _ZOOMED_PX:
        patch = np.asarray(cv2.resize(middle, (side, side), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        scores = cv2.matchTemplate(field, patch, cv2.TM_CCOEFF_NORMED)
        y, x = np.unravel_index(int(np.argmax(scores)), scores.shape)
        fits.append((float(scores[y, x]), patch, field[y : y + side, x : x + side]))
    score, patch, window = max(fits, key=lambda fit: fit[0])
    return score >= SAME_CORRELATION and _change(patch, window) <= CHANGED


def _change(patch: NDArray[np.uint8], window: NDArray[np.uint8]) -> float:
    """The greatest difference of a spot of 3 x 3, brightness and contrast aside."""
    a, b = patch.astype(np.float64), window.astype(np.float64)
    levels = (a - a.mean()) / max(a.std(), 1.0) - (b - b.mean()) / max(b.std(), 1.0)
    return float(np.abs(cv2.blur(levels, (3, 3))).max())
