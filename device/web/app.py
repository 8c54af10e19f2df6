"""The page as one application: which path leads where. Answers nothing itself."""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from device.errors import ShopwardenError
from device.web import api, api_admin, pages
from device.web.access import refusal
from device.web.body import BadBody
from device.web.parts import WebParts
from device.web.shell import Shell

_ROUTES = (
    ("/", pages.overview, "GET"),
    ("/events", pages.events, "GET"),
    ("/events/{event_id}", pages.event, "GET"),
    ("/health", pages.health, "GET"),
    ("/zones", pages.zones, "GET"),
    ("/login", pages.login, "GET POST"),
    ("/setup", pages.setup, "GET POST"),
    ("/logout", pages.logout, "POST"),
    ("/static/{name}", pages.static, "GET"),
    ("/api/state", api.state, "GET"),
    ("/api/command", api.command, "POST"),
    ("/api/events", api.events, "GET"),
    ("/api/events/{event_id}", api.happening, "GET"),
    ("/api/events/{event_id}/verdict", api.judge, "POST"),
    ("/api/events/{event_id}/lock", api.lock, "POST"),
    ("/api/audit", api.audit, "GET"),
    ("/api/clock", api_admin.set_clock, "POST"),
    ("/api/cameras/{camera}/picture.jpg", api.picture, "GET"),
    ("/api/evidence/{event_id}/{name}", api.evidence, "GET"),
    ("/api/stream", api.stream, "GET"),
    ("/api/health", api.health, "GET"),
    ("/api/drawing", api_admin.drawn, "GET"),
    ("/api/drawing/{camera}", api_admin.draw, "PUT"),
    ("/metrics", api.metrics, "GET"),
    ("/healthz", api.healthz, "GET"),
)
"""Path, answer, methods; tests and the reference of HTTP read it too."""


def paths() -> tuple[tuple[str, str], ...]:
    """Every path with its methods."""
    return tuple((path, methods) for path, _, methods in _ROUTES)


def build_app(parts: WebParts) -> Any:
    """The application, with all that surrounds it."""
    routes = [Route(path, answer, methods=methods.split()) for path, answer, methods in _ROUTES]
    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: _known,
            BadBody: _bad_body,
            ShopwardenError: _failed,
            TimeoutError: _slow,
            Exception: _bug,
        },
    )
    # A path with a slash too many is another path.
    app.router.redirect_slashes = False
    app.state.parts = parts
    return Shell(app)


async def _known(_: HttpRequest, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return refusal(status, "there is no such page" if status == 404 else "this cannot be asked here")


async def _bad_body(_: HttpRequest, error: Exception) -> Response:
    return refusal(error.status if isinstance(error, BadBody) else 400, str(error))


async def _failed(_: HttpRequest, error: Exception) -> Response:
    return refusal(503, str(error))


async def _bug(_: HttpRequest, error: Exception) -> Response:
    del error
    return refusal(500, "this failed; the log says why")


async def _slow(_: HttpRequest, error: Exception) -> Response:
    del error
    return refusal(503, "this took too long: try again")
