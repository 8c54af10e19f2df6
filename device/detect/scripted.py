"""A detector that sees what it is told to see, for tests and replays without a network. Runs nothing."""

from collections.abc import Iterable, Mapping

import numpy as np

from device.core.card import HeadSpec, InputSpec, ModelCard, TensorSpec
from device.core.decode import cells_of
from device.core.detections import Detections, no_detections
from device.core.frame import Frame
from device.core.geometry import Box
from device.errors import ModelError

Seen = tuple[str, float, Box]
"""Label, score, box in fractions of the picture."""
_STRIDES, _BINS, _SIDE_PX = (8, 16, 32), 11, 64


class ScriptedDetector:
    """Plays given detections by the number of the frame; on frames that the script leaves out it sees nothing."""

    card: ModelCard

    def __init__(self, script: Mapping[int, Iterable[Seen]], labels: tuple[str, ...] = ("person",)) -> None:
        """Take the script.

        Args:
            script: what is seen, by frame number.
            labels: all classes that it claims to know.

        Raises:
            ValueError: the script has a label that is not among them.
        """
        self.card = scripted_card(labels)
        self._script = {seq: sorted(seen, key=lambda thing: -thing[1]) for seq, seen in script.items()}
        self._closed = False
        unknown = {label for seen in self._script.values() for label, _, _ in seen} - set(labels)
        if unknown:
            raise ValueError(f"the script has labels that are not known: {', '.join(sorted(unknown))}")

    def detect(self, frame: Frame) -> Detections:
        """What the script says of this frame, best score first.

        Raises:
            ModelError: the detector is closed.
        """
        if self._closed:
            raise ModelError(f"{self.card.name}: the detector is closed")
        labels, size = self.card.labels, (frame.width, frame.height)
        seen = self._script.get(frame.seq)
        if not seen:
            return no_detections(labels, size)
        return Detections(
            boxes=np.array([box for _, _, box in seen], dtype=np.float32),
            scores=np.array([score for _, score, _ in seen], dtype=np.float32),
            classes=np.array([labels.index(label) for label, _, _ in seen], dtype=np.intp),
            labels=labels,
            size=size,
        )

    def close(self) -> None:
        """See nothing any more; may be called twice."""
        self._closed = True


def scripted_card(labels: tuple[str, ...]) -> ModelCard:
    """A complete card of a small detector that does not exist."""
    cells = len(cells_of(_SIDE_PX, _SIDE_PX, _STRIDES)[0])
    scores = TensorSpec(output=0, shape=(1, cells, len(labels)), dtype="int8", scale=1 / 256, zero_point=-128)
    boxes = TensorSpec(output=1, shape=(1, cells, 4 * _BINS), dtype="int8", scale=0.1, zero_point=0)
    picture = InputSpec(
        width=_SIDE_PX,
        height=_SIDE_PX,
        channels="BGR",
        mean=(127.0, 127.0, 127.0),
        std=(64.0, 64.0, 64.0),
        dtype="int8",
        scale=1 / 64,
        zero_point=0,
        resize="letterbox",
        pad=(114, 114, 114),
    )
    return ModelCard(
        name="scripted",
        kind="detector",
        labels=labels,
        input=picture,
        head=HeadSpec(type="gfl", strides=_STRIDES, bins=_BINS, scores=scores, boxes=boxes),
        thresholds={"default": 0.35},
        nms_iou=0.6,
        model_sha256="0" * 64,
        weights_sha256="0" * 64,
        licence="none",
    )
