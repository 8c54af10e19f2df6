"""The loop over the cameras: what reaches whom, and whose failure stops whom."""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from device.capture.bell import Bell
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.capture.restarting import RestartingCamera, Standing
from device.care import Ease
from device.clock import SimulatedClock, SystemClock
from device.core.camera_stats import CameraStats
from device.core.camera_watch import CameraWatch
from device.core.event import ArmedState, Event
from device.core.frame import Frame
from device.core.frozen_watch import FrozenWatch
from device.core.look_rate import LookRate
from device.detect.scripted import ScriptedDetector
from device.errors import CameraError, EndOfStream, ModelError
from device.lane import Lane
from device.pipeline import Step
from device.service import Service
from device.sinks.memory import MemorySink
from tests.capture.test_restarting import Entry, Yard
from tests.device.drawn import WALK, frames, truth_detector, write_scene
from tests.device.test_pipeline import make_pipeline

Turn = Frame | None
PATIENCE_S = 30.0


class PlayedCamera:
    """Plays given turns, in simulated time: a picture is there at once, a missing one costs the whole wait."""

    def __init__(self, turns: Iterable[Turn], clock: SimulatedClock, camera_id: str = "aisle") -> None:
        self.id = camera_id
        self.reason: str | None = None
        self.held = 0
        self._turns = iter(turns)
        self._clock = clock

    def next(self, timeout_s: float) -> Frame | None:
        """The next turn."""
        try:
            frame = next(self._turns)
        except StopIteration:
            raise EndOfStream(f"camera {self.id}: over") from None
        self.reason = "its process was ended by SIGKILL" if frame is None else None
        if frame is None:
            self._clock.wait(timeout_s)
            return None
        self._clock.wait(0.1)
        self.held += 1
        return replace(frame, t=self._clock.monotonic())

    def use_state(self, armed: ArmedState) -> None:
        """Nothing is private."""

    def use_masks(self, name: str) -> None:
        """It has none."""

    def set_rate(self, fps: float | None) -> None:
        """It plays what it is given."""

    def release(self, frame: Frame) -> None:
        """Count it."""
        self.held -= frame is not None

    def has_ended(self) -> bool:
        """There is no process."""
        return True

    def dropped(self) -> int:
        """None."""
        return 0

    def stats(self) -> CameraStats:
        """Not counted."""
        return CameraStats(0, 0, 0, None, None)

    def close(self) -> None:
        """Nothing to close."""


