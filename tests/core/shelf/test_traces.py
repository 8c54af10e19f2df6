import numpy as np
import pytest

from device.core.shelf.traces import Traces
from device.core.shelf.view import Mask

SHAPE = (24, 32)


def cells(x1: int, y1: int, x2: int, y2: int) -> Mask:
    """A box of cells."""
    area = np.zeros(SHAPE, dtype=np.bool_)
    area[y1:y2, x1:x2] = True
    return area


ITEM = cells(12, 6, 20, 16)


@pytest.mark.parametrize(
    ("moved", "light"),
    [(ITEM, True), (cells(11, 5, 21, 17), True), (cells(4, 10, 20, 16), False)],
    ids=["the place itself", "a rim around it", "a hand from beside"],
)
def test_a_hand_whose_arm_is_not_seen_leaves_cells_as_they_were(moved: Mask, light: bool) -> None:
    """What moved beside a change and is gone again was a hand; light ends where its change ends."""
    traces = Traces(SHAPE)
    traces.touch(moved, 5.0)
    assert traces.is_light(ITEM, ITEM, since=5.0, moved=5.0) is light


def test_what_goes_on_beside_a_change_is_part_of_it() -> None:
    """Two halves of one patch of light are no hand to each other."""
    traces, patch = Traces(SHAPE), cells(4, 6, 20, 16)
    traces.touch(patch, 5.0)
    assert traces.is_light(ITEM, patch, since=5.0, moved=5.0)


def test_a_hand_of_long_ago_did_not_do_it() -> None:
    """Two seconds before is too early."""
    traces = Traces(SHAPE)
    traces.touch(cells(4, 10, 20, 16), 3.0)
    assert traces.is_light(ITEM, ITEM, since=5.0, moved=5.0)


def test_on_a_floor_only_what_crept_is_light() -> None:
    """A shade that wanders over the limit had not moved for long; of what people hide nothing else can be said."""
    traces = Traces(SHAPE)
    assert traces.is_light(ITEM, ITEM, since=5.0, moved=3.5, hands_seen=False)
    assert not traces.is_light(ITEM, ITEM, since=5.0, moved=4.5, hands_seen=False)
    assert not traces.is_light(ITEM, ITEM, since=5.0, moved=5.0, hands_seen=False)
