"""Messages to people, sent to a real HTTP server by apprise in its own process."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from device.clock import SimulatedClock, SystemClock
from device.core.arming.standing import Standing
from device.core.digest import Digest, Notice
from device.errors import ConfigError
from device.notify_parts import open_notifiers, read_urls
from device.sinks import notify
from device.sinks.apprise_child import without_secrets
from device.sinks.notice_queue import MAX_WAITING, NoticeQueue
from device.sinks.notify import MAX_EVENTS, Courier, Notifier, still_of
from device.worker import Backoff
from tests.device.test_outlets import config_of
from tests.events import make_event
from tests.pins.waiting import soon


class Receiver(ThreadingHTTPServer):
    """Takes messages, or refuses or hangs as the test says."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[dict[str, Any]] = []
        self.status = 200
        self.goes_on = threading.Event()
        self.goes_on.set()

    @property
    def url(self) -> str:
        """As apprise writes it, with something that nobody may read."""
        return f"json://anna:s3cret-word@127.0.0.1:{self.server_address[1]}/t0ken-path"


class Handler(BaseHTTPRequestHandler):
    """One message."""

    def do_POST(self) -> None:
        """Take it."""
        server = self.server
        assert isinstance(server, Receiver)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.goes_on.wait(30.0)
        if server.status == 200:
            server.got.append(body)
        self.send_response(server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A service that takes messages."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.goes_on.set()
        server.shutdown()


@contextmanager
def couriers(*made: Courier) -> Iterator[None]:
    """At work until the block ends."""
    for courier in made:
        courier.start()
    try:
        yield
    finally:
        for courier in made:
            assert courier.stop(20.0)


QUICK = Backoff(first_s=0.05, cap_s=0.1)
NOTICE = Notice("ALARM shop-1: somebody", "why", "alarm", "aisle")


def courier_of(folder: Path, url: str, clock: SystemClock | SimulatedClock | None = None) -> Courier:
    """One that tries again soon."""
    return Courier("notify-owner", url, NoticeQueue(folder), clock or SystemClock(), backoff=QUICK)


def test_a_message_with_its_picture(tmp_path: Path, receiver: Receiver) -> None:
    """Title, text, kind and still arrive, and nothing is left on disk."""
    courier = courier_of(tmp_path, receiver.url)
    courier.queue.put(NOTICE, b"\xff\xd8 a picture", SystemClock().wall())
    with couriers(courier):
        assert soon(lambda: len(courier.queue) == 0)
    (got,) = receiver.got
    assert (got["title"], got["message"], got["type"]) == (NOTICE.title, "why", "failure")
    assert base64.b64decode(got["attachments"][0]["base64"]) == b"\xff\xd8 a picture"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_outage_costs_no_message(tmp_path: Path, receiver: Receiver) -> None:
    """They wait in order, over a restart too; the trouble is told without the secrets of the URL."""
    receiver.status = 503
    first = courier_of(tmp_path, receiver.url)
    for number in range(3):
        first.queue.put(Notice(f"number {number}", "why", "alarm", None), None, SystemClock().wall())
    with couriers(first):
        assert soon(lambda: first.stats().failures >= 1)
        trouble = first.stats().trouble or ""
    assert "s3cret" not in trouble
    assert "t0ken" not in trouble
    assert receiver.got == []
    receiver.status = 200
    second = courier_of(tmp_path, receiver.url)
    with couriers(second):
        assert soon(lambda: len(second.queue) == 0)
    assert [it["title"] for it in receiver.got] == ["number 0", "number 1", "number 2"]


def test_a_service_that_hangs_is_left(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is killed in time, and the message stays."""
    monkeypatch.setattr(notify, "SEND_S", 1.5)
    receiver.goes_on.clear()
    courier = courier_of(tmp_path, receiver.url)
    courier.queue.put(NOTICE, None, SystemClock().wall())
    with couriers(courier):
        assert soon(lambda: "no answer within" in (courier.stats().trouble or ""))
    assert len(NoticeQueue(tmp_path)) == 1


def test_what_is_too_old_is_given_up(tmp_path: Path, receiver: Receiver) -> None:
    """A day later it helps nobody."""
    courier = courier_of(tmp_path, receiver.url)
    courier.queue.put(NOTICE, None, SystemClock().wall() - 25 * 3600.0)
    with couriers(courier):
        assert soon(lambda: len(courier.queue) == 0)
    assert receiver.got == []
    assert courier.stats().dropped == 1


@pytest.mark.slow
def test_a_url_that_is_none(tmp_path: Path) -> None:
    """It needs a person: trying again will not help, but once an hour; no reason repeats a URL."""
    courier = courier_of(tmp_path, "nonsense://hunter2")
    courier.queue.put(NOTICE, None, SystemClock().wall())
    with couriers(courier):
        assert soon(lambda: courier.stats().fatal)
        assert "hunter2" not in (courier.stats().trouble or "")
    assert "hunter2" not in without_secrets("POST to tgram://hunter2/12345 failed", "tgram://hunter2/12345")


def test_the_queue_has_a_bound(tmp_path: Path) -> None:
    """The least important gives way, the oldest of those first; damaged files are no messages."""
    queue = NoticeQueue(tmp_path)
    queue.put(Notice("first", "", "notice", None), None, 0.0)
    for number in range(MAX_WAITING):
        queue.put(Notice(f"{number}", "", "alarm", None), b"jpeg", 0.0)
    assert len(queue) == MAX_WAITING
    assert queue.dropped == 1
    (tmp_path / "99999999.json").write_text('{"title": 1', encoding="utf-8")
    again = NoticeQueue(tmp_path)
    assert len(again) == MAX_WAITING
    found = again.first(0.0)
    assert found is not None
    assert (found.notice.title, found.still is not None) == ("0", True)
    for _ in range(MAX_WAITING):
        waiting = again.first(0.0)
        assert waiting is not None
        again.done(waiting.number)
    assert list(tmp_path.iterdir()) == []


class Asked:
    """A camera's pictures; says how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool, bool]] = []

    def jpeg(self, camera: str, *, boxes: bool, pixelated: bool, timeout_s: float) -> bytes | None:
        """A picture."""
        if camera == "cellar":
            raise KeyError(camera)
        assert timeout_s > 0.0
        self.asked.append((camera, boxes, pixelated))
        return b"jpeg"


def test_stills_hide_people_where_the_camera_says_so() -> None:
    """With boxes; a camera that is gone has none."""
    pictures = Asked()
    still = still_of(pictures, frozenset({"aisle"}))
    assert [still("aisle"), still("yard"), still("cellar")] == [b"jpeg", b"jpeg", None]
    assert pictures.asked == [("aisle", True, True), ("yard", True, False)]


@contextmanager
def notifying(tmp_path: Path, **more: Any) -> Iterator[tuple[Notifier, NoticeQueue]]:
    """A way whose messages stay in their queue."""
    courier = Courier("c", "json://x", NoticeQueue(tmp_path), SystemClock())
    options: dict[str, Any] = {"digest": Digest("d", 0.0), "still": lambda _: None, **more}
    way = Notifier(
        "digest", [courier], priorities=["alarm"], armed_in=["away", "night"], clock=SystemClock(), **options
    )
    way.start()
    try:
        yield way, courier.queue
    finally:
        assert way.stop(20.0)


def test_only_what_is_asked_for(tmp_path: Path) -> None:
    """By priority, state of the guard, and no ends; a test in any case."""
    with notifying(tmp_path) as (way, queue):
        way.offer(make_event(priority="warning"))
        way.offer(make_event(priority="alarm", state="end"))
        way.use_state("disarmed")
        way.offer(make_event(priority="alarm"))
        way.offer(make_event(priority="alarm", data={"test": True}))
        way.use_state("night")
        way.offer(make_event(priority="alarm"))
        assert soon(lambda: len(queue) == 2)


def test_what_is_held_back_at_the_end_is_not_lost(tmp_path: Path) -> None:
    """It goes out after the next start."""
    with notifying(tmp_path, digest=Digest("d", 3600.0)) as (way, queue):
        for _ in range(3):
            way.offer(make_event(priority="alarm"))
        assert soon(lambda: len(queue) == 1)
    assert len(NoticeQueue(tmp_path)) == 2


def test_a_flood_is_bounded(tmp_path: Path) -> None:
    """Nobody waits, and what was forgotten is counted."""
    stuck = threading.Event()
    with notifying(tmp_path, still=lambda _: stuck.wait(30.0) and None) as (way, _):
        for _ in range(MAX_EVENTS * 2):
            way.offer(make_event(priority="alarm"))
        stats = way.stats()
        stuck.set()
    assert stats.queued <= MAX_EVENTS
    assert stats.dropped >= MAX_EVENTS - 1


@pytest.mark.slow
def test_ways_of_a_configuration(tmp_path: Path, receiver: Receiver) -> None:
    """Each address of a way gets the message; one that refuses keeps it from no other."""
    (tmp_path / "urls").write_text(f"# mine\njson://127.0.0.1:1/\n\n{receiver.url}\n", encoding="utf-8")
    config = config_of(tmp_path, f'[[notify]]\nid = "owner"\nurls_file = "{tmp_path / "urls"}"\n')
    with open_notifiers(config, SystemClock(), Asked()) as notifiers:
        notifiers.use_state(Standing("away"))
        notifiers.ways[0].offer(make_event(priority="alarm"))
        assert soon(lambda: len(receiver.got) == 1)
        assert {it.name for it in notifiers.stats()} == {"digest-owner", "notify-owner-1", "notify-owner-2"}


@pytest.mark.parametrize(
    ("text", "why"), [("", "holds 0 URLs"), ("tgram hunter2", "URL 1 is none"), ("a://b\n" * 9, "9 URLs")]
)
def test_a_file_without_addresses(tmp_path: Path, text: str, why: str) -> None:
    """It is an error that names the file and not what is in it."""
    (tmp_path / "urls").write_text(text, encoding="utf-8")
    config = config_of(tmp_path, f'[[notify]]\nid = "owner"\nurls_file = "{tmp_path / "urls"}"\n')
    with pytest.raises(ConfigError, match=why) as caught:
        read_urls(config.notify[0])
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_urls(config.notify[0].model_copy(update={"urls_file": tmp_path / "nowhere"}))
