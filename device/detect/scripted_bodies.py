"""Sees the bodies that it is told to see, for tests and replays without a network. Runs nothing."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from device.core.concealment.body import Body
from device.core.frame import Frame
from device.core.geometry import Box, Point
from device.core.pose import Pose
from device.errors import ModelError

JOINTS: Mapping[str, Point] = {
    "left shoulder": (0.35, 0.2), "right shoulder": (0.65, 0.2),
    "left elbow": (0.25, 0.35), "right elbow": (0.75, 0.35),
    "left wrist": (0.1, 0.4), "right wrist": (0.9, 0.4), "left pinky": (0.05, 0.4), "right pinky": (0.95, 0.4),
    "left index": (0.05, 0.4), "right index": (0.95, 0.4), "left thumb": (0.05, 0.4), "right thumb": (0.95, 0.4),
    "left hip": (0.4, 0.5), "right hip": (0.6, 0.5), "left knee": (0.4, 0.75), "right knee": (0.6, 0.75),
    "left ankle": (0.4, 0.97), "right ankle": (0.6, 0.97),
}  # fmt: skip
"""Somebody who stands with arms stretched out, in fractions of their box."""


def standing(person: Box, **moved: Point) -> Pose:
    """Somebody in a box; joints that are named (``left_wrist``) lie elsewhere, in fractions of the box too."""
    places = {**JOINTS, **{name.replace("_", " "): place for name, place in moved.items()}}
    x1, y1, x2, y2 = person
    points: NDArray[np.float32] = np.array(
        [(x1 + x * (x2 - x1), y1 + y * (y2 - y1)) for x, y in places.values()], dtype=np.float32
    )
    return Pose(tuple(places), points, np.ones(len(places), dtype=np.float32), 1.0)


class ScriptedBodies:
    """Plays given bodies by the number of the frame; on others everybody stands with arms stretched out."""

    def __init__(self, script: Mapping[int, Body] | None = None) -> None:
        self._script = dict(script or {})
        self._closed = False

    def look(self, frame: Frame, person: Box) -> Body:
        """What the script says of this frame.

        Raises:
            ModelError: it is closed.
        """
        if self._closed:
            raise ModelError("scripted bodies: closed")
        return self._script.get(frame.seq) or Body(standing(person))

    def close(self) -> None:
        """See nothing any more; may be called twice."""
        self._closed = True
