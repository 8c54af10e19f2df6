"""Places that differ: what belongs to one, and what only light does."""

import cv2
import numpy as np

from device.core.shelf.change import Blob, is_sharp, places
from device.core.shelf.view import Cells, Mask


def mask(left: int, top: int, right: int, bottom: int) -> Mask:
    """A rectangle in 40 x 40 cells."""
    area = np.zeros((40, 40), dtype=np.bool_)
    area[top:bottom, left:right] = True
    return area


SHELF = mask(4, 4, 36, 36)


def test_a_printed_item_is_one_place() -> None:
    """Half of what it leaves could be shadow; as it ends on the shelf all around, it is one thing."""
    (item,) = places(mask(10, 10, 18, 13), mask(10, 10, 18, 22), SHELF, 500)
    assert item.whole
    assert item.cells == 96
    assert item.rect == (10, 10, 8, 12)


def test_of_what_goes_on_beyond_the_shelf_only_the_sure_cells_count() -> None:
    """Somebody in grey, or a shadow."""
    (part,) = places(mask(10, 10, 18, 13), mask(10, 10, 18, 40), SHELF, 500)
    assert not part.whole
    assert part.cells == 24
    (part,) = places(mask(10, 10, 18, 13), mask(6, 6, 34, 34), SHELF, 500)
    assert not part.whole


def test_shade_alone_is_no_place() -> None:
    """Nothing differs for sure."""
    assert places(mask(0, 0, 0, 0), mask(10, 10, 18, 22), SHELF, 500) == []


def shaded(gain: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> tuple[Cells, Cells]:
    """A print before, and after in another light."""
    before = np.full((40, 40, 3), 128, np.float32)
    before[..., 0] = np.random.default_rng(1).uniform(60, 180, (40, 40))
    after = before.copy()
    after[..., 0] = (before[..., 0] - 12) * gain + 12
    return before, after


def test_the_next_of_its_kind_is_darker_up_to_the_rim() -> None:
    """A shadow fades there."""
    gain = np.ones((40, 40), dtype=np.float32)
    gain[8:28, 10:24] = 0.6
    blob = Blob(mask(10, 8, 24, 28), 280, (10, 8, 14, 20), 1.0, 0, whole=True)
    assert is_sharp(blob, *shaded(gain))
    assert not is_sharp(blob, *shaded(np.asarray(cv2.GaussianBlur(gain, (0, 0), 4.0), np.float32)))
    assert not is_sharp(blob, *shaded(np.full((40, 40), 0.6, np.float32)))
