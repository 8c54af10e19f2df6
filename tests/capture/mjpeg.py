"""A camera that sends MJPEG over HTTP. Holds no test."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from device.clock import SystemClock
from tests.capture.test_v4l2 import jpeg

BOUNDARY = b"frame"
SLOW_HZ = 5


class MjpegHandler(BaseHTTPRequestHandler):
    """A camera as most of them are: JPEG after JPEG, behind a password, without any time."""

    sent: ClassVar[int] = 0
    """Pictures so far, to everybody."""

    def do_GET(self) -> None:
        """The stream."""
        if "Authorization" not in self.headers:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        if "elsewhere" in self.path:
            self.send_error(404)
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
                MjpegHandler.sent += 1
                clock.wait(wait_s)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving_mjpeg() -> Iterator[int]:
    """The port of such a camera, while it is needed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), MjpegHandler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
