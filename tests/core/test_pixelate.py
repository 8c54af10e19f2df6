"""People who leave the device as blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.core.geometry import Box
from device.core.pixelate import block_px, pixelated

WIDTH, HEIGHT = 96, 64
Picture = NDArray[np.uint8]

sides = st.floats(0.0, 1.0, allow_nan=False)


def picture(seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    """Noise: nothing of it may be found again."""
    return np.random.default_rng(seed).integers(0, 256, (height * 3 // 2, width)).astype(np.uint8)


def box_of(x1: float, y1: float, x2: float, y2: float) -> Box:
    """A box of any two corners."""
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def blocks_of(plane: Picture, block: int) -> list[Picture]:
    """The plane cut along the grid."""
    height, width = plane.shape
    return [plane[y : y + block, x : x + block] for y in range(0, height, block) for x in range(0, width, block)]


@given(sides, sides, sides, sides)
def test_inside_a_box_only_plain_blocks_remain(x1: float, y1: float, x2: float, y2: float) -> None:
    """Every block of the grid that the box touches is of one level, in luma and in both colours."""
    box = box_of(x1, y1, x2, y2)
    block, out = block_px(box, WIDTH, HEIGHT), pixelated(picture(), [box])
    touched = np.zeros((HEIGHT, WIDTH), np.uint8)
    touched[
        int(box[1] * HEIGHT) : int(np.ceil(box[3] * HEIGHT)), int(box[0] * WIDTH) : int(np.ceil(box[2] * WIDTH))
    ] = 1
    chroma = out[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    for plane, size, where in (
        (out[:HEIGHT], block, touched),
        (chroma[0], block // 2, touched[::2, ::2]),
        (chroma[1], block // 2, touched[::2, ::2]),
    ):
        for pixels, hit in zip(blocks_of(plane, size), blocks_of(where, size), strict=True):
            if hit.any():
                assert pixels.min() == pixels.max()


@given(sides, sides, sides, sides)
def test_far_from_a_box_nothing_changes(x1: float, y1: float, x2: float, y2: float) -> None:
    """A pixelated picture still shows the shop."""
    box, whole = box_of(x1, y1, x2, y2), picture()
    block, out = block_px(box, WIDTH, HEIGHT), pixelated(whole, [box])
    across, down = 0.15 * (box[2] - box[0]) * WIDTH + block + 1, 0.15 * (box[3] - box[1]) * HEIGHT + block + 1
    rows, columns = np.nonzero(out[:HEIGHT] != whole[:HEIGHT])
    if rows.size:
        assert columns.min() >= box[0] * WIDTH - across
        assert columns.max() <= box[2] * WIDTH + across
        assert rows.min() >= box[1] * HEIGHT - down
        assert rows.max() <= box[3] * HEIGHT + down


@pytest.mark.parametrize("box", [(0.0, 0.0, 0.05, 0.08), (0.2, 0.1, 0.5, 0.9), (0.0, 0.0, 1.0, 1.0)])
def test_a_face_is_two_blocks_or_fewer(box: Box) -> None:
    """However near somebody stands: blocks grow with the box."""
    width, height = 640, 480
    shorter = min((box[2] - box[0]) * width, (box[3] - box[1]) * height)
    assert block_px(box, width, height) >= max(8.0, shorter / 6)


def test_a_box_that_moves_a_little_shows_nothing_else() -> None:
    """Two views of one face on two grids could be put together; there is one grid."""
    whole = picture(1, 640, 480)
    first, second = (pixelated(whole, [(0.30 + by, 0.2, 0.5 + by, 0.8)]) for by in (0.0, 0.004))
    assert (first[100:380, 200:310] == second[100:380, 200:310]).all()


def test_the_picture_itself_is_left_alone() -> None:
    """What stays on the device stays as it was."""
    whole = picture()
    before = whole.copy()
    pixelated(whole, [(0.1, 0.1, 0.9, 0.9)])
    assert (whole == before).all()
    assert (pixelated(whole, []) == whole).all()


def test_a_box_outside_the_picture_is_no_error() -> None:
    """Trackers predict beyond the edges."""
    whole = picture()
    assert (pixelated(whole, [(1.2, 1.2, 1.4, 1.5), (-0.5, -0.5, -0.3, -0.2)]) == whole).all()
    assert pixelated(whole, [(-0.2, -0.2, 0.3, 0.3)]).shape == whole.shape
