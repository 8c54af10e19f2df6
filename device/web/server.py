"""The page's server on a thread of its own, so that no client reaches the guard. Knows no page."""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable
from typing import Any, Final

import structlog
import uvicorn

from device.errors import FatalSinkError
from device.web.certificate import Certificate
from device.web.feed import Feed
from device.web.listener import Listener, listen
from device.web.protocol import TimedProtocol
from device.worker import Backoff, Loop, LoopStats, Wait

log = structlog.get_logger(__name__)

_BACKOFF: Final = Backoff(first_s=1.0, cap_s=60.0)
_HEAD_BYTES: Final = 16 * 1024
_GOODBYE_S: Final = 1


class WebServer(Loop):
    """Serves an application until it is stopped; an address that is not to be had is asked for again."""

    def __init__(
        self,
        make_app: Callable[[], Any],
        feed: Feed,
        *,
        host: str,
        port: int,
        certificate: Certificate | None,
        wait: Wait = threading.Event.wait,
    ) -> None:
        """Get ready; the application is made on the server's thread, where what it needs is loaded.

        Args:
            make_app: the application.
            feed: what tells open pages of news; runs while the server does.
            host: address to listen on.
            port: its port; 0 for any.
            certificate: None for plain HTTP.
            wait: how to let time pass.
        """
        super().__init__("page", backoff=_BACKOFF, fatal_retry_s=300.0, wait=wait)
        self._make_app, self._feed = make_app, feed
        self._host, self._port, self._certificate = host, port, certificate
        self._server: uvicorn.Server | None = None
        self._listener: Listener | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens; None while it does not."""
        listener = self._listener
        return None if listener is None else listener.getsockname()[:2]

    def stats(self) -> LoopStats:
        """Figures so far; what is queued are connections, what was dropped those that were too many."""
        listener = self._listener
        queued, refused = (listener.open, listener.refused) if listener else (0, 0)
        return LoopStats(
            self.name, self._progress, queued, refused, self._failures, self._bugs, self._trouble, self._fatal
        )

    def _step(self) -> bool:
        listener = listen(self._host, self._port)
        try:
            server = uvicorn.Server(self._settings())
            self._server, self._listener = server, listener
            if self._stop.is_set():
                return False
            scheme = "https" if self._certificate else "http"
            log.info("page", address=f"{scheme}://{self._host}:{listener.getsockname()[1]}")
            self._recovered()
            asyncio.run(self._serve(server, listener))
        finally:
            self._server = self._listener = None
            listener.close()
        return True

    async def _serve(self, server: uvicorn.Server, listener: Listener) -> None:
        self._feed.begin(asyncio.get_running_loop())
        try:
            await server.serve(sockets=[listener])
        finally:
            self._feed.end()

    def _settings(self) -> uvicorn.Config:
        settings = uvicorn.Config(
            self._make_app(),
            loop="asyncio",
            http=TimedProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=_GOODBYE_S,
            h11_max_incomplete_event_size=_HEAD_BYTES,
        )
        # What clients do wrong is theirs; what goes wrong here is told by ``Shell``.
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        settings.load()
        if self._certificate is not None:
            settings.ssl = _tls(self._certificate)
        return settings

    def _wake(self) -> None:
        server = self._server
        if server is not None:
            server.should_exit = True
        self._feed.hang_up()

    def _close(self) -> None:
        """Nothing is left open."""


def _tls(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate.certificate, certificate.key)
    except (OSError, ssl.SSLError) as error:
        raise FatalSinkError(f"{certificate.certificate}: cannot be used for TLS ({error})") from error
    return context
