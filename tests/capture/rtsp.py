"""Starts the RTSP server of the tests, and a way to it that can be blocked. Holds no test."""

import contextlib
import functools
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

SERVER = Path(__file__).parent / "rtsp_server.py"
SYSTEM_PYTHON = "/usr/bin/python3"


@functools.cache
def is_here() -> bool:
    """Whether the system's Python has the server's library."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    with contextlib.suppress(OSError):
        return subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0
    return False


class RtspServer:
    """A server in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SERVER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self._process.stdout is None:
            raise RuntimeError("no pipe")
        self.port = int(self._process.stdout.readline())

    def address(self, path: str = "/main", user: str = "") -> str:
        """Where a stream is."""
        return f"rtsp://{user}127.0.0.1:{self.port}{path}"

    def say(self, command: str) -> None:
        """Give the server a command, as its docstring lists them."""
        if self._process.stdin is not None:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()

    def kill(self) -> None:
        """End it without a word; twice as well."""
        self._process.kill()
        self._process.communicate()


class Proxy:
    """A way to a port on which everything can stand still, in the middle of a packet."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._flows = threading.Event()
        self._flows.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """Let nothing through any more, and hang up on nobody."""
        self._flows.clear()

    def flow(self) -> None:
        """Let everything through again."""
        self._flows.set()

    def close(self) -> None:
        """Hang up on everybody."""
        self._flows.set()
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._ends += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(700):  # smaller than a picture: a stall comes in the middle of one
                self._flows.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serving(*arguments: str) -> Iterator[RtspServer]:
    """A server while it is needed."""
    server = RtspServer(*arguments)
    try:
        yield server
    finally:
        server.kill()
