"""What of a place that goes on beyond the shelf, as somebody who stands there does, is an empty slot beside them.

A slot that was emptied hangs together with whoever stands beside it, for as long as they stand there. Judges nothing.
"""

import cv2
import numpy as np

from device.core.shelf.change import Blob, part_of
from device.core.shelf.memory import Look
from device.core.shelf.slots import ITEM_OF_SLOT, Slots
from device.core.shelf.view import Mask

_STILL_S = 2.0
"""An arm that the box leaves out moves on sooner."""
_MOVING_FRAC = 0.1
"""With more of a slot moving, somebody is at work there."""
_SQUARE = np.ones((3, 3), dtype=np.uint8)
_BESIDE = np.ones((9, 9), dtype=np.uint8)
_GOES_ON = 0.08
"""Of the cells of a slot, so many beside it and beyond the shelf that differ and rest: a cart that was parked there."""


def apart_from(blob: Blob, people: Mask, look: Look, slots: Slots | None, inside: Mask) -> list[Blob]:
    """The slots that somebody beside them, known to be in ``people``, does not touch, and in which nothing moves.

    Args:
        blob: a place that goes on beyond the shelf.
        people: cells in and around the boxes of everybody who stands before the shelf.
        look: since when each cell has been still.
        slots: of the shelf; without any, nothing can be told from an arm.
        inside: cells of the shelf.
    """
    if slots is None or not people.any():
        return []
    rest = blob.area & inside & (look.still_s >= _STILL_S)
    near = cv2.dilate(people.astype(np.uint8), _SQUARE) > 0
    beyond = (look.raw | blob.area) & ~inside & ~near & (look.still_s >= _STILL_S)
    found = []
    for number, share in slots.covered(rest):
        area = rest & slots.areas[number]
        if share < ITEM_OF_SLOT or bool((area & near).any()) or _moves(slots.areas[number], look):
            continue
        if not _goes_on(area, beyond):
            found.append(part_of(blob, area))
    return found


def _goes_on(area: Mask, beyond: Mask) -> bool:
    return int((beyond & (cv2.dilate(area.astype(np.uint8), _BESIDE) > 0)).sum()) >= _GOES_ON * int(area.sum())


def _moves(area: Mask, look: Look) -> bool:
    return float((look.still_s[area] < _STILL_S).mean()) > _MOVING_FRAC
