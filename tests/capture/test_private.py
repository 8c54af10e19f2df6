"""What is private is seen by nobody: not at rest, not while the armed state changes, not after a restart."""

import contextlib
import itertools
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.app import open_lanes
from device.capture.bell import Bell
from device.capture.cover import Cover
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest, Polygon
from device.capture.restarting import RestartingCamera, Standing
from device.capture.wishes import request_of
from device.clock import SystemClock
from device.config.arming import ArmingTable
from device.config.cameras import CameraTable, PrivateTable
from device.config.model import Config, DeviceTable
from device.core.camera_watch import CameraWatch
from device.core.detections import Detections
from device.core.event import ARMED_STATES, ArmedState
from device.core.frame import Frame
from device.core.geometry import polygon_fault
from device.core.motion import Motion, MotionGate
from device.core.picture_health import HealthMeter
from device.core.pixelate import pixelated
from device.detect.scripted import ScriptedDetector
from device.lane import Lane
from device.pipeline import Step
from device.service import Service
from device.sinks.memory import MemorySink
from tests.device.drawn import truth_detector
from tests.device.test_pipeline import make_pipeline

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 64, 48
PATIENCE_S = 40.0

LEFT: Polygon = ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0))
RIGHT: Polygon = ((0.6, 0.0), (1.0, 0.0), (1.0, 1.0), (0.6, 1.0))
TABLE = CameraTable(
    id="aisle",
    source="synthetic:?loop=1",
    private=(
        PrivateTable(polygon=tuple(LEFT), armed_in=("disarmed", "home")),
        PrivateTable(polygon=tuple(RIGHT), armed_in=("away", "home")),
    ),
)

fractions = st.floats(0.0, 1.0, allow_nan=False)
polygons = (
    st.lists(st.tuples(fractions, fractions), min_size=3, max_size=6)
    .map(tuple)
    .filter(lambda points: not polygon_fault(points))
)


def touched(polygon: Polygon) -> NDArray[np.bool_]:
    """Pixels of which any of 25 points lies inside, by winding: another way than the mask's own."""
    x, y = np.meshgrid((np.arange(WIDTH * 5) + 0.5) / 5 / WIDTH, (np.arange(HEIGHT * 5) + 0.5) / 5 / HEIGHT)
    turns = np.zeros(x.shape)
    corners = [*polygon, polygon[0]]
    for (x1, y1), (x2, y2) in itertools.pairwise(corners):
        side = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)
        turns += ((y1 <= y) & (y2 > y) & (side > 0)).astype(float) - ((y1 > y) & (y2 <= y) & (side < 0)).astype(float)
    hit = turns % 2 != 0
    covered: NDArray[np.bool_] = hit.reshape(HEIGHT, 5, WIDTH, 5).any(axis=(1, 3))
    return covered


