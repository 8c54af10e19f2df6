"""A camera that fails on demand does what it says, so that tests of the guard test something."""

import contextlib
from pathlib import Path

import pytest

from device.capture.faulty import FaultySource
from device.capture.mode import Mode
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.clock import SimulatedClock
from device.core.camera_stats import CameraStats
from device.core.frozen_watch import is_alive, is_frozen
from device.errors import CameraError


def after_pictures(control: Path, fault: str, count: int = 12) -> CameraStats:
    """Counts of a camera that fell ill after three pictures."""
    control.write_text("none")
    with contextlib.closing(CameraProcess("aisle", CameraRequest(f"faulty:{control}", Mode.REPLAY))) as camera:
        for number in range(count):
            frame = camera.next(20.0)
            assert frame is not None
            camera.release(frame)
            if number == 2:
                control.write_text(fault)
        return camera.stats()


@pytest.mark.parametrize("fault", ["frozen", "stuck"])
def test_the_same_picture_and_the_same_time_count_alike(fault: str, tmp_path: Path) -> None:
    """Both are a picture that stands still."""
    stats = after_pictures(tmp_path / "fault", fault, 30)
    assert stats.same_in_a_row >= 15
    assert is_frozen(stats, 0.0)
    assert is_alive(stats)


def test_without_a_fault_every_picture_is_another(tmp_path: Path) -> None:
    """The drawn noise of a sensor."""
    assert after_pictures(tmp_path / "fault", "none").same_in_a_row == 0


def test_unplugged(tmp_path: Path) -> None:
    """Before it is opened, and while it runs."""
    control, clock = tmp_path / "fault", SimulatedClock()
    with pytest.raises(CameraError, match="is unplugged"):
        FaultySource(control, Mode.LIVE, clock).open()
    control.write_text("none")
    source = FaultySource(control, Mode.LIVE, clock)
    source.open()
    source.grab()
    control.unlink()
    with pytest.raises(CameraError, match="is unplugged"):
        source.grab()


def test_slow_and_hanging(tmp_path: Path) -> None:
    """In simulated time: two seconds a picture, and longer than anybody waits."""
    control, clock = tmp_path / "fault", SimulatedClock()
    control.write_text("slow")
    source = FaultySource(control, Mode.LIVE, clock)
    source.open()
    source.grab()
    assert clock.monotonic() == 2.0
    control.write_text("hang")
    source.grab()
    assert clock.monotonic() > 1e5