class Quiet:
    """Nothing ever rings: every wait lasts."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    def wait(self, timeout_s: float) -> None:
        """Let the time pass."""
        self._clock.wait(timeout_s)


def lane_of(camera: PlayedCamera, clock: SimulatedClock, detector: ScriptedDetector | None = None) -> Lane:
    """A camera with all stages, which sees the truth."""
    return Lane(camera, make_pipeline(detector or truth_detector()), CameraWatch(clock.monotonic()))


def ignore(lane: Lane, step: Step | None) -> None:
    """Watch nothing."""


def run_all(
    *lanes: Lane, clock: SimulatedClock, on_step: Callable[[Lane, Step | None], None] | None = None
) -> tuple[tuple[Event, ...], list[str]]:
    """Until every recording is over; what was told, and which recordings ended in which order."""
    sink, ended = MemorySink(), list[str]()
    service = Service(
        lanes,
        emit=sink.handle,
        on_step=on_step or ignore,
        on_end=lambda lane: ended.append(lane.camera.id),
        clock=clock,
        news=Quiet(clock),
    )
    service.run(threading.Event())
    return sink.events, ended


def test_what_happens_reaches_whoever_is_told() -> None:
    """Events come out in order, with the wall time of their pictures; every picture is given back."""
    clock = SimulatedClock()
    camera = PlayedCamera(frames(), clock)
    told, ended = run_all(lane_of(camera, clock), clock=clock)

    assert sorted((event.kind, event.state) for event in told) == [
        ("line_crossed", "start"), ("person_in_zone", "end"), ("person_in_zone", "start"),
    ]  # fmt: skip
    assert told[0].time.startswith("2000-01-01T12:00:0")
    assert told[0].clock_synced
    assert ended == ["aisle"]
    assert camera.held == 0


def test_what_lasts_when_the_guard_stops_is_told_to_end() -> None:
    """A consumer is not left with a zone that is occupied for ever."""
    clock, stop, sink = SimulatedClock(), threading.Event(), MemorySink()
    camera = PlayedCamera(frames(), clock)

    def stop_inside(lane: Lane, step: Step | None) -> None:
        if any(event.kind == "person_in_zone" for event in sink.events):
            stop.set()

    Service((lane_of(camera, clock),), emit=sink.handle, on_step=stop_inside, clock=clock, news=Quiet(clock)).run(stop)
    start, *_, end = (event for event in sink.events if event.kind == "person_in_zone")

    assert (start.state, end.state) == ("start", "end")
    assert end.event_id == start.event_id
    assert end.reasons[-1] == "the guard was stopped"


def test_a_camera_that_dies_is_told_and_its_return_too() -> None:
    """As an alarm within ten seconds, with what its process said last; the end names the same happening."""
    clock = SimulatedClock()
    walk = list(frames())
    turns: list[Turn] = [*walk[:20], *[None] * 150, *walk[20:]]
    told, _ = run_all(lane_of(PlayedCamera(turns, clock), clock), clock=clock)

    start, end = (event for event in told if event.kind == "camera_lost")
    assert (start.state, end.state, start.priority) == ("start", "end", "alarm")
    assert start.t_emitted - start.t_start <= 10.0
    assert "its process was ended by SIGKILL" in start.reasons
    assert start.event_id == end.event_id
    assert end.t_end is not None
    assert end.t_end - end.t_start >= 29.0


def test_one_lost_camera_does_not_stop_another() -> None:
    """The other one's events come all the same, and its recording ends while the first is still lost."""
    clock = SimulatedClock()
    dead = lane_of(PlayedCamera([None] * 400, clock, "dead"), clock)
    good = lane_of(PlayedCamera(frames(), clock, "good"), clock)
    told, ended = run_all(dead, good, clock=clock)

    assert {(event.kind, event.state) for event in told} == {
        ("camera_lost", "start"), ("camera_lost", "end"),
        ("person_in_zone", "start"), ("person_in_zone", "end"), ("line_crossed", "start"),
    }  # fmt: skip
    assert ended == ["good", "dead"]


def test_whoever_watches_sees_every_turn() -> None:
    """Each step while its picture is there, and None once no picture came for a while: both feed the watchdog."""
    clock = SimulatedClock()
    camera = PlayedCamera([*list(frames())[:3], *[None] * 3], clock)
    seen = []

    def watch(lane: Lane, step: Step | None) -> None:
        seen.append((lane.camera.id, step is not None, camera.held))

    run_all(lane_of(camera, clock), clock=clock, on_step=watch)
    assert seen == [("aisle", True, 1)] * 3 + [("aisle", False, 0)] * 2


def test_it_stops_when_told() -> None:
    """After the turn in which it was told, and before the first one where it was told already."""
    clock, stop = SimulatedClock(), threading.Event()
    steps = []

    def watch(lane: Lane, step: Step | None) -> None:
        steps.append(step)
        if len(steps) == 3:
            stop.set()

    lane = lane_of(PlayedCamera(frames(), clock), clock)
    for _ in range(2):
        Service((lane,), emit=MemorySink().handle, on_step=watch, clock=clock, news=Quiet(clock)).run(stop)
        assert len(steps) == 3


def test_a_loss_that_lasts_ends_with_the_guard() -> None:
    """Or whoever is told would hold it for lost for ever, and hear of the same loss again after a reload."""
    clock, stop, sink = SimulatedClock(), threading.Event(), MemorySink()
    dead = lane_of(PlayedCamera([*list(frames())[:3], *[None] * 400], clock), clock)

    def stop_when_lost(lane: Lane, step: Step | None) -> None:
        if lane.watch.lost:
            stop.set()

    Service((dead,), emit=sink.handle, on_step=stop_when_lost, clock=clock, news=Quiet(clock)).run(stop)
    start, end = (event for event in sink.events if event.kind == "camera_lost")
    assert (start.state, end.state) == ("start", "end")
    assert end.event_id == start.event_id
    assert end.t_end == end.t_emitted
    assert end.reasons == ("the guard was stopped",)


