"""The pages: HTML that works without scripts as far as it can. Decides nothing."""

from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode

import jinja2
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, RedirectResponse, Response

from device import __version__
from device.core.event import KINDS, PRIORITIES
from device.errors import ShopwardenError
from device.web import drawing, look
from device.web.access import Visit, address_of, at_door, cookie_name, is_foreign, logged_in, page, parts_of, refusal
from device.web.api import event_id_of, search_of
from device.web.body import BadBody, read_form
from device.web.door import Refused
from device.web.parts import WebParts
from device.web.users import User

_STATIC_KINDS: Final = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
_YES_NO: Final = frozenset({"camera_up", "sink_up", "throttled", "clock_synced"})
"""Figures that are 1 or 0 for programs."""
_FILES: Final = resources.files("device.web")


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (_FILES / "templates" / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


_TEMPLATES: Final = _environment()


def _show(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(_TEMPLATES.get_template(name).render(version=__version__, **values), status)


def _page(visit: Visit, name: str, **values: Any) -> HTMLResponse:
    """A page for somebody who is logged in."""
    return _show(
        name,
        device=visit.parts.config.device.id,
        user=visit.user,
        may_guard=visit.user.may("guard"),
        may_admin=visit.user.may("admin"),
        csrf=visit.parts.sessions.token(visit.session),
        path=visit.http.url.path,
        **values,
    )


@page("viewer")
async def overview(visit: Visit) -> Response:
    """What the cameras see, and the panel."""
    parts = visit.parts
    standing = await visit.off_loop(parts.guard.standing)
    return _page(
        visit,
        "overview.html",
        panel=look.panel(standing, parts.config, parts.clock.monotonic()),
        cameras=[camera.id for camera in parts.config.cameras],
        mutable=parts.mutable,
        clock_synced=parts.clock.synced(),
    )


@page("viewer")
async def events(visit: Visit) -> Response:
    """What has happened, the newest first."""
    parts = visit.parts
    try:
        wanted = search_of(visit.http, parts)
    except BadBody as error:
        return refusal(error.status, str(error))
    found = await visit.off_loop(parts.book.search, wanted)
    asked = {key: value for key, value in visit.http.query_params.items() if value and key != "before"}
    older = urlencode(asked | {"before": str(found[-1].seq)}) if len(found) == wanted.limit else None
    return _page(
        visit,
        "events.html",
        events=[look.event(it, parts.zone) for it in found],
        asked=asked,
        older=older,
        live=wanted.before_seq is None and wanted.begin is None,
        kinds=KINDS,
        priorities=PRIORITIES,
        cameras=[camera.id for camera in parts.config.cameras],
        today=look.today(parts.clock.wall(), parts.zone).isoformat(),
    )


@page("viewer")
async def event(visit: Visit) -> Response:
    """One happening: why, when, what it looked like."""
    try:
        event_id = event_id_of(visit)
    except BadBody as error:
        return refusal(error.status, str(error))
    parts = visit.parts
    found = await visit.off_loop(parts.book.happening, event_id)
    if not found:
        return refusal(404, "there is no such event")
    remark = await visit.off_loop(parts.book.remark, event_id)
    last = found[-1].evidence
    names = {name.rsplit("/", 1)[-1] for it in found for name in it.evidence.stills}
    clip = next((it.evidence.clip for it in reversed(found) if it.evidence.clip), last.clip)
    return _page(
        visit,
        "event.html",
        event=look.event(found[0], parts.zone),
        messages=[look.event(it, parts.zone) for it in found],
        stills=sorted(names),
        # Alarms that overlap share a clip: it may lie in another event's folder.
        clip=clip.removeprefix("evidence/") if clip else None,
        links=found[0].links,
        remark=remark,
        can_lock=parts.book.can_lock,
    )


@page("viewer")
async def health(visit: Visit) -> Response:
    """How the device fares."""
    found = await visit.off_loop(visit.parts.figures)
    groups: dict[str, list[Any]] = {}
    for figure in found:
        groups.setdefault(figure.part or "Device", []).append(figure)
    bad = [it for it in found if not it.good and isinstance(it.value, str)] or [it for it in found if not it.good]
    return _page(visit, "health.html", groups=groups, bad=bad, yes_no=_YES_NO, clock=_may_set_clock(visit))


def _may_set_clock(visit: Visit) -> bool:
    parts = visit.parts
    return visit.user.role == "admin" and parts.set_clock is not None and not parts.clock.synced()


@page("admin")
async def zones(visit: Visit) -> Response:
    """The editor for what is drawn on the pictures."""
    parts = visit.parts
    revision = (await visit.off_loop(drawing.read, parts.config_file))[1] if parts.config_file else ""
    cameras = {camera.id: drawing.drawing_of(camera) for camera in parts.config.cameras}
    return _page(visit, "zones.html", drawing={"revision": revision, "cameras": cameras}, cameras=list(cameras))


async def login(http: HttpRequest) -> Response:
    """Ask for name and password; who has them gets in."""
    parts = parts_of(http)
    if http.method != "POST":
        if not parts.users.all():
            return RedirectResponse("/setup", 303)
        return _show("login.html", device=parts.config.device.id, why=None, next=_inside(http.query_params.get("next")))
    return await _enter(http, "login.html")


async def setup(http: HttpRequest) -> Response:
    """Make the first admin, for whoever has the one-time code."""
    parts = parts_of(http)
    if parts.users.all():
        return RedirectResponse("/login", 303)
    if http.method != "POST":
        code = http.query_params.get("code", "")[:64]
        return _show("setup.html", device=parts.config.device.id, why=None, code=code)
    return await _enter(http, "setup.html")


async def _enter(http: HttpRequest, template: str) -> Response:
    parts = parts_of(http)
    fields: dict[str, str] = {}
    try:
        if is_foreign(http):
            raise Refused("this does not come from the page: load it again")
        fields = await read_form(http)
        user = await at_door(parts, _let_in, http, parts, template, fields)
    except (Refused, BadBody, ShopwardenError) as error:
        status = error.status if isinstance(error, BadBody) else 403
        inside = _inside(fields.get("next"))
        code = fields.get("code", "")[:64]
        shown = _show(template, status, device=parts.config.device.id, why=str(error), next=inside, code=code)
        shown.headers["connection"] = "close"
        return shown
    response = RedirectResponse(_inside(fields.get("next")), 303)
    _remember(http, response, parts, user)
    return response


def _let_in(http: HttpRequest, parts: WebParts, template: str, fields: dict[str, str]) -> User:
    source, name, password = address_of(http), fields.get("name", ""), fields.get("password", "")
    if template == "login.html":
        return parts.door.login(source, name, password)
    if password != fields.get("again", ""):
        raise Refused("the two passwords differ")
    return parts.door.set_up(source, fields.get("code", ""), name, password)


def _remember(http: HttpRequest, response: Response, parts: WebParts, user: User) -> None:
    cookie = parts.sessions.begin(user.name, user.generation, parts.clock.wall())
    secure = http.url.scheme == "https"
    response.set_cookie(
        cookie_name(http), cookie, max_age=int(parts.sessions.lasts_s), httponly=True, samesite="strict", secure=secure
    )


async def logout(http: HttpRequest) -> Response:
    """Forget the login."""
    found = logged_in(http)
    parts = parts_of(http)
    if found is not None:
        token = (await read_form(http)).get("csrf", "")
        if is_foreign(http) or not parts.sessions.is_token(found[1], token):
            return refusal(403, "this does not come from the page: load it again")
        parts.sessions.end(found[1])
    response = RedirectResponse("/login", 303)
    response.delete_cookie(cookie_name(http), httponly=True, samesite="strict", secure=http.url.scheme == "https")
    return response


async def static(http: HttpRequest) -> Response:
    """A script or a style of the page, out of the package."""
    name: str = http.path_params["name"]
    kind = _STATIC_KINDS.get(name.rpartition(".")[2])
    # The names are those that there are: a path cannot lead anywhere.
    if kind is None or name not in _static_names():
        return refusal(404, "there is no such file")
    content = (_FILES / "static" / name).read_bytes()
    return Response(content, media_type=kind, headers={"cache-control": "private, max-age=300"})


def _static_names() -> frozenset[str]:
    return frozenset(it.name for it in (_FILES / "static").iterdir())


def _inside(path: str | None) -> str:
    """Where to go after a login: a page of this site, whatever was asked for."""
    plain = path is not None and path.startswith("/") and path.replace("/", "").replace("-", "").isalnum()
    return path if path is not None and plain and not path.startswith("//") else "/"
