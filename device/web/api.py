"""The API under ``/api``: JSON in and out. Draws no page."""

import asyncio
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse

from device.core.event import KINDS, PRIORITIES
from device.core.search import Search
from device.guard.guard import Request
from device.web import look
from device.web.access import Visit, api, logged_in, off_loop, parts_of, refusal
from device.web.asked import CommandBody, LockBody, VerdictBody
from device.web.body import BadBody, read_model
from device.web.evidence_file import EVENT_ID, evidence_file
from device.web.feed import message
from device.web.parts import WebParts
from device.web.token import has_token

PICTURE_S: Final = 2.0
"""How long to wait for a picture that is newer than the call."""
MAX_LIMIT: Final = 200


@api("viewer")
async def state(visit: Visit) -> Response:
    """How the panel stands, and the device's time."""
    parts = visit.parts
    standing = await visit.off_loop(parts.guard.standing)
    return JSONResponse(
        {
            **look.panel(standing, parts.config, parts.clock.monotonic()),
            "clock_synced": parts.clock.synced(),
            "cameras": [camera.id for camera in parts.config.cameras],
        }
    )


@api("guard")
async def command(visit: Visit) -> Response:
    """Arm, disarm, bypass, mute: the guard decides, and checks the PIN."""
    asked = await read_model(visit.http, CommandBody)
    request = Request(
        action=asked.action, source=visit.source, pin=asked.pin, state=asked.state, place=asked.place, for_s=asked.for_s
    )
    answer = await visit.off_loop(visit.parts.guard.command, request)
    text = answer.text if answer.saved else f"{answer.text}; it is not on disk, a restart forgets it"
    return JSONResponse({"done": answer.done, "text": text, "saved": answer.saved}, 200 if answer.done else 409)


@api("viewer")
async def events(visit: Visit) -> Response:
    """The newest events, as asked for."""
    wanted = search_of(visit.http, visit.parts)
    found = await visit.off_loop(visit.parts.book.search, wanted)
    more = found[-1].seq if len(found) == wanted.limit else None
    return JSONResponse({"events": [look.event(it, visit.parts.zone) for it in found], "before": more})


@api("viewer")
async def happening(visit: Visit) -> Response:
    """All messages of one happening, as the contract has them, with what people have said."""
    event_id = event_id_of(visit)
    found = await visit.off_loop(visit.parts.book.happening, event_id)
    if not found:
        return refusal(404, "there is no such event")
    remark = await visit.off_loop(visit.parts.book.remark, event_id)
    return JSONResponse(
        {
            "messages": [look.whole(it) for it in found],
            "verdict": remark.verdict,
            "by": remark.by,
            "locked": remark.locked,
        }
    )


@api("guard")
async def judge(visit: Visit) -> Response:
    """Note whether an alarm was a true one."""
    event_id, body = event_id_of(visit), await read_model(visit.http, VerdictBody)
    if not await visit.off_loop(visit.parts.book.happening, event_id):
        return refusal(404, "there is no such event")
    await visit.off_loop(visit.parts.book.judge, event_id, body.verdict, visit.by)
    return JSONResponse({"verdict": body.verdict})


@api("guard")
async def lock(visit: Visit) -> Response:
    """Keep evidence whatever happens, or no longer."""
    event_id, body = event_id_of(visit), await read_model(visit.http, LockBody)
    if not await visit.off_loop(visit.parts.book.happening, event_id):
        return refusal(404, "there is no such event")
    await visit.off_loop(visit.parts.book.keep, event_id, visit.by, locked=body.locked)
    return JSONResponse({"locked": body.locked})


@api("admin")
async def audit(visit: Visit) -> Response:
    """Who did what with this device, the newest first."""
    query = visit.http.query_params
    try:
        before, limit = int(query["before"]) if "before" in query else None, int(query.get("limit", "100"))
    except ValueError:
        return refusal(422, "before and limit are whole numbers")
    if not 1 <= limit <= MAX_LIMIT or not (before is None or 0 < before < 1 << 53):
        return refusal(422, f"limit: from 1 to {MAX_LIMIT}; before: the number of a line")
    found = await visit.off_loop(visit.parts.book.audit, before, limit)
    more = found[-1].n if len(found) == limit else None
    return JSONResponse({"lines": [asdict(it) for it in found], "before": more})


