"""When each place of a shelf was touched last, and when something before the shelf reached over it. Judges nothing."""

import cv2
import numpy as np

from device.core.shelf.view import Mask

_TOUCHED_S = 0.3
"""What was touched so shortly before a change began was touched by it."""
_COVERED_S, _REACHED_S = 0.05, 1.5
"""A hand covers what it takes for longer, and has reached over it so shortly before."""
_MOVED_S = 1.0
"""What was still for longer when it began to differ has crept over the limit, as light does."""
_FAR, _NEAR = np.ones((9, 9), dtype=np.uint8), np.ones((5, 5), dtype=np.uint8)
_GONE_FRAC = 0.1
"""Of the cells of a change, so many beside it over which something moved and which look as before again: a hand whose
sleeve has the colour of the wall. Light leaves a rim of a cell."""


class Traces:
    """Two times a cell."""

    def __init__(self, shape: tuple[int, int]) -> None:
        """``shape``: rows and columns of cells."""
        self._touched_t, self._reached_t = np.full(shape, -np.inf), np.full(shape, -np.inf)

    def touch(self, area: Mask, t: float) -> None:
        """Something moves there, or is in the way, at t, s."""
        self._touched_t[area] = t

    def reach(self, area: Mask, t: float) -> None:
        """Something before the shelf, an arm or somebody's body, is seen there at t, s."""
        self._reached_t[area] = t

    def touched_frac(self, area: Mask, since: float) -> float:
        """How much of an area, 0..1, was touched by a change that began then, s."""
        return float(np.mean(self._touched_t[area] >= since - _TOUCHED_S))

    def is_light(self, area: Mask, changed: Mask, since: float, moved: float, *, hands_seen: bool = True) -> bool:
        """Whether an area changed without anything having been done to it.

        Args:
            area: cells that differ.
            changed: these and all others that do.
            since: when they began to, s.
            moved: when they moved last, s.
            hands_seen: False on a floor, where people hide what they do: only what has crept is light there.
        """
        if moved < since - _MOVED_S:
            return True
        if not hands_seen or moved - since >= _COVERED_S:
            return False
        # A sleeve may have the colour of what it covers: of a hand only what lies beside the place may differ.
        near = cv2.dilate(area.astype(np.uint8), _FAR) > 0
        if (self._reached_t[near] >= since - _REACHED_S).any():
            return False
        beside = near & (cv2.dilate(area.astype(np.uint8), _NEAR) == 0) & ~changed
        gone = int((self._touched_t[beside] >= since - _REACHED_S).sum())
        return gone < _GONE_FRAC * int(area.sum())
