"""What each change of light does, and does not do."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.training.data.drawn import ground
from training.data import light
from training.data.light import Op

_OPS: dict[str, Callable[[float], Op]] = {
    "brightness": lambda share: light.brightness(share, 40.0, 1),
    "contrast": lambda share: light.contrast(share, 1.5, 1),
    "colour": lambda share: light.colour(share, 1.3, 1),
    "blur": lambda share: light.blur(share, 2.0, 1),
    "noise": lambda share: light.noise(share, 12.0, 1),
    "night": lambda share: light.night(share, 1),
    "infrared": lambda share: light.infrared(share, 1),
    "jpeg": lambda share: light.jpeg(share, 20, 1),
}
_PICTURE = ground(4, 160, 120)


@pytest.mark.parametrize("name", sorted(_OPS))
def test_a_change_keeps_shape_and_leaves_its_input_alone(name: str) -> None:
    """Pictures in memory are shared: nobody writes on them."""
    before = _PICTURE.copy()
    after = _OPS[name](1.0)(_PICTURE, 3)

    assert after.shape == before.shape
    assert after.dtype == np.uint8
    assert (after != before).any()
    np.testing.assert_array_equal(_PICTURE, before)


@pytest.mark.parametrize("name", sorted(_OPS))
def test_a_change_depends_on_its_seed_and_draw_alone(name: str) -> None:
    """The same draw gives the same bytes, also from a new function; others differ."""
    op = _OPS[name](1.0)
    drawn = [op(_PICTURE, draw) for draw in range(6)]

    np.testing.assert_array_equal(_OPS[name](1.0)(_PICTURE, 4), drawn[4])
    assert len({picture.tobytes() for picture in drawn}) == 6


@pytest.mark.parametrize("name", sorted(_OPS))
def test_a_share_of_nothing_changes_nothing(name: str) -> None:
    """The very same picture comes back."""
    assert all(_OPS[name](0.0)(_PICTURE, draw) is _PICTURE for draw in range(50))


def test_infrared_has_no_colours() -> None:
    """All channels agree but for the rounding of a JPEG that is not there."""
    picture = light.infrared(1.0, 2)(_PICTURE, 1).astype(int)

    assert np.ptp(picture, axis=2).max() == 0


def test_night_is_dark_and_noisy() -> None:
    """Less than two thirds of the light, and pale."""
    for draw in range(10):
        picture = light.night(1.0, 2)(_PICTURE, draw)
        assert picture.mean() < 0.66 * _PICTURE.mean()


def test_noise_has_the_strength_that_was_asked_for() -> None:
    """At most, and no shift of the mean."""
    grey = np.full((200, 200, 3), 128, np.uint8)
    drawn = [light.noise(1.0, 12.0, 1)(grey, draw).astype(float) for draw in range(30)]

    assert min(picture.std() for picture in drawn) > 1.0
    assert 8.0 < max(picture.std() for picture in drawn) < 12.5
    assert max(abs(picture.mean() - 128) for picture in drawn) < 0.7


def test_brightness_stays_in_its_bounds() -> None:
    """At most so many levels, both ways."""
    grey = np.full((8, 8, 3), 128, np.uint8)
    levels = [int(light.brightness(1.0, 30.0, 1)(grey, draw)[0, 0, 0]) - 128 for draw in range(200)]

    assert -30 <= min(levels) < -20
    assert 20 < max(levels) <= 30
