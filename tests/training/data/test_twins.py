"""Pictures that show the same are found; pictures that merely share a scene are not."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.data.drawn import Pixels, ground
from training.data.pictures import THUMB_PX
from training.data.sample import Look
from training.data.twins import near_duplicates


def look(picture: Pixels) -> Look:
    """What the reader would note of a picture."""
    small = cv2.resize(picture, (THUMB_PX, THUMB_PX), interpolation=cv2.INTER_AREA)
    return Look("", np.asarray(small[..., ::-1], dtype=np.uint8).tobytes())


def scene(seed: int) -> Pixels:
    """A picture of 320x240 with large and small structure."""
    fine = cv2.resize(ground(1000 + seed, 24, 18), (320, 240), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.addWeighted(ground(seed, 320, 240), 0.6, fine, 0.4, 0), dtype=np.uint8)


def jpeg(picture: Pixels) -> Pixels:
    """Saved badly."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 1), np.uint8)


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: picture,
        jpeg,
        lambda picture: np.clip(picture * 0.8, 0, 255).astype(np.uint8),
        lambda picture: cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA),
        lambda picture: picture[:-12, 16:],
        lambda picture: picture[10:-10, 14:-14],
    ],
    ids=["copy", "jpeg", "darker", "smaller", "moved", "cut"],
)
@pytest.mark.parametrize("seed", range(3))
def test_the_same_picture_is_found_again(change: Callable[[Pixels], Pixels], seed: int) -> None:
    """Saved, darkened, shrunk, moved or cut by 5 %, among others."""
    looks = [look(scene(number)) for number in range(3)] + [look(change(scene(seed)))]

    assert near_duplicates(looks) == ((seed, 3),)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=6, unique=True))
def test_different_pictures_are_not_twins(seeds: list[int]) -> None:
    """Whatever their number."""
    assert near_duplicates([look(scene(seed)) for seed in seeds]) == ()


def test_another_thing_before_a_fixed_camera_is_no_twin() -> None:
    """The background is all the same; what was put there is what counts."""
    with_thing = []
    for number in range(4):
        picture = scene(1)
        picture[100:160, 40 + 50 * number : 80 + 50 * number] = (20, 200, 240)
        with_thing.append(look(picture))

    assert near_duplicates([look(scene(1)), *with_thing]) == ()


def test_flat_pictures_are_twins_only_at_one_level() -> None:
    """Two black ones, but not black and white."""
    looks = [look(np.full((60, 80, 3), level, np.uint8)) for level in (0, 2, 128, 255)]

    assert near_duplicates(looks) == ((0, 1),)


def test_nothing_has_no_twin() -> None:
    """An empty set and a single picture."""
    assert near_duplicates([]) == ()
    assert near_duplicates([look(scene(0))]) == ()


def test_more_pictures_than_a_block_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Across the blocks and inside them."""
    monkeypatch.setattr("training.data.twins._BLOCK", 2)
    looks = [look(scene(number)) for number in (0, 1, 2, 0, 1)]

    assert sorted(near_duplicates(looks)) == [(0, 3), (1, 4)]
