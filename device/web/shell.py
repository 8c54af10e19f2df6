"""What surrounds every answer: headers that browsers obey, all bytes of its request, and bugs that end it alone."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse

from device.web.body import Intake

log = structlog.get_logger(__name__)

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEADERS: Final = {
    # Nothing is loaded from anywhere else, no script or style stands in a page, and no other page may frame this one.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": a form of the page itself would then come with the origin "null".
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Shell:
    """An application inside it, which need not think of any of this."""

    def __init__(self, app: Callable[[_Scope, _Receive, _Send], Awaitable[None]]) -> None:
        """Surround an application."""
        self._app = app

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        begun = done = False
        intake = Intake(receive) if scope["type"] == "http" and _has_body(scope) else None

        async def guarded(message: MutableMapping[str, Any]) -> None:
            nonlocal begun, done
            if message["type"] == "http.response.start":
                if intake is not None:
                    await intake.drain()
                begun = True
                _add_headers(message)
            await send(message)
            done = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await self._app(scope, intake.receive if intake else receive, guarded)
        except Exception as error:
            log.error("page_bug", path=scope.get("path"), error=repr(error), exc_info=error)
            if done:
                return
            if begun:
                raise
            await JSONResponse({"error": "this failed; the log says why"}, 500)(scope, receive, guarded)


def _has_body(scope: _Scope) -> bool:
    """Others are not read from before they are answered: a stream waits for nothing but its end."""
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def _add_headers(message: MutableMapping[str, Any]) -> None:
    headers = MutableHeaders(raw=message["headers"])
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("cache-control", "no-store")
    message["headers"] = headers.raw
