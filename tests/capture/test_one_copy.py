"""From a source to the gate a picture is copied once: into the memory that the daemon reads."""

import contextlib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.capture.file import FileSource
from device.capture.mode import Mode
from device.capture.pace import Pace
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.capture.sources import make_source
from device.capture.v4l2 import V4l2Source
from device.capture.v4l2_device import V4l2Device
from device.clock import SimulatedClock, SystemClock
from device.ports import Source
from tests.capture.clips import write_clip
from tests.capture.fake_v4l2 import FakeKernel
from tests.capture.rtsp import is_here, serving

SIZE = (640, 480)
PICTURE_BYTES = SIZE[0] * SIZE[1] * 3 // 2


RTSP = pytest.param(
    "rtsp",
    marks=[
        pytest.mark.root,
        pytest.mark.skipif(not is_here(), reason="gir1.2-gst-rtsp-server-1.0 is not installed"),
    ],
)


@pytest.fixture(params=["file", "v4l2", RTSP])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    """A source of planar pictures, one of packed ones, and one in the network; not yet open."""
    match request.param:
        case "file":
            clip = write_clip(tmp_path / "clip.mp4", size=SIZE, pictures=4)
            yield FileSource(clip, Pace(Mode.REPLAY, SimulatedClock()))
        case "rtsp":
            with serving() as server:
                yield make_source(CameraRequest(server.address("/main")), SystemClock())
        case _:
            picture = np.full((480, 1280), 90, np.uint8)
            kernel = FakeKernel(tmp_path / "video0", (("YUYV", *SIZE, (15,)),), [picture], buffer_bytes=1 << 20)
            clock = SimulatedClock(monotonic=1240.0)
            asked = CameraRequest("v4l2:")
            yield V4l2Source(str(kernel.path), asked, clock, lambda path: V4l2Device(path, kernel.ioctl))


def test_writing_a_picture_makes_no_other_copy(source: Source) -> None:
    """No memory of a picture's size is asked for while one is written to its slot."""
    slot = np.zeros((SIZE[1] * 3 // 2, SIZE[0]), np.uint8)
    with contextlib.closing(source):
        assert source.open() == SIZE
        source.grab()
        source.copy_to(slot)
        source.grab()
        tracemalloc.start()
        try:
            source.copy_to(slot)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert slot.max() > 0
    assert peak_bytes < PICTURE_BYTES / 10


def test_what_the_gate_reads_is_that_memory(tmp_path: Path) -> None:
    """The daemon's picture is a view of memory that the camera's process has mapped as well, not a copy."""
    clip = write_clip(tmp_path / "clip.mp4", size=SIZE, pictures=4)
    with contextlib.closing(CameraProcess("door", CameraRequest(f"file:{clip}?loop=1", Mode.REPLAY))) as camera:
        frame = camera.next(20.0)
        assert frame is not None
        address = int(frame.i420.ctypes.data)
        assert np.shares_memory(frame.luma, frame.i420)
        spans = _shared(Path("/proc/self/maps"))
        assert any(start <= address < end for start, end in spans)
        assert _shared(Path(f"/proc/{camera.pid}/maps"))
        camera.release(frame)


def _shared(maps: Path) -> list[tuple[int, int]]:
    """Where a process has mapped a camera's memory."""
    lines = [line.split()[0].split("-") for line in maps.read_text().splitlines() if "memfd:camera-door" in line]
    return [(int(start, 16), int(end, 16)) for start, end in lines]
