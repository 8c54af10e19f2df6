"""What the frozen part of a network sees in augmented pictures, computed once. Does not learn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.augment import Augment
from training.data.feed import Feed
from training.data.moves import stream

_Seen = tuple[NDArray[np.float32], NDArray[np.int32]]


class Views:
    """Some augmented views of every picture, kept in memory; they follow from the seed, so a kill loses nothing."""

    def __init__(self, feed: Feed, trunk: Any, augment: Augment, seed: int) -> None:
        """Keep in mind what is to be seen; nothing is computed yet."""
        import tensorflow as tf

        self._feed, self._augment, self._seed = feed, augment, seed
        self._look = tf.function(lambda pictures: trunk(pictures, training=False), reduce_retracing=True)
        self._order = stream(seed, "order of views")
        self._known: dict[int, _Seen] = {}

    def epoch(self, number: int, views: int, batch: int, *, skip: int = 0) -> Any:
        """The batches of an epoch, shuffled; a tf.data.Dataset of what the frozen part sees, and labels.

        Args:
            number: of the epoch; the views take turns.
            views: how many there are.
            batch: pictures in one.
            skip: batches at its beginning that were seen before an interruption.
        """
        import tensorflow as tf

        seen, labels = self._view(number % views)
        order = self._order(number).permutation(len(labels))[skip * batch :]
        return tf.data.Dataset.from_tensor_slices((seen[order], labels[order])).batch(batch)

    def _view(self, number: int) -> _Seen:
        if number not in self._known:
            with self._feed.errors():
                parts = [
                    (np.asarray(self._look(pictures)), np.asarray(labels))
                    for pictures, labels in self._feed.epoch(number, self._augment, self._seed)
                ]
            self._known[number] = (
                np.concatenate([seen for seen, _ in parts]),
                np.concatenate([labels for _, labels in parts]),
            )
        return self._known[number]
