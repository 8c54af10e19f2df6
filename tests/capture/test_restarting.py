"""A camera that is started again, in simulated time."""

import itertools
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from device.capture.back_off import back_off_s, standstill_s
from device.capture.restarting import RestartingCamera, Standing
from device.clock import SimulatedClock
from device.core.camera_stats import CameraStats
from device.core.frame import Frame
from device.errors import CameraError, EndOfStream

Entry = int | CameraError | None


class ScriptedCamera:
    """A camera that does what its script says, one entry a call: a number of a picture, None, or an error.

    A negative number is a picture that equals the one before it.
    """

    def __init__(self, clock: SimulatedClock, script: list[Entry]) -> None:
        self.id = "aisle"
        self.told: list[str | float | None] = []
        self.closing: threading.Event | None = None
        self._stats = CameraStats(0, 2, 0, None, None)
        self.released: list[int] = []
        self.closed = False
        self.ended = True
        self._clock = clock
        self._script = script

    def next(self, timeout_s: float) -> Frame | None:
        """The next entry; nothing more once it is used up."""
        entry = self._script.pop(0) if self._script else None
        if isinstance(entry, CameraError):
            raise entry
        if entry is None:
            self._clock.wait(timeout_s)
            return None
        self._clock.wait(0.1)
        self._count(self._clock.monotonic(), same=entry < 0)
        return Frame(abs(entry), float(abs(entry)), None, np.zeros((3, 2), np.uint8))

    def _count(self, now: float, *, same: bool) -> None:
        before = self._stats
        self._stats = replace(
            before,
            arrived=before.arrived + 1,
            first_picture_s=now if before.first_picture_s is None else before.first_picture_s,
            last_picture_s=now,
            last_change_s=before.last_change_s if same and before.arrived else now,
            same_in_a_row=before.same_in_a_row + 1 if same and before.arrived else 0,
        )

    def use_masks(self, name: str) -> None:
        """Note it."""
        self.told.append(name)

    def set_rate(self, fps: float | None) -> None:
        """Note it."""
        self.told.append(fps)

    def release(self, frame: Frame) -> None:
        """Note it."""
        self.released.append(frame.seq)

    def dropped(self) -> int:
        """Always the same."""
        return 2

    def stats(self) -> CameraStats:
        """As counted."""
        return self._stats

    def has_ended(self) -> bool:
        """As the test wishes."""
        return self.ended

    def close(self) -> None:
        """Note it, once nothing hinders."""
        if self.closing is not None:
            self.closing.wait(20.0)
        self.closed = True


class Yard:
    """A restarting camera over scripted ones, and all that a test asks about them."""

    def __init__(self, *scripts: list[Entry] | CameraError, can_freeze: bool = False) -> None:
        self.clock = SimulatedClock(monotonic=100.0)
        self.made: list[ScriptedCamera] = []
        self._scripts = list(scripts)
        self.standings: list[Standing] = []
        self.camera = RestartingCamera(
            "aisle",
            self._start,
            clock=self.clock,
            can_freeze=can_freeze,
            standing=Standing("away"),
            rates={"disarmed": 5.0},
            stall_s=3.0,
            chance=lambda: 1.0,
        )

    def _start(self, standing: Standing) -> ScriptedCamera:
        self.standings.append(standing)
        script = self._scripts.pop(0)
        if isinstance(script, CameraError):
            raise script
        self.made.append(ScriptedCamera(self.clock, script))
        return self.made[-1]

    def frames(self, calls: int) -> list[int]:
        """Numbers of the pictures that so many calls bring."""
        frames = [self.camera.next(0.25) for _ in range(calls)]
        return [frame.seq for frame in frames if frame is not None]


def test_numbers_go_on_over_a_restart() -> None:
    """A picture's number is never used twice, so that no frame is taken for another."""
    yard = Yard([0, 1, 4, CameraError("gone")], [0, 2])
    assert yard.frames(10) == [0, 1, 4, 5, 7]
    assert yard.camera.dropped() == 4
    assert [camera.closed for camera in yard.made] == [True, False]


def test_it_says_since_when_and_why_it_is_down() -> None:
    """Down since the last picture; well again with the next one."""
    yard = Yard([0, None, None, CameraError("it was ended by SIGKILL")], [0])
    yard.frames(1)
    assert yard.camera.down_since is None
    yard.frames(3)
    assert yard.camera.down_since == 100.1
    assert yard.camera.reason == "it was ended by SIGKILL"
    assert yard.frames(4) == [1]
    assert yard.camera.down_since is None
    assert yard.camera.failures == 0


def test_a_camera_without_pictures_is_ended_and_started_again() -> None:
    """Silence is a fault as well, also from the start."""
    yard = Yard([], [0])
    assert yard.frames(13) == []
    assert yard.made[0].closed
    assert yard.camera.down_since == 100.0
    assert yard.camera.reason == "camera aisle: no picture for 3 s"
    assert yard.frames(4) == [0]


