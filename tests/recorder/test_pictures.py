"""The newest picture for whoever asks: what it shows, what it hides, and what it costs."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device.clock import SimulatedClock
from device.core.detections import Detections
from device.core.frame import Frame
from device.detect.scripted import ScriptedDetector
from device.pipeline import NOT_LOOKED, Step
from device.ports import Pictures
from device.recorder.pictures import LivePictures
from tests.builders import make_motion, make_track

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 320, 240
BOX = (0.25, 0.25, 0.5, 1.0)
PATIENCE_S = 20.0


def noise(seed: int = 1) -> Picture:
    """A picture in which no pixel is like the next."""
    return np.random.default_rng(seed).integers(20, 230, (HEIGHT * 3 // 2, WIDTH)).astype(np.uint8)


def found(*boxes: tuple[float, float, float, float], labels: tuple[str, ...] = ("person",)) -> Detections:
    """People whom the detector saw."""
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.full(len(boxes), 0.3, np.float32),
        classes=np.zeros(len(boxes), np.intp),
        labels=labels,
        size=(WIDTH, HEIGHT),
    )


def make_step(t: float, detections: Detections | None = NOT_LOOKED, *, moves: bool = False, **changes: object) -> Step:
    """What one picture led to."""
    frame = Frame(int(t * 10), t, None, noise())
    step = Step(frame, make_motion(open=moves), detections, (), ())
    return replace(step, **changes)  # type: ignore[arg-type]


class Asked:
    """Somebody who asks, on a thread of their own."""

    def __init__(self, pictures: LivePictures, *, boxes: bool = False, pixelated: bool = False) -> None:
        self.jpeg: bytes | None = None
        self._pictures = pictures

        def ask() -> None:
            self.jpeg = pictures.jpeg("aisle", boxes=boxes, pixelated=pixelated, timeout_s=PATIENCE_S)

        before = len(pictures._waiting["aisle"])
        self._thread = threading.Thread(target=ask, daemon=True)
        self._thread.start()
        poll = threading.Event()
        while len(pictures._waiting["aisle"]) == before:
            poll.wait(0.001)

    def picture(self) -> Picture:
        """What came, as BGR."""
        self._thread.join(PATIENCE_S)
        assert self.jpeg is not None
        decoded = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(decoded, np.uint8)

    @property
    def waits(self) -> bool:
        """Whether nothing has come yet."""
        return any(not request.done.is_set() for request in self._pictures._waiting["aisle"])


@pytest.fixture
def clock() -> SimulatedClock:
    """The time of the pictures."""
    return SimulatedClock()


@pytest.fixture
def pictures(clock: SimulatedClock) -> Iterator[LivePictures]:
    """Those of one camera; nobody waits in the end."""
    made = LivePictures(["aisle"], clock)
    yield made
    assert made._waiting == {"aisle": []}


BLIND = ScriptedDetector({})
"""It must not be asked, or it sees nobody."""


def detail(picture: Picture, box: tuple[float, float, float, float]) -> float:
    """How much neighbours differ inside a box."""
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(box, (WIDTH, HEIGHT, WIDTH, HEIGHT), strict=True))
    part = picture[y1:y2, x1:x2].astype(int)
    return float(np.abs(np.diff(part, axis=1)).mean())


def test_it_keeps_the_contract(pictures: LivePictures) -> None:
    """It is what the page and the broker are told to expect."""
    kept: Pictures = pictures
    with pytest.raises(KeyError):
        kept.jpeg("nowhere", boxes=False, pixelated=False, timeout_s=0.0)


def test_nobody_asks_and_nothing_is_copied(pictures: LivePictures, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one picture, not one look."""
    monkeypatch.setattr("device.recorder.pictures.take_shot", lambda *_: pytest.fail("a copy"))
    closed = ScriptedDetector({})
    closed.close()
    for t in range(10):
        pictures.show("aisle", make_step(float(t)), closed)


def test_none_comes_in_time(pictures: LivePictures) -> None:
    """The camera is down: an answer all the same, and nothing is left behind."""
    assert pictures.jpeg("aisle", boxes=True, pixelated=True, timeout_s=0.01) is None


