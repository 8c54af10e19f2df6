"""The motion gate over made pictures: what opens it, what does not, and how the scene follows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.core.motion import MotionGate, MotionSettings

SIZE = (240, 320)


def scene(seed: int = 1) -> NDArray[np.uint8]:
    """A still picture with texture."""
    return np.random.default_rng(seed).integers(40, 200, SIZE).astype(np.uint8)


def noisy(picture: NDArray[np.uint8], deviation: float, seed: int) -> NDArray[np.uint8]:
    """The picture as a sensor with noise sees it."""
    noise = np.random.default_rng(seed).normal(0.0, deviation, picture.shape)
    return np.clip(picture + noise, 0.0, 255.0).astype(np.uint8)


def with_person(picture: NDArray[np.uint8], x: int, y: int = 80, change: int = 60) -> NDArray[np.uint8]:
    """The picture with a person of 30x80 px in it."""
    changed = picture.astype(np.int16)
    changed[y : y + 80, x : x + 30] = 255 - changed[y : y + 80, x : x + 30] // 2 - change // 2
    return np.clip(changed, 0, 255).astype(np.uint8)


def settled(gate: MotionGate, picture: NDArray[np.uint8], *, until: float = 5.0, rate: float = 10.0) -> float:
    """Show a still picture until the gate is shut; the time after."""
    for step in range(round(until * rate)):
        gate.update(picture, step / rate)
    return until


def test_first_picture_opens_the_gate() -> None:
    """Whoever stands there already at the start must be found."""
    motion = MotionGate().update(scene(), 0.0)
    assert motion.open
    assert not motion.mask.any()
    assert not motion.scene_change


def test_gate_shuts_on_a_still_scene() -> None:
    """Nothing moves, so nobody needs to look."""
    gate = MotionGate(MotionSettings(hold_s=1.0))
    assert gate.update(scene(), 0.0).open
    assert gate.update(scene(), 0.9).open
    assert not gate.update(scene(), 1.1).open


@pytest.mark.parametrize("deviation", [2.0, 6.0, 12.0])
def test_noise_of_the_sensor_does_not_open_it(deviation: float) -> None:
    """A sensor at night is noisy everywhere; that is no motion once it is known."""
    gate = MotionGate()
    opened = [gate.update(noisy(scene(), deviation, step), step / 10).open for step in range(150)]
    assert not any(opened[50:])


@pytest.mark.parametrize("change", [16, -16])
def test_uniform_change_is_seen(change: int) -> None:
    """Light that changes by 16 levels at once is a change of the whole scene, up or down, without wrapping round."""
    gate = MotionGate()
    t = settled(gate, scene())
    motion = gate.update((scene().astype(np.int16) + change).astype(np.uint8), t)
    assert motion.open
    assert motion.scene_change


def test_light_that_stays_is_the_scene_at_once() -> None:
    """After light was switched, only what moves in it counts."""
    gate = MotionGate(MotionSettings(hold_s=0.5))
    t = settled(gate, scene())
    light = (scene().astype(np.int16) + 40).astype(np.uint8)
    assert gate.update(light, t).scene_change
    later = [gate.update(light, t + step / 10) for step in range(1, 12)]
    assert not any(motion.scene_change for motion in later)
    assert not later[-1].open


def test_dusk_is_not_motion() -> None:
    """Light that fades over minutes is followed."""
    gate = MotionGate()
    opened = []
    for step in range(1200):
        picture = np.clip(scene().astype(np.int16) - step // 60, 0, 255).astype(np.uint8)
        opened.append(gate.update(picture, step / 10).open)
    assert not any(opened[20:])


def test_mask_says_where() -> None:
    """The grid lies over the picture: a person at the left changes cells at the left."""
    gate = MotionGate()
    t = settled(gate, scene())
    motion = gate.update(with_person(scene(), x=30), t)
    rows, columns = np.nonzero(motion.mask)
    assert motion.open
    assert not motion.scene_change
    assert motion.area_frac == pytest.approx(30 * 80 / (SIZE[0] * SIZE[1]), rel=0.3)
    height, width = motion.mask.shape
    assert 25 / 320 < columns.min() / width < 40 / 320
    assert 50 / 320 < columns.max() / width < 70 / 320
    assert 70 / 240 < rows.min() / height < 90 / 240


def test_a_speck_does_not_open_it() -> None:
    """An insect or a hot pixel is too small."""
    gate = MotionGate()
    t = settled(gate, scene())
    speck = scene()
    speck[100:103, 100:103] = 255
    assert not gate.update(speck, t).open


def test_it_stays_open_for_the_hold_time() -> None:
    """Open is counted in seconds from the last motion."""
    gate = MotionGate(MotionSettings(hold_s=2.0))
    t = settled(gate, scene())
    assert gate.update(with_person(scene(), 100), t).open
    assert gate.update(scene(), t + 1.9).open
    assert not gate.update(scene(), t + 2.1).open


def test_what_stays_becomes_the_scene() -> None:
    """A box that was put down stops being motion; one of half a minute long pause, too."""
    gate = MotionGate()
    t = settled(gate, scene())
    for step in range(600):
        motion = gate.update(with_person(scene(), 100), t + step / 10)
    assert not motion.open
    assert motion.area_frac == 0.0


def test_a_walker_does_not_blind_the_place() -> None:
    """Where people pass all the time the next one is seen as well as the first."""
    gate = MotionGate()
    settled(gate, scene())
    areas = []
    for step in range(1800):
        there = step % 20 < 5  # a quarter of the time
        motion = gate.update(with_person(scene(), 100) if there else scene(), 5.0 + step / 10)
        if there:
            areas.append(motion.area_frac)
    assert np.median(areas[-40:]) > 0.8 * np.median(areas[:40])


@pytest.mark.parametrize("rate", [2.0, 5.0, 30.0])
def test_time_not_pictures_teaches_it(rate: float) -> None:
    """How long a thing takes to become part of the scene does not hang on the frame rate."""
    gate = MotionGate()
    t = settled(gate, scene(), rate=rate)
    took_s = 0.0
    while gate.update(with_person(scene(), 100), t + took_s).area_frac > 0.0:
        took_s += 1 / rate
    assert took_s == pytest.approx(22.0, rel=0.3)


def test_another_size_begins_again() -> None:
    """A camera that changed its resolution is a new scene, not an error."""
    gate = MotionGate()
    settled(gate, scene())
    motion = gate.update(np.zeros((480, 640), dtype=np.uint8), 6.0)
    assert motion.open
    assert motion.mask.shape == (120, 160)
    assert not gate.update(np.zeros((480, 640), dtype=np.uint8), 8.0).open


def test_the_picture_may_be_reused() -> None:
    """The gate keeps nothing of the picture's own memory."""
    gate = MotionGate()
    picture = scene()
    settled(gate, picture)
    before = gate.update(picture, 5.0).area_frac
    kept = picture.copy()
    picture[:] = 0
    assert before == gate.update(kept, 5.1).area_frac == 0.0


@given(
    st.lists(st.floats(0.0, 100.0), min_size=2, max_size=12),
    st.sampled_from([(16, 16), (100, 60), (480, 270), (33, 47)]),
)
def test_any_times_and_sizes_are_survived(times: list[float], size: tuple[int, int]) -> None:
    """Equal, falling and far apart times leave it sane."""
    gate = MotionGate()
    for seed, t in enumerate(times):
        motion = gate.update(np.random.default_rng(seed).integers(0, 255, size).astype(np.uint8), t)
        assert 0.0 <= motion.area_frac <= 1.0
        assert motion.mask.dtype == np.bool_


def test_settings_that_cannot_work_are_refused() -> None:
    """No time constant is zero."""
    with pytest.raises(ValueError, match="adapt_s"):
        MotionSettings(adapt_s=0.0)
