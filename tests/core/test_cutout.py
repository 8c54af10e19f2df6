"""Cutting a part out of a picture."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.core.cutout import Window, around, cut
from device.core.frame import Frame

EVEN = st.integers(-20, 20).map(lambda half: 2 * half)
SIDES = st.integers(1, 20).map(lambda half: 2 * half)
FRACTIONS = st.floats(-0.5, 1.5)


def _frame(width: int, height: int) -> Frame:
    i420 = np.random.default_rng(2).integers(16, 235, size=(height * 3 // 2, width)).astype(np.uint8)
    return Frame(7, 1.5, None, i420)


@given(left=EVEN, top=EVEN, width=SIDES, height=SIDES)
def test_every_pixel_comes_from_where_the_window_lies(left: int, top: int, width: int, height: int) -> None:
    """Black where it lies beyond the picture; colours too."""
    frame, window = _frame(24, 16), Window(left, top, width, height)
    part = cut(frame, window)
    whole = np.pad(frame.bgr(), ((90, 90), (90, 90), (0, 0)))

    assert (part.seq, part.t, part.width, part.height) == (7, 1.5, width, height)
    np.testing.assert_array_equal(part.bgr(), whole[90 + top : 90 + top + height, 90 + left : 90 + left + width])


@given(x=FRACTIONS, y=FRACTIONS, width=st.floats(0.0, 1.0), height=st.floats(0.0, 1.0), square=st.booleans())
def test_a_window_is_even_and_holds_the_middle(x: float, y: float, width: float, height: float, square: bool) -> None:
    """A square reaches beyond the picture where need be; the other kind never does."""
    window = around((x, y, x + width, y + height), (64, 48), 1.25, square=square)

    assert not any(side % 2 for side in (window.left, window.top, window.width, window.height))
    assert min(window.width, window.height) >= 2
    if square:
        assert window.width == window.height
        assert abs(window.left + window.width / 2 - (x + width / 2) * 64) <= 2.0
    else:
        assert window.left >= 0
        assert window.top >= 0
        assert window.left + window.width <= 64
        assert window.top + window.height <= 48


def test_a_box_of_the_window_is_a_box_of_the_picture() -> None:
    """Fractions of one are turned into fractions of the other."""
    assert Window(16, 12, 32, 24).to_picture((0.0, 0.5, 1.0, 1.0), (64, 48)) == (0.25, 0.5, 0.75, 0.75)
