"""What an admin changes by the API: drawings on the pictures, a clock that is not set. Draws no page."""

from collections.abc import Callable
from pathlib import Path

from starlette.responses import JSONResponse, Response

from device.errors import ConfigError, UsageError
from device.web import drawing
from device.web.access import Visit, api, refusal
from device.web.asked import ClockBody, DrawingBody
from device.web.body import read_model
from device.web.parts import WebParts


@api("viewer")
async def drawn(visit: Visit) -> Response:
    """What is drawn on each picture, and of which revision of the file."""
    parts = visit.parts
    revision = (await visit.off_loop(drawing.read, parts.config_file))[1] if parts.config_file else None
    cameras = {camera.id: drawing.drawing_of(camera) for camera in parts.config.cameras}
    return JSONResponse({"revision": revision, "cameras": cameras})


@api("admin")
async def draw(visit: Visit) -> Response:
    """Write a drawing into the configuration and have the service read it again."""
    parts, camera = visit.parts, visit.http.path_params["camera"]
    if all(it.id != camera for it in parts.config.cameras):
        return refusal(404, "there is no such camera")
    body = await read_model(visit.http, DrawingBody)
    if parts.config_file is None:
        return refusal(409, "this service has no configuration file")
    try:
        revision = await visit.off_loop(_write, parts, parts.config_file, camera, body, visit.by)
    except drawing.Outdated:
        return refusal(409, "the file has changed since: load the page again")
    except ConfigError as error:
        return refusal(422, str(error))
    parts.reload()
    return JSONResponse({"revision": revision})


def _write(parts: WebParts, file: Path, camera: str, body: DrawingBody, by: str) -> str:
    # Whoever moves a mask or a line changes what the guard sees: it goes on only where that stands in the audit.
    return drawing.write(file, camera, body, lambda: parts.book.note("drawing", camera, by))


@api("admin")
async def set_clock(visit: Visit) -> Response:
    """Set the clock of a device that no network tells the time."""
    parts = visit.parts
    body = await read_model(visit.http, ClockBody)
    if parts.clock.synced():
        return refusal(409, "the clock is set already")
    if parts.set_clock is None:
        return refusal(409, "nobody here sets the clock: it takes the service that install.sh installs")
    try:
        await visit.off_loop(_set_clock, parts, parts.set_clock, body.unix_s, visit.by)
    except UsageError as error:
        return refusal(422, str(error))
    return JSONResponse({"unix_s": parts.clock.wall()})


def _set_clock(parts: WebParts, set_it: Callable[[float], None], unix_s: float, by: str) -> None:
    # Schedules go by it: it goes on only where that stands in the audit.
    parts.book.note("clock", f"{unix_s:.0f}", by)
    set_it(unix_s)
