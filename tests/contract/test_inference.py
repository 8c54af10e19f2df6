"""What every detector promises, on every runtime that is installed.

``SHOPWARDEN_RUNTIME`` names one runtime; then the tests fail where it is missing, instead of passing it over.
"""

import importlib.util
import json
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device.core.decode import DecodeSettings
from device.core.detections import Detections
from device.core.frame import Frame, frame_from_bgr
from device.core.geometry import iou
from device.demo import shipped_clip
from device.detect.detector import DetectorSettings, open_detector
from device.detect.litert import RUNTIMES
from device.detect.scripted import ScriptedDetector
from device.errors import ModelError, UsageError
from device.ports import Detector
from tests.detect.models import GENERAL_320

_FORCED = os.environ.get("SHOPWARDEN_RUNTIME")
_DEV_DATA = os.environ.get("SHOPWARDEN_DEV_DATA")


def _runtime_or_skip(name: str) -> str:
    if _FORCED is not None:
        if name != _FORCED:
            pytest.skip(f"SHOPWARDEN_RUNTIME asks for {_FORCED}")
        return name
    if importlib.util.find_spec(RUNTIMES[name].split(".")[0]) is None:
        pytest.skip(f"{name} is not installed")
    return name


@pytest.fixture(params=list(RUNTIMES))
def runtime(request: pytest.FixtureRequest) -> str:
    """Each runtime in turn."""
    return _runtime_or_skip(request.param)


@pytest.fixture(params=[*RUNTIMES, "scripted"])
def detector(request: pytest.FixtureRequest) -> Iterator[Detector]:
    """The real detector on each runtime, and the fake."""
    made: Detector
    if request.param == "scripted":
        seen = [("person", 0.9, (0.2, 0.2, 0.4, 0.8)), ("person", 0.2, (0.5, 0.2, 0.7, 0.8))]
        made = ScriptedDetector(dict.fromkeys(range(3), seen))
    else:
        made = open_detector(GENERAL_320, DetectorSettings(runtime=_runtime_or_skip(request.param)))
    yield made
    made.close()


def _noise(width: int, height: int, seq: int = 0) -> Frame:
    random = np.random.default_rng(seq)
    return frame_from_bgr(random.integers(0, 255, size=(height, width, 3)).astype(np.uint8), seq=seq)


def test_the_card_tells_what_can_be_found(detector: Detector) -> None:
    """Every class has a threshold before the first picture is seen."""
    assert "person" in detector.card.labels
    assert all(0.0 < detector.card.threshold(label) < 1.0 for label in detector.card.labels)


@pytest.mark.parametrize("size", [(64, 48), (640, 480), (48, 64), (1280, 720), (2, 2)])
def test_a_picture_of_any_size_is_taken(detector: Detector, size: tuple[int, int]) -> None:
    """The answer is in fractions of that picture, with the labels of the card."""
    found = detector.detect(_noise(*size))
    assert found.size == size
    assert found.labels == detector.card.labels
    assert ((found.boxes >= 0.0) & (found.boxes <= 1.0)).all()


def test_the_best_comes_first(detector: Detector) -> None:
    """Whoever wants only the best takes from the front."""
    scores = detector.detect(_noise(320, 240)).scores
    assert (np.diff(scores) <= 0).all()


def test_the_same_picture_gives_the_same_answer(detector: Detector) -> None:
    """Nothing is left over from the pictures between."""
    first = detector.detect(_noise(320, 240))
    detector.detect(_noise(200, 300, seq=1))
    again = detector.detect(_noise(320, 240))
    np.testing.assert_array_equal(first.boxes, again.boxes)
    np.testing.assert_array_equal(first.scores, again.scores)


def test_a_closed_detector_says_so(detector: Detector) -> None:
    """Closing twice is no fault, looking afterwards is."""
    detector.close()
    detector.close()
    with pytest.raises(ModelError, match="closed"):
        detector.detect(_noise(64, 64))


def test_threads_change_nothing(runtime: str) -> None:
    """How many threads run is a matter of time alone."""
    frame = _noise(320, 240)
    one, two = (open_detector(GENERAL_320, DetectorSettings(runtime=runtime, threads=count)) for count in (1, 2))
    np.testing.assert_array_equal(one.detect(frame).scores, two.detect(frame).scores)


def test_an_empty_room_is_empty(runtime: str) -> None:
    """A plain wall holds nothing worth an alarm."""
    detector = open_detector(GENERAL_320, DetectorSettings(runtime=runtime, decode=DecodeSettings(floor=0.35)))
    assert not len(detector.detect(frame_from_bgr(np.full((480, 640, 3), 128, dtype=np.uint8))))


def test_pictures_and_frames_agree(runtime: str) -> None:
    """The way in for pictures that never were frames finds the same things."""
    detector = open_detector(GENERAL_320, DetectorSettings(runtime=runtime))
    frame = _street_frame()
    _same_things(detector.detect(frame), detector.detect_bgr(frame.bgr()), least=0.5)


def test_people_in_a_street_are_found(runtime: str) -> None:
    """A real scene: somebody rides past parked cars."""
    detector = open_detector(GENERAL_320, DetectorSettings(runtime=runtime))
    found = detector.detect(_street_frame())
    strong = {name for name, score in zip(found.names(), found.scores, strict=True) if score >= 0.5}
    assert "person" in strong


@pytest.mark.skipif(_DEV_DATA is None, reason="SHOPWARDEN_DEV_DATA is not set")
def test_large_people_are_found_where_they_stand(runtime: str) -> None:
    """Of people who fill much of a photograph nearly all are found, at the place where they are."""
    detector = open_detector(GENERAL_320, DetectorSettings(runtime=runtime, decode=DecodeSettings(floor=0.4)))
    root = Path(str(_DEV_DATA)) / "coco128"
    coco = json.loads((root / "instances.json").read_text(encoding="utf-8"))
    person = next(entry["id"] for entry in coco["categories"] if entry["name"] == "person")
    names = {entry["id"]: entry["file_name"] for entry in coco["images"]}
    large = [a for a in coco["annotations"] if a["category_id"] == person and a["bbox"][2] * a["bbox"][3] > 200 * 200]
    hits = [
        _is_found(detector.detect_bgr(_read(root / "images" / names[a["image_id"]])), a["bbox"]) for a in large[:20]
    ]
    assert sum(hits) >= 0.8 * len(hits)


def _is_found(found: Detections, bbox: list[float]) -> bool:
    width, height = found.size
    x, y, w, h = bbox
    truth = (x / width, y / height, (x + w) / width, (y + h) / height)
    boxes = [box for box, name in zip(found.boxes.tolist(), found.names(), strict=True) if name == "person"]
    return any(iou((box[0], box[1], box[2], box[3]), truth) >= 0.5 for box in boxes)


def _read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path))
    assert picture is not None
    return np.asarray(picture, dtype=np.uint8)


def _street_frame() -> Frame:
    try:
        street = shipped_clip()
    except UsageError as error:
        pytest.skip(str(error))
    video = cv2.VideoCapture(str(street))
    for _ in range(30):
        video.grab()
    read, picture = video.read()
    video.release()
    assert read
    return frame_from_bgr(np.asarray(picture, dtype=np.uint8))


def _same_things(a: Detections, b: Detections, least: float) -> None:
    """What one finds with at least this score the other finds too, nearly there."""
    strong = a.boxes[a.scores >= least]
    assert len(strong)
    for box in strong.tolist():
        overlaps = [iou((box[0], box[1], box[2], box[3]), (o[0], o[1], o[2], o[3])) for o in b.boxes.tolist()]
        assert max(overlaps, default=0.0) >= 0.7
