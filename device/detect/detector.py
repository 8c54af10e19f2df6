"""The real detector: letterbox, network, decoder. Does not choose which model to use."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.core.card import ModelCard
from device.core.decode import Decoder, DecodeSettings, Placement
from device.core.detections import Detections
from device.core.frame import Frame
from device.detect.litert import Network
from device.detect.load import ModelFile, read_model
from device.detect.preprocess import Letterbox
from device.errors import ModelError, UsageError


@dataclass(frozen=True, slots=True)
class DetectorSettings:
    """How to run a detector."""

    runtime: str = "auto"
    """A key of ``litert.RUNTIMES``, or ``auto``."""
    threads: int = 1
    decode: DecodeSettings = field(default_factory=DecodeSettings)


class NetworkDetector:
    """Finds things in pictures with a model file; for one thread at a time."""

    card: ModelCard

    def __init__(self, model: ModelFile, settings: DetectorSettings) -> None:
        """Get the network ready.

        Args:
            model: a verified model file.
            settings: how to run it.

        Raises:
            ModelError: the model is no detector or cannot run here.
            UsageError: a label in the settings is not one of the model's.
        """
        if model.card.head is None:
            raise ModelError(f"{model.path}: a {model.card.kind}, not a detector; name a detector")
        try:
            self._decoder = Decoder(model.card, settings.decode)
        except ValueError as error:
            raise UsageError(f"{model.path}: {error}") from error
        self.card = model.card
        self._head = model.card.head
        self._letterbox = Letterbox(model.card.input)
        self._path = model.path
        self._network: Network | None = Network(model, runtime=settings.runtime, threads=settings.threads)

    def detect(self, frame: Frame) -> Detections:
        """Everything over the floor of its class, best score first.

        Raises:
            ModelError: the interpreter failed, or the detector is closed.
        """
        value, placement = self._letterbox.fill(frame)
        return self._look(value, placement, (frame.width, frame.height))

    def detect_bgr(self, bgr: NDArray[np.uint8]) -> Detections:
        """The same for a (height, width, 3) BGR picture that never was a frame."""
        value, placement = self._letterbox.fill_bgr(bgr)
        return self._look(value, placement, (bgr.shape[1], bgr.shape[0]))

    def close(self) -> None:
        """Let go of the interpreter; may be called twice."""
        self._network = None

    def _look(self, value: NDArray[np.int8], placement: Placement, size: tuple[int, int]) -> Detections:
        if self._network is None:
            raise ModelError(f"{self._path}: the detector is closed")
        self._network.run(value)
        scores, boxes = self._network.output(self._head.scores.output), self._network.output(self._head.boxes.output)
        return self._decoder.decode(scores, boxes, placement, size)


def open_detector(path: Path, settings: DetectorSettings | None = None) -> NetworkDetector:
    """Read a model file and get its detector ready.

    Raises:
        ModelError: the file is damaged, does not fit its card, or cannot run here.
        UsageError: a label in the settings is not one of the model's.
    """
    return NetworkDetector(read_model(path), settings if settings is not None else DetectorSettings())
