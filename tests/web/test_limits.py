"""A client that hangs, dawdles, floods or lies reaches nobody else."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from device.errors import TransientSinkError
from device.web import body, feed, listener, protocol
from device.web.app import paths
from device.web.body import MAX_BYTES
from device.web.certificate import own_certificate
from device.web.listener import MAX_FROM_ONE, listen
from tests.events import make_event
from tests.pins.waiting import soon
from tests.web.served import PASSWORDS, Served, served


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Served]:
    """A page with little patience."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "HEAD_S", 0.5)
        patch.setattr(body, "BODY_S", 0.5)
        patch.setattr(protocol, "SEND_S", 0.5)
        with served(tmp_path) as page:
            yield page


@contextmanager
def connected(page: Served) -> Iterator[socket.socket]:
    """A client that speaks for itself."""
    assert page.server.address is not None
    with socket.create_connection(page.server.address, timeout=10.0) as connection:
        yield connection


def is_hung_up(connection: socket.socket) -> bool:
    """Whether the server ends it, given ten seconds."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: a\r\nx: "])
def test_whoever_says_nothing_whole_is_left(page: Served, said: bytes) -> None:
    """No head of a request in time: the connection is closed."""
    with connected(page) as connection:
        connection.sendall(said)
        assert is_hung_up(connection)


def dawdle(connection: socket.socket) -> float:
    """Say a byte now and then; after how long that was over, s."""
    begun = time.perf_counter()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for _ in range(200):
            connection.sendall(b"G")
            threading.Event().wait(0.05)
    return time.perf_counter() - begun


def test_a_byte_now_and_then_is_too_slow(page: Served) -> None:
    """The time is that of the whole head, not of each byte."""
    with connected(page) as connection:
        assert dawdle(connection) < 9.0


def test_a_body_that_never_ends(page: Served) -> None:
    """It is answered as too slow."""
    with connected(page) as connection:
        connection.sendall(
            b"POST /login HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n"
            b"content-length: 100\r\n\r\nname=a"
        )
        assert connection.recv(64).startswith(b"HTTP/1.1 408")
        assert is_hung_up(connection)


def test_a_body_that_is_too_large(page: Served) -> None:
    """Whether it says so, lies, or comes in pieces."""
    client = page.client("gert")
    for content in (b"x" * (MAX_BYTES + 1), iter([b"x" * 8192] * 20)):
        answer = client.post("/api/command", content=content, headers={"content-type": "application/json"})
        assert answer.status_code == 413
    with connected(page) as connection:
        connection.sendall(
            b"POST /login HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n"
            b"content-length: 999999999999999999999\r\n\r\n"
        )
        assert connection.recv(64).split()[1] in (b"400", b"413")
    assert page.client("gert").get("/api/state").status_code == 200


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"PUT /api/state", b"405"),
        (b"POST /nowhere", b"404"),
        (b"POST /setup", b"303"),
        (b"POST /api/command", b"401"),
        (b"POST /login", b"415"),
        (b"GET /api/stream", b"401"),
    ],
)
def test_a_body_that_nobody_wants_is_taken_before_the_answer(page: Served, line: bytes, status: bytes) -> None:
    """However late it comes: over unread bytes the connection would be reset, and the answer lost."""
    with connected(page) as connection:
        head = b" HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 8000\r\n\r\n"
        connection.sendall(line + head)
        for _ in range(8):
            connection.sendall(b"x" * 1000)
        assert connection.recv(64).split()[1] == status


def test_a_head_that_is_too_large(page: Served) -> None:
    """It is refused before anything reads it."""
    with connected(page) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 100_000)
        assert is_hung_up(connection)


def test_a_crowd_from_one_address(page: Served) -> None:
    """So many connections and no more; when they end there is room again."""
    with ExitStack() as stack:
        crowd = [stack.enter_context(connected(page)) for _ in range(MAX_FROM_ONE + 8)]
        assert soon(lambda: page.server.stats().dropped >= 8)
        assert page.server.stats().queued <= MAX_FROM_ONE
        assert is_hung_up(crowd[-1])
    assert soon(lambda: page.server.stats().queued == 0)
    assert page.client().get("/healthz").text == "ok\n"


def test_many_addresses_together(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them have a bound too."""
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 5)
    with ExitStack() as stack:
        for _ in range(9):
            stack.enter_context(connected(page))
        assert soon(lambda: page.server.stats().dropped >= 4)
        assert page.server.stats().queued <= 5


def test_a_reader_that_reads_nothing(page: Served) -> None:
    """It is left, and does not hold what it was to get for ever."""
    folder = page.state / "evidence" / "0190163d-8694-739b-aea5-966c26f8ad91"
    folder.mkdir(parents=True)
    (folder / "clip.mp4").write_bytes(bytes(64 * 1024 * 1024))
    cookie = page.client("vera").cookies["shopwarden"]
    with connected(page) as connection:
        path = f"/api/evidence/{folder.name}/clip.mp4"
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: a\r\ncookie: shopwarden={cookie}\r\n\r\n".encode())
        assert soon(lambda: page.server.stats().queued > 0)
        client = page.client("vera")
        assert soon(lambda: client.get("/api/state").status_code == 200 and page.server.stats().queued <= 2)


