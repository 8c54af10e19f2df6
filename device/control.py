"""A socket in the state directory by which commands reach the running service. Knows no command."""

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import structlog

from device.errors import ShopwardenError, TransientSinkError
from device.worker import Loop, LoopStats

CONTROL_NAME: Final = "control.sock"
MAX_BYTES: Final = 64 * 1024
_PATIENCE_S: Final = 2.0
"""How long a command may take to say what it wants."""
_IDLE_S: Final = 0.5

HAND_OVER_S: Final = 5.0
"""How long the answer in hand may take to end where nobody is to answer any more."""

Answer = Callable[[dict[str, Any]], dict[str, Any]]

log = structlog.get_logger(__name__)


class ControlSocket(Loop):
    """Answers one command at a time: one line of JSON in, one out. The file's rights say who may ask.

    It outlives a new configuration: whoever asks while the service reads one waits for the guard that comes next.
    """

    def __init__(self, path: Path) -> None:
        """Listen there from the first ``serving`` on."""
        super().__init__("control")
        self.path = path
        self._listener: socket.socket | None = None
        # Guards who answers: whoever serves sets it, the socket's thread looks.
        self._changed = threading.Condition()
        self._answers: dict[str, Answer] | None = None
        self._answering = False

    @contextlib.contextmanager
    def serving(self, answers: dict[str, Answer]) -> Iterator[None]:
        """Answer what is asked for by these names; the answer in hand has ended when this is left."""
        with self._changed:
            self._answers = answers
            self._changed.notify_all()
        if self._thread.ident is None:
            self.start()
        try:
            yield
        finally:
            with self._changed:
                self._answers = None
                if not self._changed.wait_for(lambda: not self._answering, HAND_OVER_S):
                    log.warning("command_hangs", advice="the service goes on without its answer")

    def stats(self) -> LoopStats:
        """Figures so far."""
        return LoopStats(self.name, self._progress, 0, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def _step(self) -> bool:
        listener = self._listener
        if listener is None:
            listener = self._listener = self._listen()
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            return False
        with connection:
            connection.settimeout(_PATIENCE_S)
            # Whoever hangs up or dawdles harms nobody but themselves.
            with contextlib.suppress(OSError):
                connection.sendall(json.dumps(self._answer(connection)).encode() + b"\n")
        return True

    def _listen(self) -> socket.socket:
        try:
            with _short(self.path) as short:
                if answers_at(self.path):
                    raise TransientSinkError(f"{self.path}: another service answers there")
                self.path.unlink(missing_ok=True)
                listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                before = os.umask(0o177)
                try:
                    listener.bind(short)
                finally:
                    os.umask(before)
        except OSError as error:
            raise TransientSinkError(f"{self.path}: cannot be made ({error.strerror})") from error
        listener.listen(4)
        listener.settimeout(_IDLE_S)
        return listener

    def _answer(self, connection: socket.socket) -> dict[str, Any]:
        try:
            with connection.makefile("rb") as lines:
                asked = json.loads(lines.readline(MAX_BYTES))
            with self._in_hand() as answers:
                return answers[asked["do"]](asked)
        except (ValueError, KeyError, TypeError):
            return {"error": "this cannot be asked"}
        except ShopwardenError as error:
            return {"error": str(error)}

    @contextlib.contextmanager
    def _in_hand(self) -> Iterator[dict[str, Answer]]:
        """Wait for somebody who answers, and keep them until the answer is there."""
        with self._changed:
            self._changed.wait_for(lambda: self._answers is not None or self._stop.is_set())
            if self._answers is None:
                raise ShopwardenError("it ends, or its state directory has moved; ask again")
            answers, self._answering = self._answers, True
        try:
            yield answers
        finally:
            with self._changed:
                self._answering = False
                self._changed.notify_all()

    def _wake(self) -> None:
        """A wait for a connection ends by itself, soon."""
        with self._changed:
            self._changed.notify_all()

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self.path.unlink(missing_ok=True)


def connect(path: Path) -> socket.socket | None:
    """A connection to whoever answers at a socket; None where nobody does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path) as short:
            connection.connect(short)
    except OSError:
        connection.close()
        return None
    return connection


def service_answers(state_dir: Path) -> bool:
    """Whether a service runs on a state directory."""
    return answers_at(state_dir / CONTROL_NAME)


def answers_at(path: Path) -> bool:
    """Whether somebody listens at a socket."""
    connection = connect(path)
    if connection is not None:
        connection.close()
    return connection is not None


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """Another name for a path: those of sockets may have 107 letters at most."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
