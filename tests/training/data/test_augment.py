"""All augmentation together: its settings, and its sameness."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tests.training.data.drawn import SPEC, ground
from training.data.augment import AugmentSettings, augment_settings, augmentation, read_augment
from training.data.scene import Scene
from training.errors import RecipeError

_NOTHING = augment_settings(
    {field.name: 0.0 for field in fields(AugmentSettings) if field.name.endswith("_share")}, "here"
)


def fetch(place: int) -> Scene:
    """A picture with one box."""
    boxes = np.array([[10, 10, 60, 50]], np.float32)
    return Scene(ground(place), boxes, np.array([place], np.int32))


def test_the_same_seed_gives_the_same_pictures() -> None:
    """In any order; another seed or draw gives others."""
    augment, again = (augmentation(AugmentSettings(), SPEC, 5) for _ in range(2))
    drawn = {draw: augment(fetch, 8, draw % 8, draw) for draw in range(24)}
    turned = {draw: again(fetch, 8, draw % 8, draw) for draw in reversed(range(24))}

    for draw, scene in drawn.items():
        np.testing.assert_array_equal(turned[draw].picture, scene.picture)
        np.testing.assert_array_equal(turned[draw].boxes, scene.boxes)
        np.testing.assert_array_equal(turned[draw].labels, scene.labels)
    other = augmentation(AugmentSettings(), SPEC, 6)
    assert any((other(fetch, 8, draw % 8, draw).picture != drawn[draw].picture).any() for draw in range(3))
    assert len({scene.picture.tobytes() for scene in drawn.values()}) == 24


def test_turning_one_op_off_leaves_the_draws_of_the_others() -> None:
    """Each has a stream of its own, so a search over settings compares like with like."""
    with_jpeg, without = (
        augmentation(AugmentSettings(jpeg_share=share, mosaic_share=0.0), SPEC, 5) for share in (1.0, 0.0)
    )
    for draw in range(6):
        one, other = with_jpeg(fetch, 8, 0, draw), without(fetch, 8, 0, draw)
        np.testing.assert_array_equal(one.boxes, other.boxes)
        assert np.abs(one.picture.astype(int) - other.picture).mean() < 12


def test_whole_pictures_are_never_mixed() -> None:
    """Where a picture has one label, a mosaic would have four."""
    augment = augmentation(AugmentSettings(mosaic_share=1.0), SPEC, 5, mix=False)

    def whole(place: int) -> Scene:
        return Scene(ground(place), np.zeros((0, 4), np.float32), np.array([place], np.int32))

    assert all(augment(whole, 8, 3, draw).labels.tolist() == [3] for draw in range(10))


def test_nothing_is_done_when_all_shares_are_zero() -> None:
    """Each draw is the same letterboxed picture."""
    augment = augmentation(_NOTHING, SPEC, 5)
    first = augment(fetch, 8, 2, 0)

    np.testing.assert_array_equal(augment(fetch, 8, 2, 99).picture, first.picture)
    assert first.boxes[0] == pytest.approx(np.array([10, 10, 60, 50]) * 128 / 96 + np.array([0, 16, 0, 16]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flip_sahre = 0.5", "key 'flip_sahre' is not known; flip_share?"),
        ('flip_share = "often"', "flip_share is not a number"),
        ("flip_share = true", "flip_share is not a number"),
        ("flip_share = 1.5", "flip_share is 1.5, not from 0 to 1"),
        ("zoom_min = 2.0", "zoom_min 2.0 is over zoom_max 1.4"),
        ("flip_share = nan", "flip_share is nan"),
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the file and the key."""
    path = tmp_path / "goods.toml"
    path.write_text(f"[augment]\n{text}\n")
    with pytest.raises(RecipeError) as caught:
        read_augment(path)

    assert str(caught.value).startswith(f"{path}: augment: ")
    assert said in str(caught.value)


def test_what_a_recipe_leaves_out_stays_by_default(tmp_path: Path) -> None:
    """And other tables of the file are no business of this one."""
    path = tmp_path / "goods.toml"
    path.write_text("[train]\nepochs = 3\n[augment]\nturn_deg = 2\n")

    assert read_augment(path) == AugmentSettings(turn_deg=2)
    assert augment_settings({}, "here") == AugmentSettings()
    with pytest.raises(RecipeError, match="cannot be read"):
        read_augment(tmp_path / "none.toml")
