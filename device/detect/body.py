"""The second look at a person: joints by the pose network, bags by a small detector on their part of the picture."""

from pathlib import Path

from device.core.concealment.body import BAGS, Bag, Body
from device.core.cutout import around, cut
from device.core.decode import DecodeSettings
from device.core.frame import Frame
from device.core.geometry import Box
from device.detect.detector import DetectorSettings, open_detector
from device.detect.pose import open_pose
from device.ports import Detector, PoseFinder

MARGIN = 1.2
"""How much larger than the person the part is that bags are looked for in."""
BAG_FLOOR = 0.02
"""A small detector hardly sees bags: even scores like this, over seconds, tell who has one."""

MAX_BAGS = 24
"""At a floor so low there is always something."""


class BodyLooker:
    """Looks at one person at a time; for one thread at a time."""

    def __init__(self, poses: PoseFinder, bags: Detector) -> None:
        """Take both networks; ``bags`` knows the labels of ``BAGS``."""
        self._poses, self._bags = poses, bags

    def look(self, frame: Frame, person: Box) -> Body:
        """What is to be seen of the person in that box.

        Raises:
            ModelError: an interpreter failed, or this is closed.
        """
        pose = self._poses.pose(frame, person)
        size = (frame.width, frame.height)
        window = around(person, size, MARGIN, square=False)
        found = self._bags.detect(cut(frame, window))
        bags = tuple(
            Bag(label, float(score), window.to_picture((box[0], box[1], box[2], box[3]), size))
            for label, score, box in zip(found.names(), found.scores, found.boxes.tolist(), strict=True)
        )
        return Body(pose, bags)

    def close(self) -> None:
        """Let go of both; may be called twice."""
        self._poses.close()
        self._bags.close()


def open_body_looker(pose: Path, bags: Path, *, runtime: str = "auto", threads: int = 1) -> BodyLooker:
    """Read both model files and get their networks ready.

    Raises:
        ModelError: a file is damaged, does not fit its card, or cannot run here.
        UsageError: the detector does not know bags.
    """
    decode = DecodeSettings(only=BAGS, floors=dict.fromkeys(BAGS, BAG_FLOOR), max_detections=MAX_BAGS)
    settings = DetectorSettings(runtime=runtime, threads=threads, decode=decode)
    return BodyLooker(open_pose(pose, runtime=runtime, threads=threads), open_detector(bags, settings))
