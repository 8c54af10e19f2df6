"""What is private is in no clip, no still and no snapshot, also while the armed state changes."""

import contextlib
import io
import threading
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device.capture.bell import Bell
from device.capture.packet_store import PacketStore
from device.capture.process import CameraProcess
from device.capture.restarting import RestartingCamera, Standing
from device.capture.wishes import request_of
from device.clock import SystemClock
from device.core.camera_watch import CameraWatch
from device.core.detections import Detections
from device.core.event import ARMED_STATES, ArmedState
from device.core.frame import Frame
from device.detect.scripted import ScriptedDetector
from device.lane import Lane
from device.pipeline import Step
from device.recorder.folder_archive import FolderArchive
from device.recorder.pictures import LivePictures
from device.recorder.plan import RecordingSettings
from device.recorder.recorder import Recorder
from device.service import Service
from device.sinks.memory import MemorySink
from tests.capture.test_private import MAY_SHOW, TABLE
from tests.device.test_pipeline import make_pipeline
from tests.events import make_event

PATIENCE_S = 60.0
STEPS, EVERY = 84, 7
NEAR_S = 0.005
BLACK = 40
"""Luma, 0..255, that compression does not make of 16; the drawn room is far brighter."""


def sides(grey: NDArray[np.uint8]) -> set[str]:
    """Which sides show anything."""
    third = grey.shape[1] * 2 // 5 - 4
    return {name for name, part in (("left", grey[:, :third]), ("right", grey[:, -third:])) if part.max() > BLACK}


def sides_of_jpeg(data: bytes) -> set[str]:
    """The same of a JPEG."""
    return sides(np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8))


class SlowDetector(ScriptedDetector):
    """Sees nobody, and takes half the time that there is: the state changes while it looks."""

    def __init__(self) -> None:
        super().__init__({}, ("person", "car"))

    def detect(self, frame: Frame) -> Detections:
        """Look for long."""
        SystemClock().wait(0.05)
        return super().detect(frame)


class Guarded:
    """A service over one camera whose armed state changes again and again, with all that makes pictures behind it."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.bell, self.stop = SystemClock(), Bell(), threading.Event()
        self.store, self.archive = PacketStore(120.0, 50_000_000), FolderArchive(folder)
        settings = RecordingSettings(pre_roll_s=60.0, post_roll_s=30.0, max_clip_s=200.0)
        self.recorder = Recorder({"aisle": self.store}, settings, self.archive, self.clock)
        self.pictures = LivePictures(["aisle"], self.clock)
        self.changes: list[tuple[float, float, ArmedState]] = [(0.0, 0.0, "home")]
        """When each began and was over, s, and the state from then on."""
        self.stills: dict[str, float] = {}
        """By name, when its picture was taken, s."""
        self.snapshots: dict[ArmedState, set[str]] = {}
        self._steps = 0
        self._due = threading.Semaphore(0)  # released for each change of the state that is due
        self._deadline = self.clock.monotonic() + PATIENCE_S

    def start(self, standing: Standing) -> CameraProcess:
        """The camera's process, with packets."""
        request = request_of(TABLE, armed=standing.armed)
        return CameraProcess("aisle", request, clock=self.clock, on_news=self.bell.ring, packets=self.store)

    def run(self) -> None:
        """Until there were enough pictures."""
        camera = RestartingCamera("aisle", self.start, clock=self.clock, standing=Standing("home"))
        pipeline = make_pipeline(SlowDetector(), every_frame=True)
        lane = Lane(camera, pipeline, CameraWatch(self.clock.monotonic()))
        self.service = Service((lane,), emit=MemorySink().handle, on_step=self._after, clock=self.clock, news=self.bell)
        loops = self.recorder.loops
        for loop in loops:
            loop.start()
        changing = threading.Thread(target=self._change)
        changing.start()
        with contextlib.closing(camera):
            self.service.run(self.stop)
        self._due.release()
        changing.join()
        for loop in loops:
            assert loop.stop(PATIENCE_S)

    def _after(self, lane: Lane, step: Step | None) -> None:
        if self.clock.monotonic() > self._deadline:
            self.stop.set()
        if step is None:
            return
        now, self._steps = step.frame.t, self._steps + 1
        event = make_event(priority="alarm", t_start=now, t_emitted=now, t_end=now, objects=())
        if self._steps % EVERY in {0, EVERY // 2, EVERY - 1}:
            self.stills |= dict.fromkeys(self.recorder.mark(event).evidence.stills, now)
        self.recorder.show("aisle", step, lane.pipeline.detector)
        self.pictures.show("aisle", step, lane.pipeline.detector)
        if self._steps % EVERY == 0:
            self._due.release()
        if self._steps >= STEPS:
            self.stop.set()

    def _change(self) -> None:
        """Somebody who arms and disarms while the pipeline is at work on a picture, and asks for one right after."""
        while self._due.acquire() and not self.stop.is_set():
            self.clock.wait(0.06)
            state = ARMED_STATES[len(self.changes) % 4]
            begun = self.clock.monotonic()
            self.service.use_state(state)
            self.changes.append((begun, self.clock.monotonic(), state))
            jpeg = self.pictures.jpeg("aisle", boxes=False, pixelated=False, timeout_s=5.0)
            if jpeg is not None:
                self.snapshots.setdefault(state, set()).update(sides_of_jpeg(jpeg))

    def states_at(self, t: float) -> set[ArmedState]:
        """What held at a time; two, while it changed. Times in a clip are right to some milliseconds."""
        begun = [state for begun, _, state in self.changes if begun <= t + NEAR_S]
        over = [state for _, over, state in self.changes if over <= t - NEAR_S]
        return {begun[-1], over[-1]}


@pytest.mark.slow
def test_no_clip_no_still_and_no_snapshot_shows_what_is_private(tmp_path: Path) -> None:
    """Each picture shows what the state in which it was taken allows, and where that is something, it does show it."""
    guarded = Guarded(tmp_path)
    guarded.run()
    assert guarded.snapshots == MAY_SHOW

    assert len(guarded.stills) == len([name for name in guarded.archive.files if name.endswith(".jpg")])
    plain = {name: t for name, t in guarded.stills.items() if not name.endswith("-boxes.jpg")}
    assert shown_in(guarded, [(t, sides_of_jpeg((tmp_path / name).read_bytes())) for name, t in plain.items()])

    (clip,) = [name for name in guarded.archive.files if name.endswith(".mp4")]
    run = guarded.store.since(0.0)
    assert run is not None
    zero = run.packets[0].t
    with av.open(io.BytesIO((tmp_path / clip).read_bytes()), "r") as container:
        pictures = [
            (zero + float(picture.time or 0.0), sides(np.asarray(picture.to_ndarray(format="gray"), np.uint8)))
            for picture in container.decode(video=0)
        ]
    assert shown_in(guarded, pictures) == MAY_SHOW


def shown_in(guarded: Guarded, pictures: list[tuple[float, set[str]]]) -> dict[ArmedState, set[str]]:
    """What was seen in each state, of pictures with their times; none shows more than it may."""
    shown: dict[ArmedState, set[str]] = {}
    for t, found in pictures:
        states = guarded.states_at(t)
        assert found <= set().union(*(MAY_SHOW[state] for state in states))
        if len(states) == 1:
            shown.setdefault(states.pop(), set()).update(found)
    return shown
