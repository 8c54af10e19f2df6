"""What every second look at a body promises, on every runtime that is installed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device.core.concealment.body import BAGS
from device.core.frame import Frame, frame_from_bgr
from device.core.geometry import Box
from device.detect.body import open_body_looker
from device.detect.detector import open_detector
from device.detect.litert import RUNTIMES
from device.detect.pose import open_pose
from device.detect.scripted_bodies import JOINTS, ScriptedBodies
from device.errors import ModelError
from device.ports import BodyFinder
from tests.contract.test_inference import _runtime_or_skip, _street_frame
from tests.detect.models import GENERAL_320, with_card

MODELS = GENERAL_320.parent
POSE, BAG_MODEL = MODELS / "pose-256.tflite", MODELS / "general-256.tflite"
_DEV_DATA = os.environ.get("SHOPWARDEN_DEV_DATA")
EVERYWHERE: list[Box] = [(0.2, 0.1, 0.5, 0.9), (-0.1, -0.2, 0.3, 0.7), (0.8, 0.5, 1.2, 1.4), (0.0, 0.0, 0.01, 0.01)]


@pytest.fixture(params=[*RUNTIMES, "scripted"])
def bodies(request: pytest.FixtureRequest) -> Iterator[BodyFinder]:
    """The real networks on each runtime, and the fake."""
    made: BodyFinder
    if request.param == "scripted":
        made = ScriptedBodies()
    else:
        made = open_body_looker(POSE, BAG_MODEL, runtime=_runtime_or_skip(request.param))
    yield made
    made.close()


def _noise(width: int, height: int) -> Frame:
    return frame_from_bgr(np.random.default_rng(1).integers(0, 255, size=(height, width, 3)).astype(np.uint8))


@pytest.mark.parametrize("person", EVERYWHERE)
@pytest.mark.parametrize("size", [(640, 480), (48, 64)])
def test_any_box_in_any_picture_is_looked_at(bodies: BodyFinder, size: tuple[int, int], person: Box) -> None:
    """Also one that hangs over the edge: the joints have the names of the card, bags come best first."""
    body = bodies.look(_noise(*size), person)

    assert body.pose.names == tuple(JOINTS)
    assert ((body.pose.seen >= 0.0) & (body.pose.seen <= 1.0)).all()
    assert 0.0 <= body.pose.presence <= 1.0
    scores = [bag.score for bag in body.bags]
    assert scores == sorted(scores, reverse=True)
    assert {bag.label for bag in body.bags} <= set(BAGS)


def test_the_same_picture_gives_the_same_body(bodies: BodyFinder) -> None:
    """Nothing is left over from the look before."""
    person: Box = (0.3, 0.1, 0.6, 0.9)
    first = bodies.look(_noise(320, 240), person)
    bodies.look(_noise(64, 48), (0.0, 0.0, 1.0, 1.0))
    again = bodies.look(_noise(320, 240), person)

    np.testing.assert_array_equal(first.pose.points, again.pose.points)
    assert first.bags == again.bags


def test_a_closed_one_says_so(bodies: BodyFinder) -> None:
    """Twice closed is closed."""
    bodies.close()
    bodies.close()
    with pytest.raises(ModelError, match="closed"):
        bodies.look(_noise(64, 48), (0.0, 0.0, 1.0, 1.0))


def test_a_detector_is_no_pose_network() -> None:
    """It is told what it is, and what is wanted."""
    with pytest.raises(ModelError, match="a detector, not a pose network"):
        open_pose(GENERAL_320)


def test_a_card_that_says_too_little_is_refused(tmp_path: Path) -> None:
    """Its outputs have another shape than so many joints need."""

    def shorten(raw: dict[str, Any]) -> None:
        raw["labels"] = raw["labels"][:-1]

    with pytest.raises(ModelError, match=r"pose\.points\.shape"):
        open_pose(with_card(POSE, tmp_path / "m.tflite", shorten))


def test_a_real_person_has_a_head_up_and_feet_down() -> None:
    """On the street of the demonstration: shoulders over hips over knees, all in the person's box."""
    frame = _street_frame()
    person: Box = _largest_person(frame)
    pose = open_pose(POSE).pose(frame, person)
    heights = [pose.point(f"left {joint}")[1] for joint in ("shoulder", "hip", "knee")]

    assert heights == sorted(heights)
    assert all(person[1] - 0.1 < height < person[3] + 0.1 for height in heights)


@pytest.mark.skipif(_DEV_DATA is None, reason="needs SHOPWARDEN_DEV_DATA")
def test_the_bag_of_the_clips_is_seen() -> None:
    """Somebody who holds a bag before the body scores higher for bags than somebody without."""
    looker = open_body_looker(POSE, BAG_MODEL)
    best = {}
    for name in ("shoplifting/shoplifting_122.mp4", "normal/normal_062.mp4"):
        frame = _first_frame(Path(str(_DEV_DATA)) / "staged_theft" / name)
        best[name] = max(bag.score for bag in looker.look(frame, _largest_person(frame)).bags)

    assert best["shoplifting/shoplifting_122.mp4"] > 2 * best["normal/normal_062.mp4"]


def _first_frame(path: Path) -> Frame:
    video = cv2.VideoCapture(str(path))
    read, picture = video.read()
    video.release()
    assert read
    return frame_from_bgr(np.asarray(picture, dtype=np.uint8))


def _largest_person(frame: Frame) -> Box:
    found = open_detector(GENERAL_320).detect(frame)
    people = [box for box, name in zip(found.boxes.tolist(), found.names(), strict=True) if name == "person"]
    x1, y1, x2, y2 = max(people, key=lambda box: (box[3] - box[1]) * (box[2] - box[0]))
    return x1, y1, x2, y2
