"""Holds the newest completed request between the camera's thread and the reader's. Knows no pixels.

Requests are the camera's few buffers: one that is not given back is missing to the sensor.
"""

import threading
from typing import Protocol


class Request(Protocol):
    """A picture in a buffer of the camera, counted by its users."""

    def acquire(self) -> None:
        """One user more."""

    def release(self) -> None:
        """One user less; the buffer goes back with the last one."""


class Latest:
    """The newest one wins; the one it overtakes goes back at once."""

    def __init__(self) -> None:
        # Guards the three below: written by the camera's thread, taken by the reader's.
        self._ready = threading.Condition()
        self._request: Request | None = None
        self._seq = -1
        self._is_closed = False

    def put(self, request: Request) -> None:
        """A new picture, from the camera's thread."""
        with self._ready:
            self._seq += 1
            if self._is_closed:
                return
            request.acquire()
            overtaken, self._request = self._request, request
            self._ready.notify()
        if overtaken is not None:
            overtaken.release()

    def take(self, timeout_s: float) -> tuple[int, Request] | None:
        """The newest picture with its number, now the caller's to release; None when none has come in time."""
        with self._ready:
            if not self._ready.wait_for(lambda: self._request is not None, timeout_s):
                return None
            request, self._request = self._request, None
            return None if request is None else (self._seq, request)

    def close(self) -> None:
        """Give back what is held, and hold nothing more."""
        with self._ready:
            self._is_closed = True
            request, self._request = self._request, None
        if request is not None:
            request.release()
