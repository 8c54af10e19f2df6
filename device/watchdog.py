"""Tells systemd that the service is ready and that it progresses. Does not find out whether it does: it is fed."""

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import structlog

log = structlog.get_logger(__name__)

_PINGS_A_LIMIT: Final = 3
"""Pings within systemd's limit: one may get lost, and one may come late."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How systemd watches us."""

    limit_s: float
    """Without a ping for so long the service is killed and started again."""

    def due(self, now: float, last_progress: float, last_ping: float) -> bool:
        """Whether to ping: it is time for it, and progress is fresh; all in monotonic seconds."""
        step_s = self.limit_s / _PINGS_A_LIMIT
        return now - last_progress <= step_s and now - last_ping >= step_s


def is_progress(*, frame: bool, inference: bool, why_not: str | None) -> bool:
    """Whether a step of the pipeline proves that it works: a frame, and an inference or a word why there was none.

    A stuck camera alone is no reason to start everything again, so a pipeline whose camera is known to be lost, and
    has said so by an event, calls ``Watchdog.excuse`` instead.
    """
    return frame and (inference or why_not is not None)


class Watchdog:
    """Speaks sd_notify's protocol: datagrams to ``$NOTIFY_SOCKET``; without one every call does nothing.

    Nothing here raises: a service that cannot reach systemd still guards the shop.
    """

    def __init__(self, address: str | None, limit: Limit | None) -> None:
        """Send to a path, or to an abstract name that begins with @."""
        self._address = address
        self._limit = limit
        # Written by the pipelines, each its own entry, and read by whoever ticks.
        self._last_progress: dict[str, float] = {}
        self._last_ping = 0.0
        self._socket: socket.socket | None = None
        self._told = False
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            # A hung systemd must not hang the guard.
            self._socket.setblocking(False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID as systemd sets them."""
        usec, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
        watched = usec.isdecimal() and int(usec) > 0 and pid in ("", str(os.getpid()))
        return cls(environ.get("NOTIFY_SOCKET") or None, Limit(int(usec) / 1e6) if watched else None)

    def ready(self, now: float, status: str, parts: Iterable[str] = ("pipeline",)) -> None:
        """The service guards; from now on each of these parts must progress for systemd to be pinged."""
        # Loading a model takes a while: the way to here counts as progress, once.
        self._last_progress = dict.fromkeys(parts, now)
        self._last_ping = now
        self._send(f"READY=1\nSTATUS={_line(status)}\nWATCHDOG=1")

    def status(self, text: str) -> None:
        """A line for ``systemctl status``."""
        self._send(f"STATUS={_line(text)}")

    def progress(
        self, now: float, *, frame: bool, inference: bool, why_not: str | None = None, part: str = "pipeline"
    ) -> None:
        """A step of a part is done; it counts if it proves something."""
        if is_progress(frame=frame, inference=inference, why_not=why_not):
            self._last_progress[part] = now

    def excuse(self, now: float, part: str = "pipeline") -> None:
        """A part had no frame, and everybody has been told: carry on."""
        self._last_progress[part] = now

    def tick(self, now: float) -> None:
        """Ping if it is time and every part progresses; the supervisor calls this about once a second."""
        oldest = min(self._last_progress.values(), default=None)
        if self._limit is None or oldest is None or not self._limit.due(now, oldest, self._last_ping):
            return
        self._last_ping = now
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The service ends on purpose."""
        self._send("STOPPING=1")

    def close(self) -> None:
        """Let go of the socket; may be called twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, text: str) -> None:
        if self._socket is None or self._address is None:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            self._socket.sendto(text.encode(), address)
        except OSError as error:
            tell = log.debug if self._told else log.warning
            self._told = True
            tell("systemd_not_told", address=self._address, reason=str(error))


def _line(text: str) -> str:
    return " ".join(text.split())