@given(st.lists(polygons, min_size=1, max_size=3), st.integers(0, 2**31))
def test_two_scenes_that_differ_only_behind_the_masks_become_one(masks: list[Polygon], seed: int) -> None:
    """So nothing that is made of the picture, by whomever, can tell what happened there."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 256, (HEIGHT * 3 // 2, WIDTH)).astype(np.uint8)
    second = first.copy()
    luma = np.logical_or.reduce([touched(polygon) for polygon in masks])
    chroma = luma.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).any(axis=(1, 3))
    hidden = np.concatenate([luma.reshape(-1), chroma.reshape(-1), chroma.reshape(-1)]).reshape(first.shape)
    second[hidden] = rng.integers(0, 256, int(hidden.sum()))
    cover = Cover(CameraRequest("synthetic:", masks=tuple(masks)), WIDTH, HEIGHT)
    for picture in (first, second):
        cover.blacken(picture, 0)
    assert (first == second).all()


def visible(frame: Frame) -> set[str]:
    """Which sides show anything but black and grey."""
    third = frame.width * 2 // 5 - 2
    chroma = frame.i420[frame.height :].reshape(2, frame.height // 2, frame.width // 2)
    sides = {"left": (frame.luma[:, :third], chroma[:, :, : third // 2])}
    sides["right"] = (frame.luma[:, -third:], chroma[:, :, -(third // 2) :])
    return {name for name, (luma, colour) in sides.items() if (luma != 16).any() or (colour != 128).any()}


MAY_SHOW: dict[ArmedState, set[str]] = {
    "disarmed": {"right"},
    "home": set(),
    "away": {"left"},
    "night": {"left", "right"},
}


class SeeingGate(MotionGate):
    """A gate that remembers whether it was shown what it must not see."""

    def __init__(self, note: Callable[[Picture], None]) -> None:
        super().__init__()
        self._note = note

    def update(self, luma: Picture, t: float) -> Motion:
        """Note it."""
        self._note(luma)
        return super().update(luma, t)


class SeeingDetector:
    """The same for a detector."""

    def __init__(self, inner: ScriptedDetector, note: Callable[[Picture], None]) -> None:
        self.card, self._inner, self._note = inner.card, inner, note

    def detect(self, frame: Frame) -> Detections:
        """Note it."""
        self._note(frame.luma)
        return self._inner.detect(frame)

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.slow
def test_no_consumer_sees_what_is_private_while_the_state_changes_and_the_camera_is_killed() -> None:
    """Gate, detector, drawing, still and what leaves the device: each sees no more than the state allows."""
    clock, stop, bell = SystemClock(), threading.Event(), Bell()
    state: list[ArmedState] = ["home"]
    made, steps, seen = list[CameraProcess](), list[Step](), dict[str, set[str]]()

    def start(standing: Standing) -> CameraProcess:
        made.append(CameraProcess("aisle", request_of(TABLE, armed=standing.armed), clock=clock, on_news=bell.ring))
        return made[-1]

    def note(luma: Picture) -> None:
        third = luma.shape[1] * 2 // 5 - 2
        shown = {name for name, part in (("left", luma[:, :third]), ("right", luma[:, -third:])) if (part != 16).any()}
        assert shown <= MAY_SHOW[state[0]]
        seen.setdefault(state[0], set()).update(shown)

    def after(lane: Lane, step: Step | None) -> None:
        if step is None:
            if clock.monotonic() > deadline:
                stop.set()
            return
        assert visible(step.frame) <= MAY_SHOW[state[0]]
        assert visible(Frame(0, 0.0, None, pixelated(step.frame.i420, [(0.0, 0.0, 1.0, 1.0)]))) <= MAY_SHOW[state[0]]
        assert step.frame.bgr()[:, : step.frame.width // 3].any() <= ("left" in MAY_SHOW[state[0]])
        steps.append(step)
        if len(steps) % 7 == 0:
            state[0] = ARMED_STATES[len(steps) // 7 % 4]
            service.use_state(state[0])
        if len(steps) == 30:
            os.kill(made[0].pid, signal.SIGKILL)
        if len(steps) >= 70:
            stop.set()

    deadline = clock.monotonic() + PATIENCE_S
    camera = RestartingCamera("aisle", start, clock=clock, standing=Standing("home"), chance=lambda: 0.0)
    pipeline = make_pipeline(truth_detector(), every_frame=True)
    pipeline.gate, pipeline.detector = SeeingGate(note), SeeingDetector(truth_detector(), note)
    lane = Lane(camera, pipeline, CameraWatch(clock.monotonic()))
    service = Service((lane,), emit=MemorySink().handle, on_step=after, clock=clock, news=bell)
    with contextlib.closing(camera):
        service.run(stop)
    assert len(steps) >= 70
    assert len(made) == 2
    assert seen == MAY_SHOW


@pytest.mark.parametrize("begun", [False, True])
def test_a_state_that_changes_while_cameras_are_opened_hides_from_the_first_picture_on(begun: bool) -> None:
    """As the service opens them: armed before the process is there, and while it has given no picture yet."""
    head = DeviceTable(id="shop-1", state_dir=Path("state"))
    config = Config(device=head, cameras=(TABLE,), arming=ArmingTable(state="night"))
    with open_lanes(config, truth_detector(), SystemClock()) as (lane,):
        if begun:
            assert lane.camera.next(0.0) is None
        lane.camera.use_state("home")
        for _ in range(10):
            frame = lane.camera.next(20.0)
            assert frame is not None
            assert not visible(frame)
            lane.camera.release(frame)


def test_a_camera_that_sees_nothing_at_all_is_not_frozen() -> None:
    """Where everything is private, its picture is black; its sensor still lives."""
    whole = CameraTable(
        id="aisle", source="synthetic:?loop=1", masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)
    )
    with contextlib.closing(CameraProcess("aisle", request_of(whole, armed="away"))) as camera:
        for _ in range(10):
            frame = camera.next(20.0)
            assert frame is not None
            assert not visible(frame)
            camera.release(frame)
        assert camera.stats().same_in_a_row == 0


def test_a_private_area_measures_as_if_it_were_not_there() -> None:
    """The health of the picture is that of what may be seen."""
    rng = np.random.default_rng(1)
    luma = rng.integers(60, 180, (240, 320)).astype(np.uint8)
    whole = HealthMeter().update(luma, 0.0)
    luma[:, :120] = 16
    private = ((0.0, 0.0), (0.375, 0.0), (0.375, 1.0), (0.0, 1.0))
    part = HealthMeter(masks=[private]).update(luma, 0.0)
    assert whole is not None
    assert part is not None
    assert abs(whole.mean - part.mean) < 3.0
