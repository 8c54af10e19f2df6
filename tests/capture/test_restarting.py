import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.capture.restarting import RestartingCamera, back_off_s
from device.clock import SimulatedClock
from device.core.frame import Frame
from device.errors import CameraError, EndOfStream


class ScriptedCamera:
    """A camera that does what its script says, one entry a call: a number of a picture, None, or an error."""

    def __init__(self, clock: SimulatedClock, script: list[int | CameraError | None]) -> None:
        self.id = "aisle"
        self.released: list[int] = []
        self.closed = False
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
        return Frame(entry, float(entry), None, np.zeros((3, 2), np.uint8))

    def release(self, frame: Frame) -> None:
        """Note it."""
        self.released.append(frame.seq)

    def dropped(self) -> int:
        """Always the same."""
        return 2

    def close(self) -> None:
        """Note it."""
        self.closed = True


class Yard:
    """A restarting camera over scripted ones, and all that a test asks about them."""

    def __init__(self, *scripts: list[int | CameraError | None] | CameraError) -> None:
        self.clock = SimulatedClock(monotonic=100.0)
        self.made: list[ScriptedCamera] = []
        self._scripts = list(scripts)
        self.camera = RestartingCamera("aisle", self._start, clock=self.clock, stall_s=3.0, chance=lambda: 1.0)

    def _start(self) -> ScriptedCamera:
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
    assert yard.camera.down_since == 100.0
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
