"""The service as systemd would run it: a process, its messages, its camera's processes. Holds no test."""

import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Self

PATIENCE_S = 40.0


class Daemon:
    """``shopwarden run`` with a socket to notify; ended in any case when the block is left."""

    def __init__(self, config: Path, *, watchdog_s: float = 1.5) -> None:
        """Start it."""
        self._name = f"shopwarden-test-{uuid.uuid4()}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{self._name}")
        self.messages: list[str] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._out, self._err = config.parent / "out.log", config.parent / "err.log"
        environment = os.environ | {"NOTIFY_SOCKET": f"@{self._name}", "WATCHDOG_USEC": str(round(watchdog_s * 1e6))}
        environment.pop("WATCHDOG_PID", None)
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "device", "run", "--config", str(config)],
                stdout=out,
                stderr=err,
                env=environment,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            for child in self.children():
                os.kill(child, signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        # Not closed under the listener: its next read would be of whatever gets the number of the descriptor.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._listener.join(PATIENCE_S)
        self._socket.close()

    def ready(self) -> Self:
        """Wait until it guards."""
        self.until(lambda: any(message.startswith("READY=1") for message in self.messages), "READY=1")
        return self

    def pings(self) -> int:
        """How often the watchdog was fed."""
        return sum("WATCHDOG=1" in message for message in self.messages)

    def out(self) -> str:
        """Events so far."""
        return self._out.read_text(encoding="utf-8")

    def log(self) -> str:
        """Log so far."""
        return self._err.read_text(encoding="utf-8")

    def children(self) -> list[int]:
        """Its cameras' processes."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit status."""
        self.send(number)
        # Ten times what it promises: machines stall, and a wait for a camera would be longer still.
        return self.process.wait(10.0)

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait for something to become true, while the service lives."""
        poll = threading.Event()
        for _ in range(round(PATIENCE_S / 0.02)):
            if true():
                return
            if self.process.poll() is not None:
                break
            poll.wait(0.02)
        raise AssertionError(f"no {what}; status {self.process.poll()}; log:\n{self.log()}\nevents:\n{self.out()}")

    def _listen(self) -> None:
        while message := self._socket.recv(4096):
            self.messages.append(message.decode())


def is_gone(pid: int) -> bool:
    """Whether a process has ended, also where nobody has taken note of it yet."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_gone(pids: list[int]) -> bool:
    """Whether all of these end, given some time."""
    poll = threading.Event()
    for _ in range(round(PATIENCE_S / 0.05)):
        if all(is_gone(pid) for pid in pids):
            return True
        poll.wait(0.05)
    return False
