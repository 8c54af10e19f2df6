"""HTTP as uvicorn speaks it, with a time limit for whoever says or takes nothing. Answers nothing itself."""

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S: Final = 10.0
"""How long the head of a request may take, from the first byte that could come."""
SEND_S: Final = 20.0
"""How long a client may take nothing of what waits for it."""


class TimedProtocol(H11Protocol):
    """Hangs up where no whole head of a request comes in time, or where nobody takes the answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_due: asyncio.TimerHandle | None = None
        self._send_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait."""
        super().connection_made(transport)
        self._watch()
        self._send_due = self.loop.call_later(SEND_S, self._sweep)

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        super().data_received(data)
        self._watch()

    def pause_writing(self) -> None:
        """The client takes less than it gets: that may not last."""
        super().pause_writing()
        self._expect_reading(self.transport.abort)

    def resume_writing(self) -> None:
        """It has taken enough."""
        super().resume_writing()
        self._expect_reading(self._sweep)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._calm()
        if self._send_due is not None:
            self._send_due.cancel()
        super().connection_lost(exc)

    def _sweep(self) -> None:
        """A closed connection lives on while something waits to be taken: end that too."""
        if self.transport.is_closing():
            self.transport.abort()
        else:
            self._expect_reading(self._sweep)

    def _expect_reading(self, then: Any) -> None:
        if self._send_due is not None:
            self._send_due.cancel()
        self._send_due = self.loop.call_later(SEND_S, then)

    def _watch(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._calm()
        elif self._head_due is None:
            self._head_due = self.loop.call_later(HEAD_S, self.transport.abort)

    def _calm(self) -> None:
        due, self._head_due = self._head_due, None
        if due is not None:
            due.cancel()
