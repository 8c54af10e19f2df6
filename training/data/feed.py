"""Batches for a network: plain ones for measuring, augmented ones for learning. Does not train.

Pictures stay bytes until a batch is complete; a Keras layer normalises it. Augmentation is drawn by numpy from the
number of epoch and picture: Keras' own random layers keep a state, which threads would reach in any order.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec
from device.detect.preprocess import Letterbox, place_picture
from training.data.augment import Augment
from training.data.moves import stream
from training.data.pictures import read_pixels
from training.data.sample import CLASSIFICATION, Dataset, Sample
from training.data.scene import Scene, canvas_of
from training.errors import DataError

_EPOCH_DRAWS = 1 << 32
NO_LABEL = -1
"""Fills the rows of a batch that hold no box."""


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """How batches are made."""

    batch: int = 16
    max_boxes: int = 100
    """Rows for boxes a picture; the largest are kept."""
    threads: int = 2
    cache_bytes: int = 1 << 30
    """Memory for decoded pictures; what is over is read again each time."""


class Feed:
    """The pictures of one split, ready for one network.

    Elements are ``(pictures, truth)``: pictures (n, height, width, 3) float32, normalised, in the card's order of
    colours; truth ``{"boxes": (n, max_boxes, 4) left, top, right, bottom in px of the input, "labels": (n, max_boxes)
    with -1 where there is no box}``, or (n,) labels where whole pictures are labelled.
    """

    def __init__(self, dataset: Dataset, samples: Sequence[Sample], spec: InputSpec, settings: FeedSettings) -> None:
        """Keep in mind what to read; nothing is read yet."""
        self._whole = dataset.kind == CLASSIFICATION
        self._samples = tuple(samples)
        self._spec = spec
        self._settings = settings
        self._album = _Album(settings.cache_bytes)
        self._fault: DataError | None = None

    def __len__(self) -> int:
        return len(self._samples)

    def plain(self) -> Any:
        """All pictures once, in order, in the device's own letterbox and otherwise untouched; a tf.data.Dataset."""
        return self._batches(np.arange(len(self._samples)), lambda place: self._plain(int(place)))

    def epoch(self, number: int, augment: Augment, seed: int, *, skip: int = 0) -> Any:
        """One epoch of learning: shuffled and augmented; a tf.data.Dataset.

        Args:
            number: of the epoch; another is another order and other draws.
            augment: what is done to the pictures.
            seed: of the order.
            skip: batches at its beginning that were seen before an interruption.
        """
        order = stream(seed, "order")(number).permutation(len(self._samples))[skip * self._settings.batch :]

        def make(place: int) -> Scene:
            return augment(self._source, len(self._samples), place, number * _EPOCH_DRAWS + place)

        return self._batches(order, lambda place: make(int(place)))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Around the use of batches: a picture that has gone since it was looked at is an error of the data again.

        Raises:
            DataError: what TensorFlow wrapped as its own.
        """
        import tensorflow as tf

        try:
            yield
        except tf.errors.OpError as error:
            if self._fault is not None:
                raise self._fault from error
            raise

    def _batches(self, places: NDArray[np.int64], make: Any) -> Any:
        import tensorflow as tf

        settings, spec = self._settings, self._spec

        def row(place: Any) -> Any:
            kinds = (tf.uint8, tf.float32, tf.int32)
            picture, boxes, labels = tf.numpy_function(lambda at: self._made(make, at), [place], kinds, stateful=False)
            picture = tf.ensure_shape(picture, (spec.height, spec.width, 3))
            if self._whole:
                return picture, tf.ensure_shape(labels, (settings.max_boxes,))[0]
            boxes = tf.ensure_shape(boxes, (settings.max_boxes, 4))
            return picture, {"boxes": boxes, "labels": tf.ensure_shape(labels, (settings.max_boxes,))}

        normalise = normalisation(spec)
        rows = tf.data.Dataset.from_tensor_slices(places).map(row, settings.threads, deterministic=True)
        batches = rows.batch(settings.batch)
        return batches.map(lambda pictures, truth: (normalise(pictures), truth), 1, deterministic=True).prefetch(2)

    def _made(self, make: Any, place: Any) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
        try:
            return self._row(make(place))
        except DataError as error:
            self._fault = error
            raise

    def _row(self, scene: Scene) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
        """A scene as arrays of fixed shape."""
        most = self._settings.max_boxes
        boxes, labels = np.zeros((most, 4), np.float32), np.full(most, NO_LABEL, np.int32)
        kept = _largest(scene, most)
        if len(scene.boxes):
            boxes[: len(kept)] = scene.boxes[kept]
        labels[: len(kept)] = scene.labels[kept]
        picture = scene.picture if self._spec.channels == "BGR" else scene.picture[..., ::-1]
        return np.ascontiguousarray(picture), boxes, labels

    def _plain(self, place: int) -> Scene:
        sample = self._samples[place]
        pixels = self._album.get(("plain", place), lambda: letterbox(read_pixels(sample.path), self._spec))
        lies = place_picture(self._spec, sample.width, sample.height)
        boxes = _boxes(sample, lies.width, lies.height) + np.array([lies.left, lies.top] * 2, dtype=np.float32)
        return Scene(pixels, boxes, _labels(sample))

    def _source(self, place: int) -> Scene:
        """A picture from which augmented ones are drawn; larger than needed only as far as zooming asks for."""
        sample = self._samples[place]
        pixels = self._album.get(("source", place), lambda: self._read_small(sample))
        return Scene(pixels, _boxes(sample, pixels.shape[1], pixels.shape[0]), _labels(sample))

    def _read_small(self, sample: Sample) -> NDArray[np.uint8]:
        most_px = 2 * max(self._spec.width, self._spec.height)
        reduce = next((part for part in (8, 4, 2) if max(sample.width, sample.height) // part >= most_px), 1)
        pixels = read_pixels(sample.path, reduce)
        scale = most_px / max(pixels.shape[:2])
        if scale >= 1:
            return pixels
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _largest(scene: Scene, most: int) -> NDArray[np.intp]:
    """Places of the boxes to keep, in their order."""
    if len(scene.boxes) <= most:
        return np.arange(len(scene.labels))
    areas = np.prod(scene.boxes[:, 2:] - scene.boxes[:, :2], axis=1)
    return np.sort(np.argsort(-areas, kind="stable")[:most])


def letterbox(bgr: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.uint8]:
    """A picture in its letterbox as BGR bytes: the device's own letterbox, with a table that changes nothing."""
    as_bytes = InputSpec(
        width=spec.width, height=spec.height, channels="BGR", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), dtype="int8",
        scale=1.0, zero_point=-128, resize=spec.resize, pad=canvas_of(spec).pad,
    )  # fmt: skip
    value, _ = Letterbox(as_bytes).fill_bgr(bgr)
    return np.asarray(np.bitwise_xor(value[0].view(np.uint8), np.uint8(0x80)), dtype=np.uint8)


