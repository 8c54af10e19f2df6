"""Slots that are proposed from a picture, and what hangs together with somebody beside them."""

import numpy as np
import pytest

from device.capture.scene import Scene
from device.capture.scene_goods import Rack
from device.core.shelf.apart import apart_from
from device.core.shelf.change import blobs
from device.core.shelf.memory import Look
from device.core.shelf.slots import Slots, proposed_slots
from device.core.shelf.view import make_view
from tests.core.shelf.drawn import AREA, BOX, frames


@pytest.mark.parametrize("seed", range(10, 18))
def test_things_on_one_board_are_things_each(seed: int) -> None:
    """The edge of the board under them, as long as the shelf, joins none."""
    rack = Rack("rack", BOX, rows=1, columns=6, fill_frac=0.6, level=180)
    frame, _ = next(
        iter(frames(Scene(width_px=640, height_px=480, duration_s=1.0, seed=seed * 1009 + 17, racks=(rack,))))
    )
    view = make_view(AREA, (frame.width, frame.height), 112, 0.22)
    slots = proposed_slots(view.cut(frame), view)
    middles = sorted(float(np.nonzero(area)[1].mean()) for area in slots.areas)
    assert len(middles) == 6
    assert min(np.diff(middles)) > 5.0


def body_and_slots(*, still_s: float, gap: int, lowest: int = 22) -> tuple[list[int], list[int]]:
    """A body that goes on beyond the shelf, and two emptied slots beside it: which of them are told apart, by columns.

    ``gap`` is how many columns lie between the box of the body and the first slot, ``lowest`` the row at which
    ends what differs there; the shelf ends at 25.
    """
    area, people = np.zeros((30, 60), dtype=np.bool_), np.zeros((30, 60), dtype=np.bool_)
    area[:, :15] = area[8:lowest, 15:45] = True
    people[:, : 15 + gap] = True
    inside = np.zeros_like(area)
    inside[5:25, 10:55] = True
    drawn = np.zeros((2, 30, 60), dtype=np.bool_)
    drawn[0, 5:25, 15:30] = drawn[1, 5:25, 30:45] = True
    slots = Slots(tuple(drawn), (300, 300), drawn=True)
    times, picture = np.full(area.shape, still_s), np.zeros((30, 60, 3), dtype=np.float32)
    look = Look(50.0, picture, picture, area, area, times, times)
    blob = blobs(area, inside)[0]
    found = apart_from(blob, people, look, slots, inside)
    return [part.rect[0] for part in found], [part.cells for part in found]


def test_an_emptied_slot_beside_somebody_who_stays_is_told() -> None:
    """Not the one that they touch, as an arm does; and none while anything moves there."""
    assert body_and_slots(still_s=3.0, gap=3) == ([30], [210])
    assert sorted(body_and_slots(still_s=3.0, gap=-3)[0]) == [15, 30]
    assert body_and_slots(still_s=1.0, gap=3) == ([], [])


def test_a_cart_before_the_lowest_slots_is_none_of_them() -> None:
    """What rests before a slot and goes on below the shelf, beside somebody who stands there, is no empty slot."""
    assert body_and_slots(still_s=3.0, gap=3, lowest=30) == ([], [])
    assert body_and_slots(still_s=3.0, gap=3, lowest=25) == ([30], [255])
