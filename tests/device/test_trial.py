"""A marked event through every sink, by the running service or without one."""

import contextlib
import json
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from device.cli import main
from device.control import ControlSocket, connect
from device.core.event import Event
from device.errors import UsageError
from device.store.store import Store
from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene
from tests.pins.waiting import soon

SIREN = '[pins]\nfactory = "mock"\noutputs = [{ id = "siren", pin = 17 }]\n'


def stored(folder: Path) -> list[Event]:
    """What is on disk."""
    store = Store.open(folder / "state", outbox=False)
    try:
        return store.events(kind="panic")
    finally:
        store.close()


def test_without_a_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command has outlets of its own: the siren sounds for that long, and the event is kept, with its mark."""
    config = write_config(tmp_path, more=SIREN)
    assert main(("test-event", "panic", "--for", "0.3", "--config", str(config))) == 0
    out = capsys.readouterr().out
    assert "no service runs" in out
    assert "siren: works" in out
    end, start = stored(tmp_path)
    assert (start.state, start.priority, end.state, start.camera) == ("start", "alarm", "end", None)
    assert start.event_id == end.event_id
    assert start.data == {"test": True}
    assert "a test" in start.reasons[0]


@pytest.mark.slow
def test_by_the_running_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told by the service's own sinks, which say how they fare."""
    config = write_config(tmp_path, source=write_scene(tmp_path), more=SIREN)
    with Daemon(config) as daemon:
        daemon.ready()
        assert main(("test-event", "panic", "--for", "0.2", "--config", str(config))) == 0
        assert daemon.end() == 0
    out = capsys.readouterr().out
    assert "told by the running service" in out
    assert "store: works" in out
    assert len(stored(tmp_path)) == 2
    assert not (tmp_path / "state" / "control.sock").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [(("panic", "--for", "999"), "up to 60"), (("panic", "--camera", "cellar"), "no camera 'cellar'")],
)
def test_what_cannot_be_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], why: str
) -> None:
    """It is said in one line."""
    assert main(("test-event", *arguments, "--config", str(write_config(tmp_path)))) == 2
    assert why in capsys.readouterr().err


def test_the_panels_own_events_are_not_made_up(tmp_path: Path) -> None:
    """Outputs act by them."""
    with pytest.raises(SystemExit):
        main(("test-event", "disarmed", "--config", str(write_config(tmp_path))))


def asked(path: Path, line: bytes) -> dict[str, object]:
    """What the socket says to a line."""
    connection = connect(path)
    assert connection is not None
    with connection, connection.makefile("rb") as lines:
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        found: dict[str, object] = json.loads(lines.readline())
        return found


def answers(path: Path) -> bool:
    """Whether somebody listens there; the file is there a moment before."""
    connection = connect(path)
    if connection is not None:
        connection.close()
    return connection is not None


def test_the_socket(tmp_path: Path) -> None:
    """For its owner alone; what it cannot read is refused, and whoever hangs holds up nobody for long."""

    def fail(_: dict[str, object]) -> dict[str, object]:
        raise UsageError("not today")

    folder = tmp_path / ("a long name " * 12)
    folder.mkdir()
    path = folder / "control.sock"
    path.write_text("left behind", encoding="ascii")
    control = ControlSocket(path)
    with ended(control), control.serving({"echo": lambda it: {"said": it["word"]}, "fail": fail}):
        assert soon(lambda: answers(path))
        assert path.stat().st_mode & 0o077 == 0
        assert asked(path, b'{"do": "echo", "word": 7}\n') == {"said": 7}
        assert asked(path, b'{"do": "fail"}\n') == {"error": "not today"}
        for line in (
            b"\n",
            b"nonsense\n",
            b'{"do": "other"}\n',
            b"[]\n",
            b'{"do": "echo"}\n',
            b"\xff\n",
            b"x" * 60_000,
        ):
            assert asked(path, line) == {"error": "this cannot be asked"}
        silent = connect(path)
        assert silent is not None
        with silent:
            assert asked(path, b'{"do": "fail"}\n') == {"error": "not today"}
    assert connect(path) is None


@contextlib.contextmanager
def ended(control: ControlSocket) -> Iterator[None]:
    """It ends in time."""
    try:
        yield
    finally:
        assert control.stop(20.0)


def test_who_asks_between_two_guards_is_answered_by_the_next(tmp_path: Path) -> None:
    """A new configuration is read in the meantime; nobody may take it for a service that does not run."""
    path = tmp_path / "control.sock"
    control = ControlSocket(path)
    with ended(control), ThreadPoolExecutor(1) as other:
        with control.serving({"who": lambda _: {"is": "first"}}):
            assert soon(lambda: answers(path))
            assert asked(path, b'{"do": "who"}\n') == {"is": "first"}
        told = other.submit(asked, path, b'{"do": "who"}\n')
        with pytest.raises(TimeoutError):
            told.result(0.2)
        with control.serving({"who": lambda _: {"is": "second"}}):
            assert told.result(20.0) == {"is": "second"}
        late = other.submit(asked, path, b'{"do": "who"}\n')
        with pytest.raises(TimeoutError):
            late.result(0.2)
        control.ask_to_stop()
        assert late.result(20.0) == {"error": "it ends, or its state directory has moved; ask again"}


def test_the_answer_in_hand_ends_before_the_guard_does(tmp_path: Path) -> None:
    """What it uses is closed after that."""
    path, begun, over, closed = tmp_path / "control.sock", threading.Event(), threading.Event(), threading.Event()

    def answer(_: dict[str, object]) -> dict[str, object]:
        begun.set()
        over.wait(20.0)
        return {"closed": closed.is_set()}

    control = ControlSocket(path)
    with ended(control), ThreadPoolExecutor(1) as other:
        with control.serving({"it": answer}):
            assert soon(lambda: answers(path))
            told = other.submit(asked, path, b'{"do": "it"}\n')
            assert begun.wait(20.0)
            threading.Timer(0.2, over.set).start()
        closed.set()
        assert told.result(20.0) == {"closed": False}


@pytest.mark.slow
def test_a_test_outlives_a_new_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is cut short, with its end told; one that is asked for meanwhile waits for the guard that comes next."""
    config = write_config(tmp_path, source=write_scene(tmp_path), more=SIREN)
    with Daemon(config) as daemon:
        daemon.ready()
        with ThreadPoolExecutor(2) as others:
            first = others.submit(main, ("test-event", "panic", "--for", "50", "--config", str(config)))
            assert soon(lambda: len(stored(tmp_path)) == 1)
            daemon.process.send_signal(signal.SIGHUP)
            assert first.result(40.0) == 0
            assert main(("test-event", "panic", "--for", "0.2", "--config", str(config))) == 0
        assert daemon.end() == 0
    out = capsys.readouterr().out
    assert out.count("told by the running service") == 2
    assert out.count("cut short") == 1
    assert [event.state for event in stored(tmp_path)] == ["end", "start", "end", "start"]
