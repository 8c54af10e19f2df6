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
from device.core.event import ARMED_STATES, ArmedState
from device.lane import Lane
from device.pipeline import Step
from device.recorder.folder_archive import FolderArchive
from device.recorder.pictures import LivePictures
from device.recorder.plan import RecordingSettings
from device.recorder.recorder import Recorder
from device.service import Service
from device.sinks.memory import MemorySink
from tests.capture.test_private import MAY_SHOW, TABLE
from tests.device.drawn import truth_detector
from tests.device.test_pipeline import make_pipeline
from tests.events import make_event

PATIENCE_S = 60.0
STEPS, EVERY = 84, 7
BLACK = 40
"""Luma, 0..255, that compression does not make of 16; the drawn room is far brighter."""


def sides(grey: NDArray[np.uint8]) -> set[str]:
    """Which sides show anything."""
    third = grey.shape[1] * 2 // 5 - 4
    return {name for name, part in (("left", grey[:, :third]), ("right", grey[:, -third:])) if part.max() > BLACK}


def sides_of_jpeg(data: bytes) -> set[str]:
    """The same of a JPEG."""
    return sides(np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8))


class Guarded:
    """A service over one camera whose armed state changes again and again, with all that makes pictures behind it."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.bell, self.stop = SystemClock(), Bell(), threading.Event()
        self.store, self.archive = PacketStore(120.0, 50_000_000), FolderArchive(folder)
        settings = RecordingSettings(pre_roll_s=60.0, post_roll_s=30.0, max_clip_s=200.0)
        self.recorder = Recorder({"aisle": self.store}, settings, self.archive, self.clock)
        self.pictures = LivePictures(["aisle"], self.clock)
        self.state: ArmedState = "home"
        self.changes: list[tuple[float, ArmedState]] = [(0.0, "home")]
        self.stills: dict[str, ArmedState] = {}
        self.snapshots: dict[ArmedState, set[str]] = {}
        self._steps = 0
        self._deadline = self.clock.monotonic() + PATIENCE_S

    def start(self, standing: Standing) -> CameraProcess:
        """The camera's process, with packets."""
        request = request_of(TABLE, armed=standing.armed)
        return CameraProcess("aisle", request, clock=self.clock, on_news=self.bell.ring, packets=self.store)

    def run(self) -> None:
        """Until there were enough pictures."""
        camera = RestartingCamera("aisle", self.start, clock=self.clock, standing=Standing("home"))
        pipeline = make_pipeline(truth_detector(), every_frame=True)
        lane = Lane(camera, pipeline, CameraWatch(self.clock.monotonic()))
        self.service = Service((lane,), emit=MemorySink().handle, on_step=self._after, clock=self.clock, news=self.bell)
        loops = self.recorder.loops
        for loop in loops:
            loop.start()
        looking = threading.Thread(target=self._look)
        looking.start()
        with contextlib.closing(camera):
            self.service.run(self.stop)
        looking.join()
        for loop in loops:
            assert loop.stop(PATIENCE_S)

    def _after(self, lane: Lane, step: Step | None) -> None:
        if self.clock.monotonic() > self._deadline:
            self.stop.set()
        if step is None:
            return
        now, self._steps = step.frame.t, self._steps + 1
        event = make_event(priority="alarm", t_start=now, t_emitted=now, t_end=now, objects=())
        if self._steps % EVERY in {1, EVERY - 1}:
            self.stills |= dict.fromkeys(self.recorder.mark(event).evidence.stills, self.state)
        self.recorder.show("aisle", step, lane.pipeline.detector)
        self.pictures.show("aisle", step, lane.pipeline.detector)
        if self._steps % EVERY == 0:
            state = ARMED_STATES[self._steps // EVERY % 4]
            self.service.use_state(state)
            self.state = state
            self.changes.append((self.clock.monotonic(), state))
        if self._steps >= STEPS:
            self.stop.set()

    def _look(self) -> None:
        """Somebody who watches the page all the time."""
        while not self.stop.is_set():
            state, count = self.state, len(self.changes)
            jpeg = self.pictures.jpeg("aisle", boxes=False, pixelated=False, timeout_s=1.0)
            if jpeg is not None and count == len(self.changes):
                self.snapshots.setdefault(state, set()).update(sides_of_jpeg(jpeg))

    def state_at(self, t: float) -> ArmedState:
        """What held at a time."""
        return next(state for since_t, state in reversed(self.changes) if since_t <= t)


@pytest.mark.slow
def test_no_clip_no_still_and_no_snapshot_shows_what_is_private(tmp_path: Path) -> None:
    """Each picture shows what the state in which it was taken allows, and where that is something, it does show it."""
    guarded = Guarded(tmp_path)
    guarded.run()
    assert guarded.snapshots == MAY_SHOW

    assert len(guarded.stills) == len([name for name in guarded.archive.files if name.endswith(".jpg")])
    shown: dict[ArmedState, set[str]] = {}
    for name, state in guarded.stills.items():
        found = sides_of_jpeg((tmp_path / name).read_bytes())
        if not name.endswith("-boxes.jpg"):
            shown.setdefault(state, set()).update(found)
            assert found <= MAY_SHOW[state]
    assert shown == MAY_SHOW

    (clip,) = [name for name in guarded.archive.files if name.endswith(".mp4")]
    run = guarded.store.since(0.0)
    assert run is not None
    shown = {}
    with av.open(io.BytesIO((tmp_path / clip).read_bytes()), "r") as container:
        for picture in container.decode(video=0):
            state = guarded.state_at(run.packets[0].t + float(picture.time or 0.0) + 0.002)
            found = sides(np.asarray(picture.to_ndarray(format="gray"), np.uint8))
            assert found <= MAY_SHOW[state]
            shown.setdefault(state, set()).update(found)
    assert shown == MAY_SHOW
