"""What a request carries, bounded in bytes and time. Decides nothing by it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest

M = TypeVar("M", bound=BaseModel)

MAX_BYTES: Final = 64 * 1024
_DRAINED_BYTES: Final = 1024 * 1024
BODY_S: Final = 15.0
"""How long a body may take."""


class BadBody(Exception):  # noqa: N818 - it is the body that is bad
    """It cannot be taken; the text says why."""

    def __init__(self, status: int, why: str) -> None:
        """With the status of the answer."""
        super().__init__(why)
        self.status = status


class Intake:
    """What a request sends, whether or not its answer wants it.

    A connection that is closed over unread bytes is reset (RFC 9112, section 9.6), and the client might never see why
    it was refused. So what nobody has read is read before the answer goes out, up to a bound in bytes and time.
    """

    def __init__(self, receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
        """``receive`` as a server hands it to an application."""
        self._receive = receive
        self._left, self._whole = _DRAINED_BYTES, False
        self._due = asyncio.get_running_loop().time() + BODY_S

    async def receive(self) -> MutableMapping[str, Any]:
        """The next message, for the application."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Read what is left."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._due):
                while not self._whole and self._left > 0:
                    await self.receive()


async def read_body(http: HttpRequest) -> bytes:
    """All of it.

    Raises:
        BadBody: it is too large, too slow, or ends before it is whole.
    """
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in http.stream():
                found += chunk
                if len(found) > MAX_BYTES:
                    raise BadBody(413, f"more than {MAX_BYTES} bytes")
    except TimeoutError as error:
        raise BadBody(408, "this took too long") from error
    except ClientDisconnect as error:
        raise BadBody(400, "it is not whole") from error
    return bytes(found)


async def read_model(http: HttpRequest, model: type[M]) -> M:
    """The body as a value.

    Raises:
        BadBody: it is no such JSON.
    """
    if http.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadBody(415, "send application/json")
    body = await read_body(http)
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise BadBody(422, f"{place}: {first['msg']}") from error


async def read_form(http: HttpRequest) -> dict[str, str]:
    """The fields of a plain form, the first of each name.

    Raises:
        BadBody: it is none.
    """
    if http.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise BadBody(415, "send a form")
    try:
        text = (await read_body(http)).decode("utf-8")
        return {name: values[0] for name, values in parse_qs(text, max_num_fields=16).items()}
    except (UnicodeDecodeError, ValueError) as error:
        raise BadBody(400, "this is no form") from error
