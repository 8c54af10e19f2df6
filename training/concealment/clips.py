"""Labelled clips, and the looks at people in them, through the stages that ship. Fits nothing."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from device.core.appearance import describe
from device.core.concealment.attention import Attention
from device.core.concealment.body import BodyLook
from device.core.decode import DecodeSettings
from device.core.frame import Frame, frame_from_bgr
from device.core.geometry import Polygon
from device.core.motion import MotionGate
from device.core.pace import LookPace
from device.core.tracking import Tracker, TrackerSettings
from device.detect.body import open_body_looker
from device.detect.detector import DetectorSettings, open_detector
from device.detect.shipped import find_shipped
from device.ports import BodyFinder, Detector
from training.errors import DataError

NORMAL = "normal"
LOOKS_PER_S = 5.0
_COLUMNS = ("file", "label", "group")


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled clip."""

    path: Path
    name: str
    """As the table of labels has it."""
    theft: bool
    group: str
    """Clips of one group are cut from one take."""


def read_clips(folder: Path) -> list[Clip]:
    """The clips of ``labels.csv``: file, label (``normal`` or anything else) and group.

    Raises:
        DataError: the table or a clip is missing.
    """
    table = folder / "labels.csv"
    try:
        rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise DataError(f"{table}: cannot be read: {error.strerror}") from error
    if not rows or not set(_COLUMNS).issubset(rows[0]):
        raise DataError(f"{table}: needs the columns {', '.join(_COLUMNS)} and at least one row")
    clips = [Clip(folder / row["file"], row["file"], row["label"] != NORMAL, row["group"]) for row in rows]
    for clip in clips:
        if not clip.path.is_file():
            raise DataError(f"{clip.path}: named in {table.name}, but not there")
    return clips


class Onlooker:
    """Gate, detector, tracker and second look, as the device has them in one row."""

    def __init__(self, goods: Polygon) -> None:
        """``goods``: where they lie in the picture."""
        person = TrackerSettings().of("person").low
        decode = DecodeSettings(only=("person",), floors={"person": person})
        self._goods = goods
        self._detector: Detector = open_detector(_shipped("general-416"), DetectorSettings(threads=1, decode=decode))
        self._bodies: BodyFinder = open_body_looker(_shipped("pose-256"), _shipped("general-256"), threads=1)

    def looks(self, clip: Clip) -> list[BodyLook]:
        """All second looks at people in a clip.

        Raises:
            DataError: it cannot be decoded.
        """
        gate, tracker, pace = MotionGate(), Tracker(TrackerSettings()), LookPace(LOOKS_PER_S)
        attention, found = Attention((self._goods,)), []
        for frame in frames_of(clip.path):
            motion = gate.update(frame.luma, frame.t)
            wanted = motion.open or tracker.wants_look(frame.t)
            seen = describe(frame, self._detector.detect(frame)) if pace.due(frame.t, wanted=wanted) else None
            tracks = tracker.update(seen, motion, frame.t)
            for track in attention.due(tracks, frame.t):
                body = self._bodies.look(frame, track.box)
                found.append(BodyLook(track.id, frame.t, track.box, (frame.width, frame.height), body))
        return found

    def close(self) -> None:
        """Let go of the networks."""
        self._detector.close()
        self._bodies.close()


def _shipped(name: str) -> Path:
    path = find_shipped(name)
    if path is None:
        raise DataError(f"the shipped model {name} is missing; make it with 'shopwarden-train import'")
    return path


def frames_of(path: Path) -> Iterator[Frame]:
    """The pictures of a clip, numbered and timed by its rate.

    Raises:
        DataError: it cannot be decoded.
    """
    video = cv2.VideoCapture(str(path))
    try:
        rate = video.get(cv2.CAP_PROP_FPS)
        if not video.isOpened() or not rate > 0.0:
            raise DataError(f"{path}: cannot be decoded")
        seq = 0
        while True:
            read, picture = video.read()
            if not read:
                return
            yield frame_from_bgr(np.asarray(picture, dtype=np.uint8), seq=seq, t=seq / rate)
            seq += 1
    finally:
        video.release()
