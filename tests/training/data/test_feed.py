"""Batches: plain ones as the device sees pictures, augmented ones the same for the same seed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from device.detect.preprocess import Letterbox
from tests.training.data.drawn import SPEC, coco_set, ground, save, write_json
from training.data.augment import AugmentSettings, augmentation
from training.data.feed import NO_LABEL, Feed, FeedSettings, letterbox, normalisation
from training.data.pictures import read_pixels
from training.data.read import read_data
from training.data.sample import Dataset
from training.errors import DataError

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Ten pictures, two boxes each; one of them larger and upright."""
    folder = tmp_path_factory.mktemp("set")
    raw = coco_set(folder, 10)
    save(folder / "images" / "take0_0.png", ground(0, 300, 500))
    raw["images"][0] |= {"width": 300, "height": 500}
    write_json(folder, raw)
    return read_data(folder)


def feed(dataset: Dataset, **settings: int) -> Feed:
    """A feed of all samples in batches of four."""
    return Feed(dataset, dataset.samples, SPEC, FeedSettings(batch=4, **settings))


def arrays(batches: Any) -> list[tuple[NDArray[np.float32], Any]]:
    """Everything, as numpy."""
    return list(batches.as_numpy_iterator())


def test_plain_batches_are_letterboxed_pictures_bit_for_bit(dataset: Dataset) -> None:
    """Also after an epoch of augmentation over the same pictures, and the second time round."""
    plain = feed(dataset)
    augment = augmentation(AugmentSettings(), SPEC, 1)
    arrays(plain.epoch(0, augment, 1))
    expected = np.stack([letterbox(read_pixels(sample.path), SPEC) for sample in dataset.samples])
    normalised = np.asarray(normalisation(SPEC)(expected))

    for _ in range(2):
        pictures = np.concatenate([batch for batch, _ in arrays(plain.plain())])
        np.testing.assert_array_equal(pictures, normalised)
    np.testing.assert_allclose(normalised, (expected - np.array(SPEC.mean)) / np.array(SPEC.std), atol=1e-5)


@pytest.mark.parametrize("channels", ["BGR", "RGB"])
@pytest.mark.parametrize("resize", ["letterbox", "stretch"])
def test_the_network_sees_what_the_device_sees(dataset: Dataset, channels: str, resize: str) -> None:
    """Quantised, a plain batch is the device's own input within a step."""
    spec = replace(SPEC, channels=channels, resize=resize, pad=(10, 114, 200))
    batches = Feed(dataset, dataset.samples, spec, FeedSettings(batch=16)).plain()
    pictures = np.concatenate([batch for batch, _ in arrays(batches)])
    steps = np.clip(np.round(pictures / spec.scale) + spec.zero_point, -128, 127).astype(int)

    for sample, seen in zip(dataset.samples, steps, strict=True):
        bgr = read_pixels(sample.path)
        assert np.abs(Letterbox(spec).fill_bgr(bgr)[0][0].astype(int) - seen).max() <= 1


def test_plain_boxes_lie_on_the_letterboxed_picture(dataset: Dataset) -> None:
    """In px of the input, with -1 where there is none."""
    _, truth = arrays(feed(dataset, max_boxes=5).plain())[0]

    assert truth["boxes"].shape == (4, 5, 4)
    assert truth["labels"][1].tolist() == [1, 0, NO_LABEL, NO_LABEL, NO_LABEL]
    assert truth["boxes"][1][0] == pytest.approx(np.array([10, 12, 35, 52]) * 128 / 96 + np.array([0, 16, 0, 16]))


def test_the_same_seed_gives_the_same_batches(dataset: Dataset) -> None:
    """With one thread or three, with a cache or without; another epoch is another order and other draws."""
    augment = augmentation(AugmentSettings(), SPEC, 3)
    first = arrays(feed(dataset, threads=1).epoch(2, augment, 3))
    again = arrays(feed(dataset, threads=3, cache_bytes=0).epoch(2, augment, 3))
    other = arrays(feed(dataset).epoch(3, augment, 3))

    for (one, truth), (two, same) in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(truth["boxes"], same["boxes"])
        np.testing.assert_array_equal(truth["labels"], same["labels"])
    assert (first[0][0] != other[0][0]).any()


def test_an_epoch_can_be_taken_up_where_it_was_left(dataset: Dataset) -> None:
    """After a kill: the batches that remain are those that would have come."""
    augment = augmentation(AugmentSettings(), SPEC, 3)
    whole = arrays(feed(dataset).epoch(1, augment, 3))
    rest = arrays(feed(dataset).epoch(1, augment, 3, skip=1))

    assert len(rest) == len(whole) - 1
    for (one, _), (two, _) in zip(whole[1:], rest, strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_largest_boxes_are_kept(dataset: Dataset) -> None:
    """When there are more than rows for them."""
    small, large = (0.0, 0.0, 0.2, 0.2), (0.1, 0.1, 0.9, 0.9)
    sample = replace(dataset.samples[1], boxes=(small, large), labels=(0, 1))
    _, truth = arrays(Feed(dataset, [sample], SPEC, FeedSettings(max_boxes=1)).plain())[0]

    assert truth["labels"].tolist() == [[1]]


def test_pictures_without_boxes_have_none(dataset: Dataset) -> None:
    """Plain and augmented."""
    empty = Feed(dataset, [replace(one, boxes=(), labels=()) for one in dataset.samples], SPEC, FeedSettings())
    for batches in (empty.plain(), empty.epoch(0, augmentation(AugmentSettings(), SPEC, 1), 1)):
        assert all((truth["labels"] == NO_LABEL).all() for _, truth in arrays(batches))


def test_whole_pictures_come_with_one_label(tmp_path: Path) -> None:
    """For classifiers; a number a picture."""
    for number in range(4):
        save(tmp_path / ("cup", "jar")[number % 2] / f"{number}.png", ground(number))
    dataset = read_data(tmp_path)
    augment = augmentation(AugmentSettings(mosaic_share=1.0), SPEC, 1, mix=False)
    plain, drawn = feed(dataset).plain(), feed(dataset).epoch(0, augment, 1)

    assert [labels.tolist() for _, labels in arrays(plain)] == [[0, 0, 1, 1]]
    assert sorted(arrays(drawn)[0][1].tolist()) == [0, 0, 1, 1]


def test_a_picture_that_has_gone_is_an_error_of_the_data(tmp_path: Path) -> None:
    """It names the file, as before the training began."""
    write_json(tmp_path, coco_set(tmp_path, 2))
    dataset = read_data(tmp_path)
    dataset.samples[1].path.unlink()
    gone = feed(dataset)

    with pytest.raises(DataError, match=r"take0_1\.png: not a picture"), gone.errors():
        arrays(gone.plain())


def test_decoded_pictures_stay_within_their_bytes(dataset: Dataset) -> None:
    """Full, the album keeps what it has and reads the rest again."""
    one = 128 * 128 * 3
    full = feed(dataset, cache_bytes=3 * one)
    for _ in range(2):
        arrays(full.plain())
    held = [picture.nbytes for picture in full._album._pictures.values()]

    assert held == [one] * 3
