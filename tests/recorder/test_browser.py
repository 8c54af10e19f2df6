"""A finished clip in a browser: it plays, has a length, and can be jumped in."""

import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device.clock import SimulatedClock
from device.recorder.ambient import AmbientRecorder
from device.recorder.folder_archive import FolderArchive
from tests.recorder.packets import filled
from tests.recorder.test_recorder import PATIENCE_S, Rig, alarm, rig

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

PLAY = """async (name) => {
  const video = document.querySelector('video');
  const told = (event, what) => new Promise((done, failed) => {
    video.addEventListener(event, () => done(), {once: true});
    video.addEventListener('error', () => failed(new Error(what + ': ' + video.error.message)), {once: true});
    setTimeout(() => failed(new Error(what + ': nothing happens')), 15000);
  });
  let wait = told('loadedmetadata', 'load'); video.src = name; await wait;
  const length = video.duration;
  wait = told('seeked', 'seek'); video.currentTime = length / 2; await wait;
  const at = video.currentTime;
  await video.play();
  await told('timeupdate', 'play'); await told('timeupdate', 'play'); await told('timeupdate', 'play');
  return [length, at, video.currentTime, video.videoWidth, video.videoHeight];
}"""


class Page(http.server.BaseHTTPRequestHandler):
    """A page with a video, and the files of a folder in pieces, as a browser asks for them."""

    protocol_version = "HTTP/1.1"
    folder = Path()

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/":
            self._say(200, "text/html", b"<video muted></video>")
            return
        path = self.folder / self.path.lstrip("/")
        data = path.read_bytes() if path.is_file() else b""
        asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            self._say(200 if data else 404, "video/mp4", data)
            return
        first, last = int(asked[1]), int(asked[2] or len(data) - 1)
        self._say(206, "video/mp4", data[first : last + 1], ("Content-Range", f"bytes {first}-{last}/{len(data)}"))

    def _say(self, status: int, kind: str, data: bytes, *more: tuple[str, str]) -> None:
        self.send_response(status)
        heads = (("Content-Type", kind), ("Content-Length", str(len(data))), ("Accept-Ranges", "bytes"), *more)
        for name, value in heads:
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # it has jumped away

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    """A browser that shows a page with a video element, beside the files of the test's folder."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    playwright = pytest.importorskip("playwright.sync_api")
    handler = type("Here", (Page,), {"folder": tmp_path})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    arguments = ["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
    try:
        with playwright.sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
            shown = browser.new_page()
            shown.goto(f"http://127.0.0.1:{server.server_port}/")
            yield shown
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_clip_plays_in_a_browser(page: Any, tmp_path: Path) -> None:
    """It tells its length, goes where it is sent, and time passes in it."""
    archive = FolderArchive(tmp_path)
    with rig(archive) as made:
        event = made.recorder.mark(alarm(100.0))
        made.until(lambda: bool(archive.sealed))
    length_s, at_s, later_s, width, height = page.evaluate(PLAY, f"/{event.evidence.clip}")
    assert length_s == pytest.approx(5.1, abs=0.11)
    assert at_s == pytest.approx(length_s / 2, abs=0.1)
    assert later_s > at_s
    assert (width, height) == (64, 48)


@pytest.mark.slow
def test_a_piece_of_a_continuous_recording_plays_as_it_is(page: Any, tmp_path: Path) -> None:
    """It is not written anew: the index at its end is enough."""
    archive, store = FolderArchive(tmp_path), filled(120)
    ambient = AmbientRecorder("aisle", store, archive, segment_s=60.0, wall=SimulatedClock().wall)
    ambient.start()
    Rig(None, SimulatedClock(), store, archive).until(lambda: ambient.stats().progress > 0)  # type: ignore[arg-type]
    assert ambient.stop(PATIENCE_S)
    (name,) = archive.files
    length_s, at_s, later_s, *_ = page.evaluate(PLAY, f"/{name}")
    assert length_s == pytest.approx(12.0, abs=0.11)
    assert at_s == pytest.approx(length_s / 2, abs=0.1)
    assert later_s > at_s
