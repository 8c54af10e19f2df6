"""Who asks, and whether they may: cookies, roles, and requests that only our own pages can send."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, RedirectResponse, Response

from device.errors import ShopwardenError
from device.web.body import BadBody
from device.web.parts import WebParts
from device.web.sessions import Session
from device.web.users import Role, User

DISK_S: Final = 15.0
"""How long an answer waits for disk, hash or guard, which waits 5 s for the disk itself."""
_SAFE: Final = frozenset({"GET", "HEAD"})

T = TypeVar("T")
Handler = Callable[["Visit"], Awaitable[Response]]


class Visit:
    """One request by somebody who is logged in."""

    def __init__(self, http: HttpRequest, parts: WebParts, user: User, session: Session) -> None:
        self.http, self.parts, self.user, self.session = http, parts, user, session

    @property
    def source(self) -> str:
        """Where it comes from, for lock-out and audit."""
        return f"page {address_of(self.http)}"

    @property
    def by(self) -> str:
        """Who it is and from where, for the audit."""
        return f"{self.user.name} ({self.source})"

    async def off_loop(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Have something done that may wait for a disk.

        Raises:
            TimeoutError: it took too long.
        """
        return await off_loop(self.parts, work, *arguments, **named)


async def off_loop(parts: WebParts, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """Have something done on a thread that may wait."""
    call = functools.partial(work, *arguments, **named)
    return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(parts.disk, call), DISK_S)


async def at_door(parts: WebParts, work: Callable[..., T], *arguments: Any) -> T:
    """Have a password or a code checked, behind those that came before."""
    loop = asyncio.get_running_loop()
    return await asyncio.wait_for(loop.run_in_executor(parts.porter, work, *arguments), DISK_S)


def parts_of(http: HttpRequest) -> WebParts:
    """What the application was made with."""
    return cast(WebParts, http.app.state.parts)


def address_of(http: HttpRequest) -> str:
    """The client's address; no header counts, as anybody can write one."""
    return http.client.host if http.client else "unknown"


def cookie_name(http: HttpRequest) -> str:
    """Under TLS one that only this host by TLS can have set."""
    return "__Host-shopwarden" if http.url.scheme == "https" else "shopwarden"


def logged_in(http: HttpRequest) -> tuple[User, Session] | None:
    """Who asks; None where nobody is logged in, or no longer."""
    parts = parts_of(http)
    cookie = http.cookies.get(cookie_name(http))
    session = parts.sessions.read(cookie, parts.clock.wall()) if cookie else None
    user = parts.users.all().get(session.user) if session else None
    if session is None or user is None or user.generation != session.generation:
        return None
    return user, session


def is_foreign(http: HttpRequest) -> bool:
    """Whether another site's page has sent this; browsers say so in headers that a script cannot change."""
    site = http.headers.get("sec-fetch-site", "same-origin")
    origin = http.headers.get("origin")
    host = http.headers.get("host", "")
    return site not in ("same-origin", "none") or (origin is not None and origin.partition("://")[2] != host)


def api(role: Role) -> Callable[[Handler], Callable[[HttpRequest], Awaitable[Response]]]:
    """An answer in JSON, for whoever has a role; one that changes something needs the token of the login."""

    def wrap(handler: Handler) -> Callable[[HttpRequest], Awaitable[Response]]:
        @functools.wraps(handler)
        async def answer(http: HttpRequest) -> Response:
            found = logged_in(http)
            if found is None:
                return refusal(401, "log in first")
            visit = Visit(http, parts_of(http), *found)
            if not visit.user.may(role):
                return refusal(403, f"only a {role} may do this")
            token = http.headers.get("x-csrf-token", "")
            if http.method not in _SAFE and (is_foreign(http) or not visit.parts.sessions.is_token(found[1], token)):
                return refusal(403, "this does not come from the page: load it again")
            return await _answered(handler, visit)

        return answer

    return wrap


def page(role: Role) -> Callable[[Handler], Callable[[HttpRequest], Awaitable[Response]]]:
    """A page, for whoever has a role; others are asked to log in."""

    def wrap(handler: Handler) -> Callable[[HttpRequest], Awaitable[Response]]:
        @functools.wraps(handler)
        async def answer(http: HttpRequest) -> Response:
            found = logged_in(http)
            if found is None:
                if not parts_of(http).users.all():
                    return RedirectResponse("/setup", 303)
                return RedirectResponse(f"/login?next={quote(http.url.path)}", 303)
            visit = Visit(http, parts_of(http), *found)
            if not visit.user.may(role):
                return refusal(403, f"only a {role} may see this")
            return await _answered(handler, visit)

        return answer

    return wrap


def refusal(status: int, why: str) -> JSONResponse:
    """Why not, in one line."""
    # What is left of a body that nobody read goes with the connection.
    return JSONResponse({"error": why}, status, headers={"connection": "close"} if status >= 400 else None)


async def _answered(handler: Handler, visit: Visit) -> Response:
    try:
        return await handler(visit)
    except BadBody as error:
        return refusal(error.status, str(error))
    except TimeoutError:
        return refusal(503, "the disk is too slow: try again")
    except ShopwardenError as error:
        return refusal(503, str(error))
