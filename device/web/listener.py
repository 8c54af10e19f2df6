"""A listening socket that takes no more connections than it can bear. Speaks no protocol."""

import errno
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from device.errors import TransientSinkError
from device.web.door import source_key

MAX_CONNECTIONS: Final = 64
"""All together: far below the files that a process may hold open, so that no crowd takes the store's."""
MAX_FROM_ONE: Final = 24
"""From one address: three browsers with six each, and some streams."""


class _Counted(socket.socket):
    """A connection that says when it is over."""

    over: Callable[[], None] = staticmethod(lambda: None)

    def close(self) -> None:
        over, self.over = self.over, lambda: None
        super().close()
        over()


class Listener(socket.socket):
    """Closes what is too much as soon as it is accepted."""

    def __init__(self, family: int) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        # Guards the counts: connections end on whichever thread drops them.
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self.refused = 0
        """Connections that were too many."""

    @property
    def open(self) -> int:
        """Connections now."""
        with self._lock:
            return self._open.total()

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection.

        Raises:
            ConnectionAbortedError: it was one too many, and is closed.
        """
        number, address = self._accept()  # type: ignore[attr-defined] # what socket.accept itself is made of
        connection = _Counted(self.family, self.type, self.proto, fileno=number)
        source = source_key(str(address[0]))
        with self._lock:
            full = self._open.total() >= MAX_CONNECTIONS or self._open[source] >= MAX_FROM_ONE
            self.refused += full
            self._open[source] += not full
        if full:
            connection.close()
            raise ConnectionAbortedError(errno.ECONNABORTED, "too many connections")
        connection.over = lambda: self._over(source)
        return connection, address

    def _over(self, source: str) -> None:
        with self._lock:
            self._open[source] -= 1
            if self._open[source] <= 0:
                del self._open[source]


def listen(host: str, port: int) -> Listener:
    """Listen on an address; port 0 takes any that is free.

    Raises:
        TransientSinkError: it cannot be had now: another program has it, or this machine has no such address yet.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = Listener(family)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(32)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise TransientSinkError(f"web.listen {host}:{port}: {error.strerror or error}: choose another") from error
    return listener
