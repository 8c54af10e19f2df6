"""The outbox goes to a real broker."""

import contextlib
import math
import queue
import shutil
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from device.clock import SimulatedClock, SystemClock
from device.core.event import Event, decode, encode
from device.errors import ConfigError, StoreError
from device.sinks.mqtt import MqttRunner
from device.sinks.mqtt_board import Board
from device.sinks.mqtt_ears import Ear
from device.sinks.mqtt_session import Broker, Message, Tls, read_password
from device.store.store import Store
from device.worker import Backoff, Wait
from tests.events import make_event
from tests.sinks.authority import Authority
from tests.sinks.broker import PASSWORD, PATIENCE_S, USER, Listener, Mosquitto, free_port

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed"),
]

EVENT, AVAILABILITY = "shopwarden/shop-1/event", "shopwarden/shop-1/availability"
FAST = Backoff(first_s=0.05, cap_s=0.1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(tmp_path / "state")
    yield opened
    opened.close()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that runs."""
    broker = Mosquitto(tmp_path).start()
    yield broker
    broker.kill()


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """The right password."""
    path = tmp_path / "mqtt.password"
    path.write_text(PASSWORD + "\n", encoding="utf-8")
    return path


@pytest.fixture
def run(store: Store, password_file: Path) -> Iterator[Callable[..., MqttRunner]]:
    """Start a runner on a port; all are stopped in the end."""
    runners: list[MqttRunner] = []

    def start(
        port: int,
        *,
        username: str = USER,
        wait: Wait = threading.Event.wait,
        resend_s: float = 10.0,
        board: Board | None = None,
        clock: Callable[[], float] | None = None,
    ) -> MqttRunner:
        broker = Broker(
            host="127.0.0.1",
            port=port,
            username=username,
            password_file=password_file,
            client_id="shop-1",
            resend_s=resend_s,
        )
        runner = MqttRunner(
            store, broker, "shop-1", clock=clock or SystemClock().monotonic, board=board, backoff=FAST, wait=wait
        )
        runner.start()
        runners.append(runner)
        return runner

    yield start
    for runner in runners:
        runner.stop()


@contextlib.contextmanager
def running(store: Store, broker: Broker) -> Iterator[MqttRunner]:
    """A runner to a broker of its own."""
    runner = MqttRunner(store, broker, "shop-1", clock=SystemClock().monotonic, backoff=FAST)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def break_off(runner: MqttRunner) -> None:
    """Have the connection die without a word."""
    assert runner._session is not None
    sock = runner._session._client.socket()
    assert isinstance(sock, socket.socket)
    sock.shutdown(socket.SHUT_RDWR)


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another thread brings about."""
    poll = threading.Event()
    for _ in range(int(PATIENCE_S / 0.02)):
        if condition():
            return
        poll.wait(0.02)
    raise TimeoutError("it did not come about")


def late(events: Iterable[Event]) -> list[str]:
    """As messages that waited for a broker."""
    return [encode(replace(event, late=True)) for event in events]


def test_every_event_goes_out_in_order_and_leaves_the_outbox(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """What waited and what is committed later arrive in the order of their numbers, each once."""
    waiting = [store.commit(make_event()) for _ in range(60)]
    listener = Listener(mosquitto.port)
    runner = run(mosquitto.port)
    until(lambda: runner.stats().progress)
    later = []
    for _ in range(60):
        later.append(store.commit(make_event()))
        runner.offer(later[-1])
    assert listener.take(120) == [*late(waiting), *map(encode, later)]
    until(lambda: store.outbox_size() == 0)
    assert runner.stop()
    assert listener.next() == (AVAILABILITY, "offline", False)
    assert listener.messages.empty()
    assert store.check() == []
    listener.close()


def test_a_new_event_wakes_an_idle_runner(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a sleep that would outlast the test, the offer alone sends the event."""
    monkeypatch.setattr("device.sinks.mqtt._IDLE_S", 10_000.0)
    listener = Listener(mosquitto.port)
    runner = run(mosquitto.port)
    until(lambda: runner.stats().progress)
    assert runner.offer(store.commit(make_event()))
    assert len(listener.take(1)) == 1
    listener.close()


def test_what_a_dead_broker_missed_comes_after_it_is_back(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """Events committed while the broker is dead wait on disk, and follow in order once it lives.

    Before them comes what it took last: killed, it has lost that.
    """
    # Between tries: a broker that was killed forgets its listeners, so the test's must be back before the runner.
    go = threading.Event()

    def wait(stop: threading.Event, _seconds: float) -> bool:
        until(lambda: go.is_set() or stop.is_set())
        return stop.is_set()

    runner = run(mosquitto.port, wait=wait)
    with capture_logs() as logs:
        taken = store.commit(make_event())
        runner.offer(taken)
        until(lambda: store.outbox_size() == 0)
        mosquitto.kill()
        missed = [store.commit(make_event()) for _ in range(30)]
        runner.offer(missed[-1])
        until(lambda: runner.stats().trouble)
        assert store.outbox_size() == 30
        mosquitto.start()
        listener = Listener(mosquitto.port)
        go.set()
        assert listener.take(31) == late([taken, *missed])
        until(lambda: store.outbox_size() == 0 and runner.stats().trouble is None)
    assert [entry["event"] for entry in logs] == ["sink_retries", "sink_recovered"]
    assert f"broker 127.0.0.1:{mosquitto.port} is gone" in logs[0]["reason"]
    listener.close()


def test_only_what_was_taken_of_late_is_sent_again(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """With a window of no length nothing is: what the broker acknowledged is its own."""
    runner = run(mosquitto.port, resend_s=0.0)
    runner.offer(store.commit(make_event()))
    until(lambda: store.outbox_size() == 0)
    listener = Listener(mosquitto.port)
    break_off(runner)
    event = store.commit(make_event())
    runner.offer(event)
    assert [decode(text).id for text in listener.take(1)] == [event.id]
    listener.close()


def test_what_was_taken_before_a_long_outage_is_sent_again(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """The window ends with the broker's last word: an outage longer than it takes nothing out of it.

    A broker that dies a second time before it has acknowledged the repetition gets it a third time.
    """
    clock, go = SimulatedClock(), threading.Event()

    def wait(stop: threading.Event, _seconds: float) -> bool:
        until(lambda: go.is_set() or stop.is_set())
        return stop.is_set()

    runner = run(mosquitto.port, clock=clock.monotonic, wait=wait)
    taken = [store.commit(make_event()) for _ in range(50)]
    runner.offer(taken[-1])
    until(lambda: store.outbox_size() == 0 and len(runner._taken) == len(taken))
    for heard in (1, len(taken)):
        mosquitto.kill()
        until(lambda: runner.stats().trouble)
        clock.advance(3600.0)
        mosquitto.start()
        listener = Listener(mosquitto.port)
        go.set()
        assert listener.take(heard) == late(taken[:heard])
        go.clear()
        listener.close()
    until(lambda: all(t < math.inf for t in runner._taken.values()))
    assert store.check() == []


def test_what_a_process_before_this_one_was_told_of_late_is_sent_again(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """Guard and broker on one board lose their power together: of the last ten seconds, before what is new."""
    ids = [f"01a21f03-8813-7000-8ccd-{number:012x}" for number in range(3)]
    ids[1:] = [f"01a21f03-b000-7000-8ccd-{number:012x}" for number in (1, 2)]
    for id_ in ids:
        store.commit(make_event(id=id_))
    store.acknowledge(1, 2, 3)
    waiting = store.commit(make_event())
    listener = Listener(mosquitto.port)
    run(mosquitto.port)
    heard = [decode(text) for text in listener.take(3)]
    assert [it.id for it in heard] == [*ids[1:], waiting.id]
    assert all(it.late for it in heard)
    listener.close()


def test_what_was_taken_long_before_the_last_word_is_not_sent_again(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """What the broker took more than a window before something else is its own."""
    clock = SimulatedClock()
    runner = run(mosquitto.port, clock=clock.monotonic)
    runner.offer(store.commit(make_event()))
    until(lambda: store.outbox_size() == 0 and len(runner._taken) == 1)
    clock.advance(11.0)
    newer = store.commit(make_event())
    runner.offer(newer)
    until(lambda: list(runner._taken) == [newer.seq])
    listener = Listener(mosquitto.port)
    break_off(runner)
    assert [decode(text).id for text in listener.take(1)] == [newer.id]
    listener.close()


def test_states_are_told_when_they_change_and_after_every_connection(
    mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """The newest alone, retained; words that nobody heard in time are not repeated."""
    board = Board()
    listener = Listener(mosquitto.port)
    runner = run(mosquitto.port, board=board)
    assert listener.next()[0] == AVAILABILITY
    board.put("a/state", "one")
    assert listener.next() == ("a/state", "one", False)
    board.put("a/state", "one")
    board.say("a/word", "now")
    assert listener.next() == ("a/word", "now", False)
    break_off(runner)
    seen = [listener.next() for _ in range(3)]
    assert [topic for topic, _, _ in seen] == [AVAILABILITY, AVAILABILITY, "a/state"]
    late_comer = Listener(mosquitto.port)
    assert {late_comer.next() for _ in range(2)} == {(AVAILABILITY, "online", True), ("a/state", "one", True)}
    for it in (listener, late_comer):
        it.close()


def test_what_the_broker_sends_is_heard(mosquitto: Mosquitto, run: Callable[..., MqttRunner]) -> None:
    """By those who listen to its topic, also where they began after the connection, and after the next one."""
    heard: list[Message] = []
    connected: queue.Queue[bool] = queue.Queue()
    listener = Listener(mosquitto.port)
    runner = run(mosquitto.port)
    until(lambda: runner.stats().progress)
    others: list[Message] = []
    runner.listen(Ear(("other/topic",), others.append), Ear(("cmd/#",), heard.append, lambda: connected.put(True)))
    for _ in range(2):
        assert connected.get(timeout=PATIENCE_S)
        heard.clear()
        # It may take a moment until the broker knows of the subscription.
        until(lambda: listener.publish("cmd/arm", "away") or heard)  # type: ignore[func-returns-value]
        assert heard[0] == Message("cmd/arm", b"away", retained=False)
        break_off(runner)
    assert others == []
    listener.close()


# paho drops the socket of a handshake that failed without closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_over_tls_with_certificates_on_both_sides(store: Store, tmp_path: Path) -> None:
    """Events reach a broker that believes this device alone; a foreign authority is refused by name, for good."""
    authority, foreign = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    broker_files, own_files = authority.sign("localhost"), authority.sign("shop-1")
    mosquitto = Mosquitto(tmp_path, tls=(authority.certificate, *broker_files)).start()
    tls = Tls(authority.certificate, *own_files)
    try:
        sent = store.commit(make_event())
        with running(store, Broker(host="localhost", port=mosquitto.port, client_id="shop-1", tls=tls)) as runner:
            until(lambda: store.outbox_size() == 0)
            assert runner.stats().trouble is None
        assert sent.seq == 1
        store.commit(make_event())
        wrong = Broker(host="localhost", port=mosquitto.port, tls=Tls(foreign.certificate, *own_files))
        with running(store, wrong) as runner:
            until(lambda: runner.stats().fatal)
            assert "is not to be believed" in (runner.stats().trouble or "")
        assert store.outbox_size() == 1
    finally:
        mosquitto.kill()


def test_certificates_that_cannot_be_read_are_a_wrong_configuration(tmp_path: Path, store: Store) -> None:
    """At the start, with the file."""
    (tmp_path / "ca.pem").write_text("no certificate")
    broker = Broker(host="h", tls=Tls(tmp_path / "ca.pem"))
    with pytest.raises(ConfigError, match=r"ca\.pem"):
        MqttRunner(store, broker, "shop-1", clock=lambda: 0.0)


@pytest.mark.parametrize(
    ("host", "tls", "private"),
    [
        ("127.0.0.1", None, True),
        ("::1", None, True),
        ("localhost", None, True),
        ("192.0.2.1", None, False),
        ("broker.example", None, False),
        ("localhost.example", None, False),
        ("192.0.2.1", Tls(), True),
    ],
)
def test_what_nobody_can_read_along(host: str, tls: Tls | None, private: bool) -> None:
    """TLS, or a broker on this machine: only there a PIN may be said."""
    assert Broker(host=host, tls=tls).is_private is private


def test_what_was_on_the_way_goes_out_again(store: Store, run: Callable[..., MqttRunner], tmp_path: Path) -> None:
    """A broker that dies before it acknowledges costs nothing: the whole window is sent to the next, in order."""
    sent = [store.commit(make_event()) for _ in range(25)]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        runner = run(port)
        connection, _ = silent.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"\x20\x02\x00\x00")
            received = b""
            # It takes what it is sent and acknowledges none of it.
            while received.count(b"/event") < 19:
                received += connection.recv(65536)
    assert store.outbox_size() == 25
    mosquitto = Mosquitto(tmp_path, port=free_port())
    runner.stop()
    mosquitto.start()
    listener = Listener(mosquitto.port)
    run(mosquitto.port)
    assert listener.take(25) == late(sent)
    until(lambda: store.outbox_size() == 0)
    listener.close()
    mosquitto.kill()


def test_a_refused_user_is_told_once_in_one_line(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """The message names broker, user and what to check; events wait."""
    with capture_logs() as logs:
        store.commit(make_event())
        runner = run(mosquitto.port, username="mallory")
        until(lambda: runner.stats().fatal)
        assert runner.stop()
    place = f"127.0.0.1:{mosquitto.port}"
    expected = f"mqtt: broker {place} refused user mallory: check username and password_file"
    assert [entry["reason"] for entry in logs if entry["log_level"] == "error"] == [expected]
    assert runner.stats().trouble == expected
    assert store.outbox_size() == 1


def test_availability_is_retained_and_the_will_speaks_for_the_dead(
    mosquitto: Mosquitto, run: Callable[..., MqttRunner]
) -> None:
    """Who subscribes later reads online; a connection that breaks, and a good-bye, both make it offline."""
    runner = run(mosquitto.port)
    until(lambda: runner.stats().progress)
    listener = Listener(mosquitto.port)
    assert listener.next() == (AVAILABILITY, "online", True)
    break_off(runner)
    assert listener.next() == (AVAILABILITY, "offline", False)
    assert listener.next() == (AVAILABILITY, "online", False)
    runner.stop()
    assert listener.next() == (AVAILABILITY, "offline", False)
    listener.close()


def test_a_broker_that_is_away_is_told_once_and_delays_no_stop(store: Store, run: Callable[..., MqttRunner]) -> None:
    """Many tries make one warning; a stop ends them, and may be called twice."""
    with capture_logs() as logs:
        runner = run(free_port())
        until(lambda: runner.stats().failures > 3)
        assert runner.stop(5.0)
        assert runner.stop(5.0)
    warnings = [entry["reason"] for entry in logs if entry["log_level"] != "debug"]
    assert len(warnings) == 1
    assert "cannot be reached" in warnings[0]
    assert store.check() == []


def test_a_store_that_fails_is_trouble_and_passes(
    store: Store, mosquitto: Mosquitto, run: Callable[..., MqttRunner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that could not be struck off goes out again; the reader drops the second by its id."""
    listener = Listener(mosquitto.port)
    acknowledge, failures = store.acknowledge, [1]

    def failing(*seqs: int) -> None:
        if failures:
            failures.pop()
            raise StoreError("store: the disk fails")
        acknowledge(*seqs)

    monkeypatch.setattr(store, "acknowledge", failing)
    event = store.commit(make_event())
    runner = run(mosquitto.port)
    assert listener.take(2) == late([event, event])
    until(lambda: store.outbox_size() == 0)
    assert runner.stats().failures == 1
    listener.close()


def test_a_password_file_that_is_not_there_is_a_wrong_configuration(tmp_path: Path, store: Store) -> None:
    """The message names the file, at the start, before any connection."""
    missing = tmp_path / "missing"
    with pytest.raises(ConfigError, match=r"password_file .*missing: No such file"):
        MqttRunner(store, Broker(host="h", username="cam", password_file=missing), "shop-1", clock=lambda: 0.0)


def test_a_password_is_the_files_text_without_its_end_of_line(tmp_path: Path) -> None:
    """Spaces belong to it, the editor's last line end does not, and what is no text is refused."""
    path = tmp_path / "password"
    path.write_text(" s3cret \r\n", encoding="utf-8")
    assert read_password(path) == " s3cret "
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="no UTF-8"):
        read_password(path)