def test_a_stream_that_is_not_read(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """News wait for it up to a bound; telling costs the teller nothing."""
    cookie = page.client("vera").cookies["shopwarden"]
    with connected(page) as connection:
        connection.sendall(f"GET /api/stream HTTP/1.1\r\nhost: a\r\ncookie: shopwarden={cookie}\r\n\r\n".encode())
        assert soon(lambda: len(page.feed._streams) == 1)
        told = make_event(seq=1, reasons=("x" * 20_000,))
        begun = time.perf_counter()
        for _ in range(2_000):
            page.feed.offer(told)
        assert time.perf_counter() - begun < 20.0
        assert soon(lambda: len(page.feed._streams) == 0)


def test_only_so_many_streams(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is told so."""
    monkeypatch.setattr(feed, "MAX_STREAMS", 1)
    client = page.client("vera")
    with client.stream("GET", "/api/stream"):
        assert soon(page.feed.is_full)
        answer = page.client("vera").get("/api/stream")
        assert answer.status_code == 503
        assert "too many" in answer.json()["error"]


def test_a_disk_that_hangs(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs it is answered as too slow; what does not still works."""
    monkeypatch.setattr("device.web.access.DISK_S", 0.3)
    page.book.goes_on.clear()
    client = page.client("vera")
    try:
        assert client.get("/api/events").status_code == 503
        assert client.get("/healthz").text == "ok\n"
        assert client.get("/api/cameras/aisle/picture.jpg").status_code == 200
    finally:
        page.book.goes_on.set()


def test_a_camera_that_hangs(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pictures do not come; everything else does."""
    monkeypatch.setattr("device.web.api.PICTURE_S", 0.3)
    page.pictures.goes_on.clear()
    client = page.client("vera")
    assert client.get("/api/cameras/aisle/picture.jpg").status_code == 503
    assert client.get("/api/state").status_code == 200
    page.pictures.goes_on.set()


def test_a_flood_of_guesses(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long each takes, whoever is in already is served."""
    goes_on = threading.Event()
    monkeypatch.setattr(page.users, "check", lambda *_: goes_on.wait(20.0) and None)
    crowd = [page.client() for _ in range(8)]
    guesses = [
        threading.Thread(target=it.post, args=("/login",), kwargs={"data": {"name": f"n{number}", "password": "x"}})
        for number, it in enumerate(crowd)
    ]
    for guess in guesses:
        guess.start()
    try:
        client = page.client("vera")
        assert client.get("/api/events").status_code == 200
        assert client.get("/api/state").status_code == 200
    finally:
        goes_on.set()
        for guess in guesses:
            guess.join()


def test_a_bug_in_one_answer(page: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error for whoever asked, tells nothing of the inside, and the page goes on."""
    client = page.client("vera")
    monkeypatch.setattr(page.book, "search", lambda _: 1 // 0)
    with capture_logs() as told:
        answer = client.get("/api/events")
        # Starlette sends its answer before the error reaches the shell, which tells it.
        assert soon(lambda: "page_bug" in [it["event"] for it in told])
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert client.get("/api/state").status_code == 200


def test_an_address_that_is_taken(page: Served) -> None:
    """It is said, and tried again."""
    assert page.server.address is not None
    with pytest.raises(TransientSinkError, match=r"web\.listen 127\.0\.0\.1:[0-9]+: Address already in use"):
        listen(*page.server.address)
    with pytest.raises(TransientSinkError, match=r"web\.listen"):
        listen("no.such.host.invalid", 1)


def test_over_tls(tmp_path: Path) -> None:
    """With the device's own certificate; the cookie goes by TLS alone, and plain HTTP gets nothing."""
    with served(tmp_path, certificate=own_certificate(tmp_path, "shop-1")) as page:
        client = page.client()
        assert client.post("/login", data={"name": "anna", "password": PASSWORDS["anna"]}).status_code == 303
        assert client.get("/api/state").status_code == 200
        assert [cookie.name for cookie in client.cookies.jar] == ["__Host-shopwarden"]
        assert all(cookie.secure for cookie in client.cookies.jar)
        with connected(page) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert is_hung_up(connection)


HOSTILE = [
    b"\x00", b"GET", b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00",
    b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\nabc",
    b"GET /\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\norigin: http://[\r\nsec-fetch-site: \xe9\r\n\r\n",
    b"GET /events?day=%ff&kind=%00 HTTP/1.1\r\nhost: a\r\ncookie: shopwarden=\xff.\xff; ;;=\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\norigin: http://[\r\ncontent-length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\n"
    b"content-length: 9\r\n\r\nname=%ff%0",
]  # fmt: skip


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A page that nothing has been done to, for all that cannot harm it."""
    with served(tmp_path_factory.mktemp("calm")) as page:
        yield page


@pytest.mark.parametrize("said", HOSTILE)
def test_what_is_no_http(calm: Served, said: bytes) -> None:
    """Whatever comes, the next client is served, and no bug is told."""
    with connected(calm) as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
        assert b" 500 " not in answer.partition(b"\r\n")[0]
    assert calm.client().get("/healthz").text == "ok\n"
    assert calm.server.stats().bugs == 0


def test_every_path_is_known_to_the_reference() -> None:
    """The reference of HTTP names each with its methods."""
    text = (Path(__file__).parents[2] / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    every = [f"`{method} {path}`" for path, methods in paths() for method in methods.split()]
    assert [it for it in every if it not in text] == []
