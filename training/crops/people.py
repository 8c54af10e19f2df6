"""Cuts people out of a recording just as the device shows them to a classifier. Does not say who they are."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.cutout import around, cut
from device.core.decode import DecodeSettings
from device.core.frame import Frame, frame_from_bgr
from device.core.geometry import Box
from device.core.uniform import in_plain_view
from device.detect.detector import DetectorSettings, open_detector
from device.detect.uniform import MARGIN
from training.errors import DataError

MIN_SCORE = 0.5
"""Of a person, from which they are believed."""


def cut_people(model: Path, clip: Path, out: Path, every_s: float) -> int:
    """Write a picture of each person that can be judged, every so often; how many there were.

    Args:
        model: a detector that knows ``person``.
        clip: a recording.
        out: gets a folder of the clip's name.
        every_s: between two looks, s.

    Raises:
        DataError: the clip cannot be decoded, or its folder is there already.
        ModelError: the model cannot be used.
        UsageError: it does not know people.
    """
    folder, count = out / clip.stem, 0
    if folder.exists():
        raise DataError(f"{folder}: is there already; name another folder, or take it away")
    decode = DecodeSettings(only=("person",), floors={"person": MIN_SCORE})
    detector = open_detector(model, DetectorSettings(threads=1, decode=decode))
    try:
        for frame in _frames(clip, every_s):
            found = detector.detect(frame).boxes.tolist()
            boxes: list[Box] = [(x1, y1, x2, y2) for x1, y1, x2, y2 in found]
            for number, box in enumerate(boxes):
                if in_plain_view(box, boxes[:number] + boxes[number + 1 :]):
                    folder.mkdir(parents=True, exist_ok=True)
                    part = cut(frame, around(box, (frame.width, frame.height), MARGIN, square=False))
                    _write(folder / f"{clip.stem}-{round(1000 * frame.t):08}-{number}.png", part)
                    count += 1
    finally:
        detector.close()
    return count


def _write(path: Path, part: Frame) -> None:
    if not cv2.imwrite(str(path), part.bgr()):
        raise DataError(f"{path}: cannot be written")


def _frames(path: Path, every_s: float) -> Iterator[Frame]:
    video = cv2.VideoCapture(str(path))
    try:
        rate = video.get(cv2.CAP_PROP_FPS)
        if not video.isOpened() or not rate > 0.0:
            raise DataError(f"{path}: cannot be decoded")
        step, seq = max(1, round(rate * every_s)), 0
        while video.grab():
            if seq % step == 0:
                read, picture = video.retrieve()
                if read:
                    yield frame_from_bgr(_even(np.asarray(picture, dtype=np.uint8)), seq=seq, t=seq / rate)
            seq += 1
    finally:
        video.release()


def _even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
