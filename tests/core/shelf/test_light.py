import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.core.shelf.light import differs, expect
from device.core.shelf.view import Cells


def picture(seed: int) -> Cells:
    """Something with structure everywhere."""
    rough = np.random.default_rng(seed).normal(128, 90, (60, 80, 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(rough, (0, 0), 2.0), 20, 230).astype(np.float32)


def swung(cells: Cells, x: float, y: float) -> Cells:
    """The same from a camera that moved."""
    move = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    return np.asarray(cv2.warpAffine(cells, move, (80, 60), borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.7, 1.3), st.floats(-10, 10), st.floats(-0.9, 0.9), st.floats(-0.9, 0.9))
def test_light_and_swing_are_expected(gain: float, offset: float, x: float, y: float) -> None:
    """Whatever the light and a small swing, the picture is what is expected, though a tenth of it is another thing."""
    before = picture(3)
    now = swung(before, x, y)
    now[..., 0] = (now[..., 0] - 128) * gain + 128 + offset
    now[20:35, 20:50] = 128.0
    found = expect(before, now, np.ones((60, 80), dtype=np.bool_))
    assert found is not None
    gap = np.abs(found.picture - now)[4:-4, 4:-4]
    gap[14:33, 14:48] = 0.0
    assert float(gap.mean()) < 2.5
    assert found.swing == pytest.approx((x, y), abs=0.3)


def test_with_too_little_in_sight_nothing_is_expected() -> None:
    """A shelf that is covered altogether says nothing about the light."""
    assert expect(picture(1), picture(2), np.zeros((60, 80), dtype=np.bool_)) is None


def test_a_shadow_differs_only_at_first_sight() -> None:
    """Half the light over a part is explained by light; another thing there is not."""
    before, limits = picture(5), (11.0, 8.0)
    shaded, other = before.copy(), before.copy()
    zero = np.array([12.0, 128.0, 128.0], dtype=np.float32)
    shaded[10:50, 10:70] = (shaded[10:50, 10:70] - zero) * np.float32(0.6) + zero
    other[20:40, 30:50] = picture(9)[20:40, 30:50]
    raw, real = differs(shaded, before, limits, 0.3)
    assert raw[20:40, 20:60].mean() > 0.5
    assert real[16:44, 16:64].mean() < 0.05
    assert differs(other, before, limits, 0.3)[1][22:38, 32:48].mean() > 0.5
