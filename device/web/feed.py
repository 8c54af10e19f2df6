"""News for open pages, from any thread to each page's stream. Keeps no history."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Final

from device.core.event import Event, encode

MAX_STREAMS: Final = 16
"""Pages that are told at once."""
MAX_WAITING: Final = 64
"""News that wait for one page; one that is slower loses its stream, and asks for all when it comes again."""
HEARTBEAT_S: Final = 15.0

_Queue = asyncio.Queue[bytes | None]


class Feed:
    """Hands each event and each state of the panel to every open page; waits for none."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        # Guards the loop: it comes and goes with the server, and any thread may have news.
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[_Queue] = set()

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """The server runs now."""
        with self._lock:
            self._loop = loop

    def end(self) -> None:
        """It runs no more."""
        with self._lock:
            self._loop = None
        self._streams.clear()

    def hang_up(self) -> None:
        """End every stream, so that the server can end."""
        self._on_loop(None)

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:  # noqa: ARG002 - waits for nobody
        """Tell of an event that is on disk."""
        self._on_loop(message("event", encode(event)))
        return True

    def tell_panel(self, panel: str) -> None:
        """Tell how the panel stands now: one word."""
        self._on_loop(message("panel", json.dumps({"panel": panel})))

    def is_full(self) -> bool:
        """Whether there are as many streams as may be."""
        return len(self._streams) >= MAX_STREAMS

    async def stream(self) -> AsyncIterator[bytes]:
        """What one page gets, until it is too slow or the server ends; a heartbeat where there is no news."""
        queue: _Queue = asyncio.Queue()
        self._streams.add(queue)
        try:
            yield b"retry: 3000\n\n"
            while True:
                try:
                    news = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    news = b": still here\n\n"
                if news is None:
                    return
                yield news
        finally:
            self._streams.discard(queue)

    def _on_loop(self, news: bytes | None) -> None:
        with self._lock:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._share, news)

    def _share(self, news: bytes | None) -> None:
        for queue in self._streams:
            if queue.qsize() < MAX_WAITING:
                queue.put_nowait(news)
            elif queue.qsize() == MAX_WAITING:
                # One more than it may hold: the end.
                queue.put_nowait(None)


def message(name: str, data: str) -> bytes:
    """One message of an event stream; the data is one line."""
    return f"event: {name}\ndata: {data}\n\n".encode()
