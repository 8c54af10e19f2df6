"""What the measures of a picture say of pictures that are known."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.capture.mask import masked_bytes
from device.core.picture_health import HealthMeter, PictureHealth

Picture = NDArray[np.uint8]


def room(seed: int = 1, *, blur: float = 1.0) -> Picture:
    """Something with detail everywhere."""
    rng = np.random.default_rng(seed)
    plain = cv2.GaussianBlur(rng.integers(40, 200, (240, 320)).astype(np.uint8), (0, 0), 1.0)
    return np.asarray(cv2.GaussianBlur(plain, (0, 0), blur), dtype=np.uint8)


def noisy(picture: Picture, sigma: float, seed: int) -> Picture:
    """The same through a sensor."""
    noise = np.random.default_rng(seed).normal(0.0, sigma, picture.shape)
    return np.clip(np.round(picture + noise), 17, 235).astype(np.uint8)


def measured(meter: HealthMeter, picture: Picture, t: float) -> PictureHealth:
    """A measure that must be due."""
    health = meter.update(picture, t)
    assert health is not None
    return health


def after(meter: HealthMeter, scene: Picture, sigma: float = 2.0) -> float:
    """Twelve seconds of a scene at rest; the time of the next measure."""
    for second in range(12):
        measured(meter, noisy(scene, sigma, second), float(second))
    return 12.0


@pytest.mark.parametrize("sigma", [1.0, 2.0, 5.0])
def test_noise_is_that_of_the_sensor(sigma: float) -> None:
    """In levels, within a sixth, without a person being asked to keep still."""
    meter, scene = HealthMeter(), room()
    t = after(meter, scene, sigma)
    assert measured(meter, noisy(scene, sigma, 99), t).noise == pytest.approx(sigma, rel=1 / 6)


def test_the_same_picture_again_has_no_noise() -> None:
    """What no sensor delivers."""
    meter, scene = HealthMeter(), noisy(room(), 2.0, 0)
    measured(meter, scene, 0.0)
    assert measured(meter, scene, 1.0).noise == 0.0


def test_a_lens_out_of_focus_shows_against_what_is_usual() -> None:
    """And a light that is turned down by half does not."""
    meter, scene = HealthMeter(), room()
    t = after(meter, scene)
    darker = np.asarray(16 + (scene.astype(np.float32) - 16) * np.float32(0.6), dtype=np.uint8)
    assert measured(meter, noisy(darker, 2.0, 50), t).sharpness_ratio == pytest.approx(1.0, abs=0.25)
    assert measured(meter, noisy(room(blur=4.0), 2.0, 51), t + 1).sharpness_ratio < 0.3


def test_somebody_who_walks_by_is_movement_and_no_noise() -> None:
    """A tenth of the picture is another; the noise stays."""
    meter, scene = HealthMeter(), room()
    t = after(meter, scene)
    scene[:, 100:132] = 220
    health = measured(meter, noisy(scene, 2.0, 60), t)
    assert health.moved_frac == pytest.approx(0.1, abs=0.04)
    assert health.noise == pytest.approx(2.0, rel=0.3)


def test_a_new_scene_moves_all_and_is_no_noise() -> None:
    """A camera that is turned away."""
    meter = HealthMeter()
    t = after(meter, room())
    health = measured(meter, noisy(np.asarray(255 - room(9), np.uint8), 2.0, 70), t)
    assert health.moved_frac is not None
    assert health.moved_frac > 0.4
    assert health.noise is not None
    assert health.noise < 4.0


@pytest.mark.parametrize(("level", "dark", "bright"), [(16, 1.0, 0.0), (120, 0.0, 0.0), (235, 0.0, 1.0)])
def test_black_and_burnt_out(level: int, dark: float, bright: float) -> None:
    """Also where every pixel is as black as a mask."""
    health = measured(HealthMeter(), np.full((240, 320), level, np.uint8), 0.0)
    assert (health.mean, health.dark_frac, health.bright_frac) == (level, dark, bright)
    assert (health.sharpness, health.sharpness_ratio) == (0.0, 1.0)


UPPER_HALF = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))


@pytest.mark.parametrize("masks", [(), (UPPER_HALF[:3],)])
def test_a_covered_lens_is_no_mask(masks: tuple[tuple[tuple[float, float], ...], ...]) -> None:
    """Black without any noise over nine tenths, where no mask is configured or only a small one."""
    meter, scene = HealthMeter(masks=masks), noisy(room(), 2.0, 0)
    scene[:, :288] = 16
    assert measured(meter, scene, 0.0).dark_frac > 0.85


def test_what_may_be_masked_and_is_not_is_part_of_the_picture() -> None:
    """An area that is private in another armed state."""
    bare, could_be, scene = HealthMeter(), HealthMeter(masks=[UPPER_HALF]), noisy(room(), 2.0, 0)
    assert measured(could_be, scene, 0.0) == measured(bare, scene, 0.0)


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), min_size=3, max_size=5))
def test_each_pixel_of_a_mask_is_left_out(polygon: list[tuple[float, float]]) -> None:
    """As the camera's process blackens it, to the last pixel."""
    scene = np.full((240, 320), 120, np.uint8)
    places, values = masked_bytes([polygon], 320, 240)
    inside = places < scene.size
    scene.reshape(-1)[places[inside]] = values[inside]
    health = measured(HealthMeter(masks=[polygon]), scene, 0.0)
    assert health.dark_frac == (1.0 if (scene == 16).all() else 0.0)


def test_masks_are_left_out() -> None:
    """A picture of which half is masked measures as its other half does."""
    bare, masked, scene = HealthMeter(), HealthMeter(masks=[UPPER_HALF]), room()
    for second in range(12):
        picture = noisy(scene, 2.0, second)
        whole = measured(bare, picture, float(second))
        picture[:120] = 16
        half = measured(masked, picture, float(second))
    assert half.mean == pytest.approx(whole.mean, abs=2.0)
    assert half.dark_frac == pytest.approx(0.0, abs=0.03)
    assert half.noise == pytest.approx(whole.noise, rel=0.2)
    assert half.sharpness == pytest.approx(whole.sharpness, rel=0.2)


def test_it_measures_once_a_second_and_begins_anew_with_another_size() -> None:
    """A size of its own per measure would compare what cannot be compared."""
    meter = HealthMeter()
    assert sum(meter.update(room(), turn / 15) is not None for turn in range(46)) == 4
    assert measured(meter, room()[:120, :160].copy(), 10.0).noise is None


@given(st.integers(2, 90), st.integers(2, 90), st.lists(st.integers(0, 255), min_size=1, max_size=5))
def test_no_picture_breaks_it(height: int, width: int, levels: list[int]) -> None:
    """Fractions stay fractions, whatever the size."""
    meter = HealthMeter(0.0)
    for second, level in enumerate(levels):
        picture = np.random.default_rng(second).integers(0, level + 1, (height * 2, width * 2)).astype(np.uint8)
        health = measured(meter, picture, float(second))
        assert 0.0 <= health.dark_frac <= 1.0
        assert 0.0 <= health.bright_frac <= 1.0
        assert health.sharpness >= 0.0