def normalisation(spec: InputSpec) -> Any:
    """A Keras layer from bytes in the card's order of colours to what the float network takes."""
    import keras

    variance = [deviation**2 for deviation in spec.std]
    return keras.layers.Normalization(axis=-1, mean=list(spec.mean), variance=variance, dtype="float32")


def _boxes(sample: Sample, width: int, height: int) -> NDArray[np.float32]:
    """In px of a picture of this size."""
    sides = np.array(sample.boxes, dtype=np.float64).reshape(-1, 4)
    return np.asarray(sides * np.array([width, height] * 2), dtype=np.float32)


def _labels(sample: Sample) -> NDArray[np.int32]:
    return np.array(sample.labels, dtype=np.int32)


class _Album:
    """Decoded pictures up to a number of bytes; full, it keeps what it has, which suits reading all in turn."""

    def __init__(self, most_bytes: int) -> None:
        self._left_bytes = most_bytes
        self._pictures: dict[tuple[str, int], NDArray[np.uint8]] = {}
        self._lock = threading.Lock()
        """Guards both, from the threads that make rows."""

    def get(self, key: tuple[str, int], read: Any) -> NDArray[np.uint8]:
        """A picture that nobody may write on."""
        with self._lock:
            found = self._pictures.get(key)
        if found is not None:
            return found
        picture: NDArray[np.uint8] = read()
        picture.setflags(write=False)
        with self._lock:
            if key not in self._pictures and picture.nbytes <= self._left_bytes:
                self._pictures[key] = picture
                self._left_bytes -= picture.nbytes
        return picture