def test_a_rate_that_was_told_ends_with_the_guard() -> None:
    """The next service starts with the full rate."""
    clock, stop, sink = SimulatedClock(), threading.Event(), MemorySink()
    lane = lane_of(PlayedCamera([*list(frames()) * 20], clock), clock)
    ease = Ease(rate=LookRate(5.0), messages=make_pipeline(truth_detector()).messages)

    def load(_: Lane, step: Step | None) -> None:
        clock.wait(1.0)
        if any(event.kind == "health" for event in sink.events):
            stop.set()

    Service((lane,), emit=sink.handle, on_step=load, clock=clock, news=Quiet(clock), ease=ease).run(stop)
    start, end = (event for event in sink.events if event.kind == "health")
    assert (start.state, end.state, end.event_id) == ("start", "end", start.event_id)
    assert end.reasons == ("the guard was stopped",)


def test_a_camera_that_hangs_from_the_start_is_told_in_time_and_holds_up_no_other() -> None:
    """The other one has its first step at once; the loss is told within ten seconds of the start."""
    clock, steps, ready = SimulatedClock(), list[float](), list[float]()
    dead = lane_of(PlayedCamera([None] * 400, clock, "dead"), clock)
    good = lane_of(PlayedCamera(frames(), clock, "good"), clock)
    begun, sink = clock.monotonic(), MemorySink()

    def note(lane: Lane, step: Step | None) -> None:
        if step is not None:
            assert ready
            steps.append(clock.monotonic())

    Service(
        (dead, good),
        emit=sink.handle,
        on_step=note,
        on_ready=lambda: ready.append(clock.monotonic()),
        clock=clock,
        news=Quiet(clock),
    ).run(threading.Event())
    assert len(ready) == 1
    assert steps[0] - begun < 1.0
    lost = [event.t_emitted for event in sink.events if event.kind == "camera_lost"]
    assert lost[0] - begun <= 10.0


@pytest.mark.parametrize("why", ["camera aisle: unplugged", None])
def test_a_guard_without_any_camera_is_none(why: str | None) -> None:
    """It ends: at once where each camera has said why it fails, after ten seconds where none says anything."""
    clock, sink = SimulatedClock(), MemorySink()
    begun = clock.monotonic()

    class Mute(PlayedCamera):
        def next(self, timeout_s: float) -> Frame | None:
            frame = super().next(timeout_s)
            self.reason = why
            return frame

    lanes = tuple(lane_of(Mute([None] * 400, clock, name), clock) for name in ("aisle", "yard"))
    service = Service(lanes, emit=sink.handle, on_step=ignore, clock=clock, news=Quiet(clock))
    with pytest.raises(CameraError, match=why or "no camera has given a picture for 10 s"):
        service.run(threading.Event())
    assert clock.monotonic() - begun < (1.0 if why else 10.5)
    states = sorted(event.state for event in sink.events)
    assert states == ([] if why else ["end", "end", "start", "start"])


def test_a_recording_without_a_picture_is_a_failure() -> None:
    """Nobody believes that it was guarded."""
    clock = SimulatedClock()
    with pytest.raises(CameraError, match="over"):
        run_all(lane_of(PlayedCamera([], clock), clock), clock=clock)


def test_a_detector_that_fails_ends_it_and_the_picture_is_given_back() -> None:
    """Blind without saying so would be worse than a restart by systemd."""
    clock = SimulatedClock()
    detector = truth_detector()
    detector.close()
    camera = PlayedCamera(frames(), clock)
    with pytest.raises(ModelError, match="closed"):
        run_all(lane_of(camera, clock, detector), clock=clock)
    assert camera.held == 0


