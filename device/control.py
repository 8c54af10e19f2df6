"""A socket in the state directory by which commands reach the running service. Knows no command."""

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from device.errors import ShopwardenError, TransientSinkError
from device.worker import Loop, LoopStats

CONTROL_NAME: Final = "control.sock"
MAX_BYTES: Final = 64 * 1024
_PATIENCE_S: Final = 2.0
"""How long a command may take to say what it wants."""
_IDLE_S: Final = 0.5

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class ControlSocket(Loop):
    """Answers one command at a time: one line of JSON in, one out. The file's rights say who may ask."""

    def __init__(self, path: Path, answers: dict[str, Answer]) -> None:
        """Answer what is asked for by these names."""
        super().__init__("control")
        self._path, self._answers = path, answers
        self._listener: socket.socket | None = None

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
            with _short(self._path) as short:
                if connect(self._path) is not None:
                    raise TransientSinkError(f"{self._path}: another service answers there")
                self._path.unlink(missing_ok=True)
                listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                before = os.umask(0o177)
                try:
                    listener.bind(short)
                finally:
                    os.umask(before)
        except OSError as error:
            raise TransientSinkError(f"{self._path}: cannot be made ({error.strerror})") from error
        listener.listen(4)
        listener.settimeout(_IDLE_S)
        return listener

    def _answer(self, connection: socket.socket) -> dict[str, Any]:
        try:
            with connection.makefile("rb") as lines:
                asked = json.loads(lines.readline(MAX_BYTES))
            return self._answers[asked["do"]](asked)
        except (ValueError, KeyError, TypeError):
            return {"error": "this cannot be asked"}
        except ShopwardenError as error:
            return {"error": str(error)}

    def _wake(self) -> None:
        """It wakes by itself, soon."""

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._path.unlink(missing_ok=True)


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
    connection = connect(state_dir / CONTROL_NAME)
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
