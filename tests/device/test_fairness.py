"""Several cameras and one detector: who gets how much of it, and what waits for what."""

import threading
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from device.care import Ease
from device.clock import SimulatedClock
from device.core.camera_stats import CameraStats
from device.core.camera_watch import CameraWatch
from device.core.detections import Detections
from device.core.event import ArmedState, Event
from device.core.frame import Frame
from device.core.look_rate import LookRate
from device.core.motion import Motion, MotionGate
from device.core.pace import LookPace
from device.errors import EndOfStream
from device.lane import Lane
from device.pipeline import Step
from device.service import Service
from device.sinks.memory import MemorySink
from tests.device.drawn import frames, truth_detector
from tests.device.test_pipeline import make_pipeline
from tests.device.test_service import Quiet


class Street:
    """A camera in simulated time: a picture is due so many times a second, the newest one wins; it may hang."""

    def __init__(self, clock: SimulatedClock, camera_id: str, *, fps: float = 15.0, hangs_from: float = 1e9) -> None:
        self.id, self.reason = camera_id, None
        self._clock, self._fps, self._hangs_from, self._taken = clock, fps, hangs_from, -1
        self._pixels = next(iter(frames())).i420

    def next(self, timeout_s: float) -> Frame | None:
        """The newest picture, if there is one."""
        now = self._clock.monotonic()
        newest = int(min(now, self._hangs_from) * self._fps)
        if now > 60.0:
            raise EndOfStream("over")
        if newest <= self._taken:
            self._clock.wait(timeout_s)
            return None
        self._taken = newest
        return Frame(newest, newest / self._fps, None, self._pixels)

    def use_state(self, armed: ArmedState) -> None:
        """Nothing is private."""

    def release(self, frame: Frame) -> None:
        """Nothing is kept."""

    def dropped(self) -> int:
        """Not counted."""
        return 0

    def stats(self) -> CameraStats:
        """Not counted."""
        return CameraStats(0, 0, 0, None, None)

    def close(self) -> None:
        """Nothing to close."""


class Laborious:
    """A detector that takes its time, in simulated seconds."""

    def __init__(self, clock: SimulatedClock, look_s: float) -> None:
        inner = truth_detector()
        self.card, self._inner, self._clock, self.look_s = inner.card, inner, clock, look_s

    def detect(self, frame: Frame) -> Detections:
        """Nobody, later."""
        self._clock.wait(self.look_s)
        return self._inner.detect(replace(frame, seq=10**6))

    def close(self) -> None:
        """Nothing to close."""


class Soon(Quiet):
    """The next picture is never far."""

    def wait(self, timeout_s: float) -> None:
        """A moment."""
        self._clock.wait(min(timeout_s, 0.005))


def guard_a_minute(
    cameras: list[Street], clock: SimulatedClock, look_s: float, ease: Ease | None = None
) -> tuple[dict[str, int], dict[str, list[float]], Service, list[Event]]:
    """Looks and ages of the pictures, by camera, where every camera wants all looks that it can have."""
    looks, ages = dict.fromkeys((camera.id for camera in cameras), 0), dict[str, list[float]]()
    detector = Laborious(clock, look_s)
    lanes = []
    for camera in cameras:
        pipeline = make_pipeline(truth_detector())
        pipeline.detector, pipeline.gate, pipeline.pace = detector, OpenGate(), LookPace(5.0)
        lanes.append(Lane(camera, pipeline, CameraWatch(0.0)))

    def note(lane: Lane, step: Step | None) -> None:
        if step is not None:
            looks[lane.camera.id] += step.detections is not None
            ages.setdefault(lane.camera.id, []).append(clock.monotonic() - step.frame.t)

    sink = MemorySink()
    service = Service(tuple(lanes), emit=sink.handle, on_step=note, clock=clock, news=Soon(clock), ease=ease)
    service.run(threading.Event())
    return looks, ages, service, list(sink.events)


class OpenGate(MotionGate):
    """Something moves all the time."""

    def update(self, luma: NDArray[np.uint8], t: float) -> Motion:
        """Open."""
        return replace(super().update(luma, t), open=True)


def test_four_cameras_share_the_detector_fairly() -> None:
    """Each has its five looks a second, and no picture waits for longer than the looks of the others take."""
    clock = SimulatedClock()
    looks, ages, _, _ = guard_a_minute([Street(clock, f"camera-{n}") for n in range(4)], clock, 0.03)
    assert all(290 <= count <= 310 for count in looks.values())
    assert max(max(each) for each in ages.values()) <= 4 * 0.03 + 1 / 15


def test_a_camera_that_hangs_takes_nothing_from_the_others() -> None:
    """Neither looks nor time."""
    clock = SimulatedClock()
    cameras = [Street(clock, f"camera-{n}") for n in range(3)]
    looks, ages, _, events = guard_a_minute([Street(clock, "dead", hangs_from=5.0), *cameras], clock, 0.03)
    assert all(290 <= looks[camera.id] <= 310 for camera in cameras)
    assert max(max(ages[camera.id]) for camera in cameras) <= 4 * 0.03 + 1 / 15
    assert [event.camera is not None and event.kind for event in events if event.kind == "camera_lost"]


def test_under_load_looks_give_way_and_delay_does_not_grow() -> None:
    """Looks of 100 ms on four cameras: twenty a second do not fit, fewer do, alike for all; the device says so."""
    clock = SimulatedClock()
    made = make_pipeline(truth_detector()).messages
    ease = Ease(rate=LookRate(5.0), messages=made)
    cameras = [Street(clock, f"camera-{n}") for n in range(4)]
    looks, ages, service, events = guard_a_minute(cameras, clock, 0.1, ease)
    assert max(looks.values()) - min(looks.values()) <= 0.1 * max(looks.values())
    assert 1.0 <= ease.rate.per_s <= 2.2
    late = [age for each in ages.values() for age in each[len(each) // 2 :]]
    assert sum(late) / len(late) < 0.25
    assert max(late) < 0.55
    assert [event.state for event in events if event.kind == "health"] == ["start", "end"]
    health = service.health["camera-0"]
    assert health.looks_limit_per_s == ease.rate.per_s
    assert health.fps > 8.0
