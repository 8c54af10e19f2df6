"""Finds the joints of a person in a picture with a pose network. Does not choose the person."""

from pathlib import Path

from device.core.card import ModelCard
from device.core.cutout import around, cut
from device.core.frame import Frame
from device.core.geometry import Box
from device.core.pose import Pose, PoseReader
from device.detect.litert import Network
from device.detect.load import ModelFile, read_model
from device.detect.preprocess import Letterbox
from device.errors import ModelError

MARGIN = 1.25
"""The network was made for a square so much larger than the person."""


class NetworkPose:
    """Looks at one person at a time; for one thread at a time."""

    card: ModelCard

    def __init__(self, model: ModelFile, *, runtime: str = "auto", threads: int = 1) -> None:
        """Get the network ready.

        Args:
            model: a verified model file.
            runtime: a key of ``litert.RUNTIMES``, or ``auto``.
            threads: CPU threads for one run.

        Raises:
            ModelError: the model is no pose network or cannot run here.
        """
        if model.card.pose is None:
            raise ModelError(f"{model.path}: a {model.card.kind}, not a pose network; name a pose network")
        self.card = model.card
        self._reader = PoseReader(model.card)
        self._letterbox = Letterbox(model.card.input)
        self._path = model.path
        self._network: Network | None = Network(model, runtime=runtime, threads=threads)

    def pose(self, frame: Frame, person: Box) -> Pose:
        """The joints of the person in that box; it always finds some, so ask only where a detector saw somebody.

        Raises:
            ModelError: the interpreter failed, or this is closed.
        """
        if self._network is None:
            raise ModelError(f"{self._path}: the pose network is closed")
        size = (frame.width, frame.height)
        window = around(person, size, MARGIN, square=True)
        value, _ = self._letterbox.fill(cut(frame, window))
        self._network.run(value)
        return self._reader.read(self._network.output, window, size)

    def close(self) -> None:
        """Let go of the interpreter; may be called twice."""
        self._network = None


def open_pose(path: Path, *, runtime: str = "auto", threads: int = 1) -> NetworkPose:
    """Read a model file and get its network ready.

    Raises:
        ModelError: the file is damaged, does not fit its card, is no pose network, or cannot run here.
    """
    return NetworkPose(read_model(path), runtime=runtime, threads=threads)