def test_a_camera_that_cannot_be_started_again_for_a_while() -> None:
    """The real restarting camera, in simulated time: it dies, three starts fail, the fourth works."""
    clock = SimulatedClock()
    walk: list[Turn] = [*frames()]
    lives: list[list[Turn]] = [walk[:30], walk[30:]]
    starts = []

    def start(standing: Standing) -> PlayedCamera:
        starts.append(clock.monotonic())
        if 2 <= len(starts) < 6:
            raise CameraError("camera aisle: unplugged")
        return Dying(lives.pop(0), clock) if len(lives) > 1 else PlayedCamera(lives.pop(0), clock)

    camera = RestartingCamera("aisle", start, clock=clock, standing=Standing("away"), chance=lambda: 1.0)
    lane = Lane(camera, make_pipeline(truth_detector()), CameraWatch(0.0))
    told, _ = run_all(lane, clock=clock)

    start_event, end_event = (event for event in told if event.kind == "camera_lost")
    assert start_event.reasons[1] == "camera aisle: unplugged"
    assert end_event.state == "end"
    assert len(starts) == 6


class Dying(PlayedCamera):
    """Its end is a failure."""

    def next(self, timeout_s: float) -> Frame | None:
        """The next turn, or the failure."""
        try:
            return super().next(timeout_s)
        except EndOfStream:
            raise CameraError("camera aisle: its process was ended by SIGKILL") from None


def test_a_real_camera_is_killed_and_comes_back(tmp_path: Path) -> None:
    """A camera's process that dies is replaced before anybody needs to be told; pictures go on where they were."""
    clock, stop, bell = SystemClock(), threading.Event(), Bell()
    source, made, numbers = write_scene(tmp_path), list[CameraProcess](), list[int]()

    def start(standing: Standing) -> CameraProcess:
        made.append(CameraProcess("aisle", CameraRequest(source), clock=clock, on_news=bell.ring))
        return made[-1]

    def watch(lane: Lane, step: Step | None) -> None:
        if step is not None:
            numbers.append(step.frame.seq)
            if len(numbers) == 5:
                os.kill(made[0].pid, signal.SIGKILL)
        if len(numbers) >= 10 or clock.monotonic() > deadline:
            stop.set()

    deadline = clock.monotonic() + PATIENCE_S
    camera = RestartingCamera("aisle", start, clock=clock, standing=Standing("away"), chance=lambda: 0.0)
    lane = Lane(camera, make_pipeline(truth_detector(WALK)), CameraWatch(clock.monotonic()))
    try:
        Service((lane,), emit=MemorySink().handle, on_step=watch, clock=clock, news=bell).run(stop)
    finally:
        camera.close()
    assert len(made) == 2
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 10


def test_a_picture_that_stands_still_is_told_and_its_return_too() -> None:
    """As an alarm within ten seconds; the process is started again, and the first picture that differs ends it."""
    still: list[Entry] = [0, 1, 2, *range(-3, -150, -1)]
    yard = Yard(still, [0, *range(-1, -40, -1), *range(40, 60), EndOfStream("over")], can_freeze=True)
    lane = Lane(yard.camera, make_pipeline(truth_detector()), CameraWatch(100.0), FrozenWatch())
    told, _ = run_all(lane, clock=yard.clock)

    start, end = (event for event in told if event.kind == "tamper_frozen")
    assert (start.state, end.state, start.priority) == ("start", "end", "alarm")
    assert start.t_emitted - start.t_start <= 10.0
    assert "its process is started again" in start.reasons
    assert start.event_id == end.event_id
    assert end.t_emitted - start.t_emitted > 3.0
    assert len(yard.made) == 2
    assert not [event for event in told if event.kind == "camera_lost"]


def test_a_standstill_that_lasts_ends_with_the_guard() -> None:
    """As a loss does."""
    yard = Yard([0, 1, 2, *range(-3, -150, -1)], can_freeze=True)
    lane = Lane(yard.camera, make_pipeline(truth_detector()), CameraWatch(100.0), FrozenWatch())
    stop, sink = threading.Event(), MemorySink()

    def stop_when_told(_: Lane, step: Step | None) -> None:
        if any(event.kind == "tamper_frozen" for event in sink.events):
            stop.set()

    Service((lane,), emit=sink.handle, on_step=stop_when_told, clock=yard.clock, news=Quiet(yard.clock)).run(stop)
    start, end = (event for event in sink.events if event.kind == "tamper_frozen")
    assert (start.state, end.state, end.event_id) == ("start", "end", start.event_id)
    assert end.reasons == ("the guard was stopped",)
