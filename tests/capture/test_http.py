import contextlib
from collections.abc import Iterator

import numpy as np
import pytest

from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.capture.sources import make_source
from device.clock import SystemClock
from device.errors import CameraError
from tests.capture.mjpeg import SLOW_HZ, MjpegHandler, serving_mjpeg

PATIENCE_S = 20.0


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a camera."""
    with serving_mjpeg() as served:
        yield served


def test_mjpeg_over_http_is_a_camera(port: int) -> None:
    """Stamped by arrival, for it brings no time of its own that could be trusted."""
    clock = SystemClock()
    with contextlib.closing(CameraProcess("door", CameraRequest(f"http://bob:geheim@127.0.0.1:{port}/a"))) as camera:
        ages = []
        for _ in range(30):
            frame = camera.next(PATIENCE_S)
            assert frame is not None
            assert (frame.width, frame.height) == (64, 48)
            ages.append(clock.monotonic() - frame.t)
            camera.release(frame)
    assert min(ages[10:]) < 1.0


@pytest.mark.slow
def test_a_camera_that_is_slower_than_ffmpeg_guesses_is_seen_all_the_time(port: int) -> None:
    """No picture is passed over at 5 a second, where FFmpeg makes up stamps of 25 a second."""
    request = CameraRequest(f"http://bob:geheim@127.0.0.1:{port}/slow")
    with contextlib.closing(CameraProcess("door", request)) as camera:
        seen = []
        for _ in range(6 * SLOW_HZ):
            frame = camera.next(PATIENCE_S)
            assert frame is not None
            seen.append((frame.seq, frame.t))
            camera.release(frame)
    # The first second may lie ready, for FFmpeg looks at it while it connects; a busy machine may miss a picture.
    steady = seen[2 * SLOW_HZ :]
    assert steady[-1][0] - steady[0][0] <= len(steady) + 3
    assert np.median(np.diff([t for _, t in steady])) == pytest.approx(1 / SLOW_HZ, rel=0.3)


def test_http_without_a_password_is_refused_in_words(port: int) -> None:
    """As with RTSP."""
    with (
        contextlib.closing(CameraProcess("door", CameraRequest(f"http://127.0.0.1:{port}/a?pwd=x"))) as camera,
        pytest.raises(CameraError, match=rf"http://127.0.0.1:{port}/a: the camera refuses this user"),
    ):
        camera.next(PATIENCE_S)


@pytest.mark.slow
def test_a_reader_that_is_too_slow_passes_pictures_over(port: int) -> None:
    """Half as fast as the camera for four seconds: what it sees is not two seconds old."""
    clock = SystemClock()
    with contextlib.closing(make_source(CameraRequest(f"http://bob:geheim@127.0.0.1:{port}/a"), clock)) as source:
        source.open()
        began, before, seqs = clock.monotonic(), MjpegHandler.sent, []
        while clock.monotonic() < began + 4.0:
            seqs.append(source.grab().seq)
            clock.wait(0.1)
        sent = MjpegHandler.sent - before
    # All but a few of those that were sent have been seen or passed over; 20 a second are, where the machine is quiet.
    assert seqs[-1] - seqs[0] > sent - 15
    assert len(seqs) < 45
