import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.clock import SystemClock
from device.errors import CameraError
from tests.capture.test_v4l2 import jpeg

BOUNDARY = b"frame"
SLOW_HZ = 5
PATIENCE_S = 20.0


class MjpegHandler(BaseHTTPRequestHandler):
    """A camera as most of them are: JPEG after JPEG, behind a password, without any time."""

    def do_GET(self) -> None:
        """The stream."""
        if "Authorization" not in self.headers:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=" + BOUNDARY.decode())
        self.end_headers()
        clock = SystemClock()
        with contextlib.suppress(OSError):
            wait_s = 1 / SLOW_HZ if "slow" in self.path else 0.05
            for index in range(10_000):
                picture = jpeg(60 + 10 * (index % 10), (64, 48)).tobytes()
                head = b"--" + BOUNDARY + b"\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
                self.wfile.write(head + picture + b"\r\n")
                clock.wait(wait_s)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of such a camera."""
    with ThreadingHTTPServer(("127.0.0.1", 0), MjpegHandler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


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
