"""One picture with what is followed in it, as JPEG for those who look. Knows no camera and keeps no second picture."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.detections import Detections
from device.core.frame import Frame
from device.core.geometry import Box
from device.core.pixelate import pixelated
from device.core.track import Track
from device.pipeline import Step
from device.recorder.overlay import draw_track, is_shown

PERSON = "person"
QUALITY = 85
"""Of JPEG, 0..100: beyond it files grow faster than one can see."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture of its own, which the camera's memory may outlive; any thread may make JPEGs of it."""

    frame: Frame
    tracks: tuple[Track, ...]
    """What is drawn in."""
    people: tuple[Box, ...]
    """Where people are or may be."""
    _made: dict[tuple[bool, bool], bytes] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)  # several look at one picture: it is made once

    def jpeg(self, *, boxes: bool, pixelated: bool) -> bytes:
        """The picture, with what is followed drawn in, with people made unrecognisable."""
        with self._making:
            if (boxes, pixelated) not in self._made:
                self._made[boxes, pixelated] = self._encoded(boxes=boxes, hidden=pixelated)
            return self._made[boxes, pixelated]

    def _encoded(self, *, boxes: bool, hidden: bool) -> bytes:
        i420 = pixelated(self.frame.i420, self.people) if hidden else self.frame.i420
        bgr = np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8)
        for track in self.tracks if boxes else ():
            draw_track(bgr, track)
        return _jpeg(bgr)


def take_shot(step: Step, found: Detections | None = None) -> Shot:
    """Copy the picture of a step, while it is there.

    Args:
        step: what the picture led to.
        found: what the detector saw in it, where the step itself did not look.
    """
    frame, seen = step.frame, step.detections if found is None else found
    copy = Frame(frame.seq, frame.t, frame.wall, frame.i420.copy())
    tracks = tuple(track for track in step.tracks if is_shown(track, frame.t))
    return Shot(copy, tracks, tuple(_people(step.tracks, seen)))


def _people(tracks: Iterable[Track], found: Detections | None) -> Iterable[Box]:
    """Everybody who is or may be there, also who is doubted: to hide somebody too many costs nothing."""
    if found is not None and PERSON not in found.labels:
        # Such a detector sees no people, so they may be anywhere.
        yield WHOLE
        return
    yield from (track.box for track in tracks if track.label == PERSON)
    if found is not None:
        for box, name in zip(found.boxes.tolist(), found.names(), strict=True):
            if name == PERSON:
                yield (box[0], box[1], box[2], box[3])


def _jpeg(bgr: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"OpenCV makes no JPEG of a picture of {bgr.shape}")
    return data.tobytes()