def test_it_is_newer_than_the_call(pictures: LivePictures, clock: SimulatedClock) -> None:
    """A picture on which the pipeline works already may show what a mask hides since then."""
    clock.wait(5.0)
    asked = Asked(pictures)
    old = make_step(4.9)
    pictures.show("aisle", old, BLIND)
    assert asked.waits
    new = make_step(5.1)
    new.frame.i420[:] = 128
    pictures.show("aisle", new, BLIND)
    assert detail(asked.picture(), (0.0, 0.0, 1.0, 1.0)) < 1.0


def test_a_camera_whose_clock_is_behind_answers_with_the_second_picture(
    pictures: LivePictures, clock: SimulatedClock
) -> None:
    """The second one was handed out after the first was shown, whatever its own time says."""
    clock.wait(5.0)
    asked = Asked(pictures)
    pictures.show("aisle", make_step(3.0), BLIND)
    assert asked.waits
    pictures.show("aisle", make_step(3.1), BLIND)
    assert asked.picture().shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("boxes", [False, True])
def test_boxes_are_drawn_where_they_are_asked_for(pictures: LivePictures, boxes: bool) -> None:
    """Of what is followed; a doubted track is not."""
    asked = Asked(pictures, boxes=boxes)
    step = make_step(0.9, tracks=(make_track(box=BOX), make_track(2, box=(0.7, 0.2, 0.9, 0.9), confirmed=False)))
    step.frame.i420[:] = 128
    pictures.show("aisle", step, BLIND)
    picture = asked.picture().astype(int)
    green = picture[..., 1] - picture[..., [0, 2]].max(axis=2) > 40
    assert bool(green.any()) == boxes
    assert not green[:, round(0.65 * WIDTH) :].any()


@pytest.mark.parametrize(
    "step",
    [
        make_step(1.0, found(BOX)),
        make_step(1.0, found(), tracks=(make_track(box=BOX, confirmed=False, seen=False),)),
    ],
    ids=["detected", "followed"],
)
def test_people_are_made_unrecognisable(pictures: LivePictures, step: Step) -> None:
    """Who was detected on it, however doubtful, and who is only followed; the rest stays as it is."""
    asked, plain = Asked(pictures, pixelated=True), Asked(pictures)
    pictures.show("aisle", step, BLIND)
    hidden, open_ = asked.picture(), plain.picture()
    assert detail(hidden, BOX) < 0.3 * detail(open_, BOX)
    rest = (0.7, 0.0, 1.0, 1.0)
    assert detail(hidden, rest) == pytest.approx(detail(open_, rest), rel=0.1)


def test_hiding_people_takes_a_look_at_that_very_picture(pictures: LivePictures) -> None:
    """Nothing moves and nobody would look: the detector is asked. Something moves: it will look before long."""
    asked, plain = Asked(pictures, pixelated=True), Asked(pictures)
    pictures.show("aisle", make_step(1.0, moves=True), BLIND)
    plain.picture()
    assert asked.waits
    pictures.show("aisle", make_step(2.0), ScriptedDetector({20: [("person", 0.3, BOX)]}))
    assert detail(asked.picture(), BOX) < 0.3 * detail(plain.picture(), BOX)


def test_a_detector_that_knows_no_people_hides_everything(pictures: LivePictures) -> None:
    """They may be anywhere."""
    asked = Asked(pictures, pixelated=True)
    pictures.show("aisle", make_step(1.0, found(labels=("bottle",))), BLIND)
    assert detail(asked.picture(), (0.0, 0.0, 1.0, 1.0)) < 8.0


def test_many_who_ask_at_once_cost_one_copy_and_one_encoding(
    pictures: LivePictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All who wait get the same picture."""
    encoded: list[int] = []
    encode: Callable[..., tuple[bool, Picture]] = cv2.imencode

    def counted(*arguments: object) -> tuple[bool, Picture]:
        encoded.append(1)
        return encode(*arguments)

    monkeypatch.setattr("device.recorder.shot.cv2.imencode", counted)
    asked = [Asked(pictures) for _ in range(8)]
    pictures.show("aisle", make_step(1.0), BLIND)
    first = asked[0].picture()
    assert all((each.picture() == first).all() for each in asked)
    assert len(encoded) == 1