def test_failures_in_a_row_are_farther_and_farther_apart() -> None:
    """A camera that does not come back is tried at longer intervals, and counted."""
    yard = Yard(*[CameraError("no such device")] * 4, [0])
    starts = []
    while not yard.made:
        failures = yard.camera.failures
        yard.camera.next(0.25)
        if yard.camera.failures > failures:
            starts.append(yard.clock.monotonic())
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    assert gaps == [0.5, 1.0, 2.0]


def test_the_end_of_a_recording_is_no_failure() -> None:
    """It is passed on, again and again, and nothing is started."""
    yard = Yard([0, EndOfStream("over"), EndOfStream("over")])
    assert yard.frames(1) == [0]
    for _ in range(2):
        with pytest.raises(EndOfStream, match="over"):
            yard.camera.next(0.25)
    assert yard.camera.down_since is None


def test_pictures_go_back_to_the_camera_that_they_came_from() -> None:
    """Also after that camera has been replaced by another one."""
    yard = Yard([0, 1, CameraError("gone")], [0])
    first, second = yard.camera.next(0.25), yard.camera.next(0.25)
    yard.frames(1)
    third = next(frame for _ in range(3) if (frame := yard.camera.next(0.25)))
    for frame in (second, third, first, second):
        assert frame is not None
        yard.camera.release(frame)
    assert yard.made[0].released == [1, 0]
    assert yard.made[1].released == [0]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_wait_is_bounded_and_never_nothing(failures: int, jitter: float) -> None:
    """Between a quarter of a second and half a minute, however often it failed."""
    assert 0.25 <= back_off_s(failures, jitter) <= 30.0
    assert back_off_s(failures, jitter) <= back_off_s(failures + 1, jitter)


def test_a_picture_that_stands_still_is_ended_and_started_again_at_once() -> None:
    """Its process works, so there is nothing to wait for."""
    yard = Yard([0, *range(-1, -200, -1)], [0, 1, 2], can_freeze=True)
    numbers = yard.frames(90)
    assert yard.made[0].closed
    assert len(yard.made) == 2
    assert numbers == sorted(set(numbers))


def test_a_picture_that_stands_still_for_ever_is_tried_less_and_less_often() -> None:
    """It is not given up, and it does not vanish for half a minute each time."""
    yard = Yard(*[[0, *range(-1, -9000, -1)] for _ in range(20)], can_freeze=True)
    silent = 0
    while yard.clock.monotonic() < 1100.0:
        silent += yard.camera.next(0.25) is None
    assert 6 <= len(yard.made) <= 9
    assert silent == 0
    assert yard.camera.stats().arrived > 9000


def test_where_the_same_picture_is_no_fault_it_stays() -> None:
    """A recording of a still picture."""
    yard = Yard([0, *range(-1, -500, -1)])
    assert len(yard.frames(400)) == 400
    assert len(yard.made) == 1


def test_what_holds_is_told_to_the_one_that_runs_and_to_the_next() -> None:
    """Masks above all: not one picture without them after a restart."""
    yard = Yard([0, 1, CameraError("gone")], [0])
    yard.camera.use_state("home")
    yard.frames(1)
    yard.camera.use_state("disarmed")
    yard.frames(6)
    assert yard.standings == [Standing("home"), Standing("disarmed", 5.0)]
    assert yard.made[0].told == ["disarmed", 5.0]
    yard.camera.use_state("away")
    assert yard.made[1].told == ["away", None]


def test_one_that_will_not_end_holds_nobody_up() -> None:
    """Whoever asks goes on at once; the next one starts when the device is free."""
    yard = Yard([0, CameraError("gone")], [0])
    yard.frames(1)
    yard.made[0].closing = threading.Event()
    yard.frames(1)
    yard.clock.advance(10.0)
    assert yard.camera.next(0.0) is None
    assert len(yard.made) == 1
    yard.made[0].closing.set()
    assert [frame.seq for _ in range(3) if (frame := yard.camera.next(5.0))] == [1]


def test_nothing_is_started_beside_one_that_cannot_be_ended() -> None:
    """Not in an hour, or each try would leave a process behind; it is told once, and tried again once it has gone."""
    yard = Yard([0, CameraError("gone")], [0])
    yard.frames(1)
    yard.made[0].ended = False
    with capture_logs() as logs:
        while yard.clock.monotonic() < 3700.0:
            assert yard.camera.next(1.0) is None
    assert len(yard.standings) == 1
    assert [line["event"] for line in logs] == ["camera_failed", "camera_stuck"]
    assert "cannot be ended" in (yard.camera.reason or "")
    yard.made[0].ended = True
    assert yard.frames(2) == [1]
    assert yard.camera.reason is None


@given(st.integers(0, 10_000))
def test_the_patience_with_a_standstill_is_bounded(restarts: int) -> None:
    """From as long as a silence to five minutes."""
    assert 8.0 <= standstill_s(restarts) <= standstill_s(restarts + 1) <= 300.0
