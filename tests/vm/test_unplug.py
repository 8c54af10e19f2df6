import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.capture.restarting import RestartingCamera, Standing
from device.capture.sources import make_source
from device.clock import SystemClock
from device.errors import CameraError
from device.ports import Source

DRIVER = Path("/sys/bus/platform/drivers/vivid")
# The name that udev gives it by its port: plugged in again while somebody still holds the old one, /dev/video0 is 1.
LINE = "v4l2:/dev/v4l/by-path/platform-vivid.0-video-index0"
PATIENCE_S = 60.0

pytestmark = [
    pytest.mark.root,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (DRIVER / "vivid.0").exists() or "SHOPWARDEN_VM" not in os.environ,
        reason="the kernel's test camera is pulled only in the machine of make camera-vm",
    ),
]


def plug(*, into: bool) -> None:
    """Give the device to its driver, or take it away, as a cable does."""
    (DRIVER / ("bind" if into else "unbind")).write_text("vivid.0", encoding="ascii")
    subprocess.run(["udevadm", "settle", "--timeout=60"], check=True)


@pytest.fixture(autouse=True)
def plugged() -> Iterator[None]:
    """Whatever happens, the camera is there afterwards."""
    yield
    with contextlib.suppress(OSError):
        plug(into=True)


def grab_for(source: Source, seconds: float) -> None:
    """Take every picture for so long."""
    clock = SystemClock()
    until = clock.monotonic() + seconds
    while clock.monotonic() < until:
        source.grab()


def test_pulled_while_in_use() -> None:
    """A failure within seconds, that names the device; and it opens again once it is back."""
    clock = SystemClock()
    with contextlib.closing(make_source(CameraRequest(LINE), clock)) as source:
        source.open()
        source.grab()
        plug(into=False)
        began = clock.monotonic()
        with pytest.raises(CameraError, match="video"):
            grab_for(source, PATIENCE_S)
    assert clock.monotonic() - began < 10.0
    plug(into=True)
    with contextlib.closing(make_source(CameraRequest(LINE), clock)) as source:
        source.open()
        source.grab()


def test_the_guard_waits_for_the_plug() -> None:
    """Down while it is out, with the reason; back by itself, three times over."""
    clock = SystemClock()

    def start(_: Standing) -> CameraProcess:
        return CameraProcess("yard", CameraRequest(LINE))

    with contextlib.closing(RestartingCamera("yard", start, clock=clock, standing=Standing("away"))) as camera:
        for _ in range(3):
            began = clock.monotonic()
            while (frame := camera.next(0.5)) is None:
                assert clock.monotonic() - began < PATIENCE_S, camera.reason
            camera.release(frame)
            plug(into=False)
            began = clock.monotonic()
            while camera.down_since is None:
                if (frame := camera.next(0.5)) is not None:
                    camera.release(frame)
                assert clock.monotonic() - began < 12.0
            assert "video" in (camera.reason or "")
            plug(into=True)