@api("viewer")
async def picture(visit: Visit) -> Response:
    """The newest picture of a camera, with boxes if asked; whoever may only look sees people as the camera says."""
    parts, name = visit.parts, visit.http.path_params["camera"]
    camera = next((it for it in parts.config.cameras if it.id == name), None)
    if camera is None:
        return refusal(404, "there is no such camera")
    pixelated = camera.pixelate_people and not visit.user.may("guard")
    boxes = visit.http.query_params.get("boxes") == "1"

    def take() -> bytes | None:
        return parts.pictures.jpeg(camera.id, boxes=boxes, pixelated=pixelated, timeout_s=PICTURE_S)

    jpeg = await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(parts.eyes, take), 2 * PICTURE_S)
    if jpeg is None:
        return refusal(503, "the camera gives no picture")
    return Response(jpeg, media_type="image/jpeg")


@api("viewer")
async def evidence(visit: Visit) -> Response:
    """A clip or a still, in ranges as players ask for it; the look is noted."""
    event_id, name = event_id_of(visit), visit.http.path_params["name"]
    found = await visit.off_loop(evidence_file, visit.parts.config.device.state_dir, event_id, name)
    if found is None:
        return refusal(404, "there is no such file")
    ranges = visit.http.headers.get("range", "bytes=0-")
    if ranges.startswith("bytes=0-"):
        # A player asks again and again: the first of its requests counts.
        await visit.off_loop(visit.parts.book.seen, f"{event_id}/{name}", visit.by)
    path, kind = found
    headers = {"cache-control": "private, no-cache"}
    if visit.http.query_params.get("download") == "1":
        return FileResponse(path, media_type=kind, headers=headers, filename=f"{event_id}-{name}")
    return FileResponse(path, media_type=kind, headers=headers)


@api("viewer")
async def stream(visit: Visit) -> Response:
    """News as they come: ``event`` and ``panel``, by server-sent events."""
    parts = visit.parts
    if parts.feed.is_full():
        return refusal(503, "too many pages are open")
    http = visit.http

    async def news() -> Any:
        standing = await off_loop(parts, parts.guard.standing)
        yield message("panel", f'{{"panel":"{standing.panel}"}}')
        async for it in parts.feed.stream():
            # Whoever has logged out, or lost the account, hears no more.
            if logged_in(http) is None:
                return
            yield it

    return StreamingResponse(news(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


@api("viewer")
async def health(visit: Visit) -> Response:
    """All figures of health."""
    found = await visit.off_loop(visit.parts.figures)
    fields = ("name", "text", "value", "unit", "part", "good")
    return JSONResponse({"figures": [{key: getattr(it, key) for key in fields} for it in found]})


async def metrics(http: HttpRequest) -> Response:
    """Everything as Prometheus reads it, for whoever is logged in or has the token."""
    parts = parts_of(http)
    if logged_in(http) is None and not await off_loop(parts, has_token, parts, http):
        return refusal(401, "log in, or send the bearer token of web.metrics_token_file")
    return PlainTextResponse(
        await off_loop(parts, parts.metrics), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


async def healthz(http: HttpRequest) -> Response:
    """Whether the page answers, and nothing else: anybody may ask."""
    del http
    return PlainTextResponse("ok\n")


def event_id_of(visit: Visit) -> str:
    """Of the path.

    Raises:
        BadBody: it is none.
    """
    event_id: str = visit.http.path_params["event_id"]
    if not EVENT_ID.fullmatch(event_id):
        raise BadBody(404, "there is no such event")
    return event_id


def search_of(http: HttpRequest, parts: WebParts) -> Search:
    """What somebody wants to see.

    Raises:
        BadBody: a filter has a value that it cannot have.
    """
    asked = {name: value for name, value in http.query_params.items() if value}
    begin, end = (None, None) if "day" not in asked else look.day_span(_day(asked["day"]), parts.zone)
    cameras = [camera.id for camera in parts.config.cameras]
    return Search(
        kind=_one_of(asked, "kind", KINDS),
        priority=_one_of(asked, "priority", PRIORITIES),
        camera=_one_of(asked, "camera", cameras),
        begin=begin,
        end=end,
        before_seq=_number(asked, "before", 2**62),
        limit=_number(asked, "limit", MAX_LIMIT) or 50,
    )


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadBody(422, "day: is no date, as 2026-01-31 is") from error
    if not 1971 <= day.year <= 2999:
        raise BadBody(422, "day: years from 1971 to 2999 can be told")
    return day


def _one_of(asked: dict[str, str], name: str, choices: Any) -> Any:
    value = asked.get(name)
    if value is not None and value not in choices:
        raise BadBody(422, f"{name}: is none of {', '.join(choices)}")
    return value


def _number(asked: dict[str, str], name: str, most: int) -> int | None:
    text = asked.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most):
        raise BadBody(422, f"{name}: is no number from 1 to {most}")
    return int(text)
