"""Names whole pictures or crops with a model file. Does not choose which model or which crop."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.core.card import ModelCard
from device.core.frame import Frame
from device.detect.litert import Network
from device.detect.load import ModelFile, read_model
from device.detect.preprocess import Letterbox
from device.errors import ModelError


class NetworkClassifier:
    """Says what a picture shows; for one thread at a time."""

    card: ModelCard

    def __init__(self, model: ModelFile, *, runtime: str = "auto", threads: int = 1) -> None:
        """Get the network ready.

        Args:
            model: a verified model file.
            runtime: a key of ``litert.RUNTIMES``, or ``auto``.
            threads: CPU threads for one run.

        Raises:
            ModelError: the model is no classifier or cannot run here.
        """
        if model.card.scores is None:
            raise ModelError(f"{model.path}: a {model.card.kind}, not a classifier; name a classifier")
        self.card = model.card
        self._output = model.card.scores
        self._letterbox = Letterbox(model.card.input)
        self._path = model.path
        self._network: Network | None = Network(model, runtime=runtime, threads=threads)

    def classify_bgr(self, bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The score of each label, 0..1, for a (height, width, 3) BGR picture.

        Raises:
            ModelError: the interpreter failed, or the classifier is closed.
        """
        return self._scores(self._letterbox.fill_bgr(bgr)[0])

    def classify(self, frame: Frame) -> NDArray[np.float32]:
        """The score of each label, 0..1, for a frame or a part of one.

        Raises:
            ModelError: the interpreter failed, or the classifier is closed.
        """
        return self._scores(self._letterbox.fill(frame)[0])

    def _scores(self, value: NDArray[np.int8]) -> NDArray[np.float32]:
        if self._network is None:
            raise ModelError(f"{self._path}: the classifier is closed")
        self._network.run(value)
        levels = self._network.output(self._output.output)[0].astype(np.float32)
        return np.asarray((levels - self._output.zero_point) * self._output.scale, dtype=np.float32)

    def close(self) -> None:
        """Let go of the interpreter; may be called twice."""
        self._network = None


def open_classifier(path: Path, *, threads: int = 1) -> NetworkClassifier:
    """Read a model file and get its classifier ready.

    Raises:
        ModelError: the file is damaged, does not fit its card, is no classifier, or cannot run here.
    """
    return NetworkClassifier(read_model(path), threads=threads)
