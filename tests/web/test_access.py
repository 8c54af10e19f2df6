"""Nobody gets in without a login, nobody does more than the role allows, and no other site's page can ask."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from device.web.app import paths
from tests.events import make_event
from tests.web.served import PASSWORDS, Served, served

OPEN = {"/healthz", "/login", "/setup", "/static/{name}", "/logout"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One page for all tests of this module."""
    with served(tmp_path_factory.mktemp("access")) as page:
        page.tell(make_event(seq=1, priority="alarm"))
        yield page


def filled(path: str) -> str:
    """A path with something in its gaps."""
    gaps = {"{event_id}": "0190163d-8694-739b-aea5-966c26f8ad91", "{camera}": "aisle", "{name}": "page.css"}
    for gap, value in gaps.items():
        path = path.replace(gap, value)
    return path


@pytest.mark.parametrize(("path", "methods"), [it for it in paths() if it[0] not in OPEN])
def test_every_path_wants_a_login(page: Served, path: str, methods: str) -> None:
    """Without one there is a way to the login, or nothing; a forged cookie is none."""
    client = page.client()
    for header in ({}, {"cookie": "shopwarden=eyJ1IjoiYW5uYSJ9.AAAA"}):
        answer = client.request(methods.split(maxsplit=1)[0], filled(path), headers=header)
        assert answer.status_code in (303, 401), answer.text
        assert answer.status_code == 401 or answer.headers["location"].startswith("/login")


def test_the_cookie_is_kept_from_scripts_and_other_sites(page: Served) -> None:
    """HttpOnly, SameSite=Strict; what a login answers is stored nowhere."""
    answer = page.client().post("/login", data={"name": "anna", "password": PASSWORDS["anna"]})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/login", "/api/state", "/static/common.js", "/nowhere", "/healthz"])
def test_every_answer_keeps_browsers_on_this_site(page: Served, path: str) -> None:
    """No script, style or frame from anywhere else."""
    headers = page.client("vera").get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_load_nothing_from_outside(page: Served) -> None:
    """It works offline: no address of another host, no script or style inside the page."""
    client = page.client("anna")
    for path in ("/", "/events", "/health", "/zones", "/static/page.css", "/static/common.js", "/static/zones.js"):
        text = client.get(path).text
        assert "//" not in text.replace("http://www.w3.org", "").replace("// ", ""), path
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "status"),
    [
        ("vera", "POST", "/api/command", {"action": "arm", "state": "night"}, 403),
        ("vera", "POST", "/api/events/0190163d-8694-739b-aea5-966c26f8ad91/verdict", {"verdict": "true"}, 403),
        ("vera", "POST", "/api/events/0190163d-8694-739b-aea5-966c26f8ad91/lock", {"locked": True}, 403),
        ("gert", "PUT", "/api/drawing/aisle", {"revision": "0" * 16}, 403),
        ("gert", "GET", "/zones", None, 403),
        ("vera", "GET", "/api/events", None, 200),
        ("anna", "GET", "/zones", None, 200),
    ],
)
def test_roles(page: Served, who: str, method: str, path: str, body: object, status: int) -> None:
    """A viewer looks, a guard arms and judges, an admin draws."""
    answer = page.client(who).request(method, path, json=body) if body else page.client(who).request(method, path)
    assert answer.status_code == status, answer.text


def test_another_sites_page_cannot_ask(page: Served) -> None:
    """Without the login's token, with another login's, or from elsewhere as the browser says."""
    client, other = page.client("gert"), page.client("gert")
    asked = {"action": "arm", "state": "away"}
    token = client.headers.pop("x-csrf-token")
    assert client.post("/api/command", json=asked).status_code == 403
    stranger = {"x-csrf-token": other.headers["x-csrf-token"]}
    assert client.post("/api/command", headers=stranger, json=asked).status_code == 403
    for header in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert client.post("/api/command", headers={"x-csrf-token": token, **header}, json=asked).status_code == 403
    plain = {"x-csrf-token": token, "content-type": "text/plain"}
    assert client.post("/api/command", headers=plain, content=b'{"action":"arm"}').status_code == 415
    login = {"name": "anna", "password": PASSWORDS["anna"]}
    assert page.client().post("/login", data=login, headers={"origin": "https://evil.example"}).status_code == 403


def test_a_log_out_ends_the_login(page: Served) -> None:
    """Also for whoever has copied the cookie."""
    client = page.client("vera")
    stolen = {"cookie": f"shopwarden={client.cookies['shopwarden']}"}
    assert client.post("/logout", data={"csrf": "wrong"}).status_code == 403
    assert client.post("/logout", data={"csrf": client.headers["x-csrf-token"]}).status_code == 303
    assert page.client().get("/api/state", headers=stolen).status_code == 401


def test_a_new_password_ends_every_login(tmp_path: Path) -> None:
    """And so does the end of the account."""
    with served(tmp_path) as page:
        vera, gert = page.client("vera"), page.client("gert")
        assert vera.get("/api/state").status_code == gert.get("/api/state").status_code == 200
        page.users.reset("vera", "another password")
        page.users.remove("gert")
        assert vera.get("/api/state").status_code == gert.get("/api/state").status_code == 401


def test_guessing_is_locked_out(tmp_path: Path) -> None:
    """The fourth try does not count, though it is right; the page says for how long."""
    with served(tmp_path) as page:
        client = page.client()
        for _ in range(3):
            assert client.post("/login", data={"name": "anna", "password": "guessed it"}).status_code == 403
        answer = client.post("/login", data={"name": "anna", "password": PASSWORDS["anna"]})
        assert answer.status_code == 403
        assert "locked for" in answer.text
        assert "set-cookie" not in answer.headers


def test_a_new_device_lets_in_whoever_has_the_code(tmp_path: Path) -> None:
    """It makes the first admin, who is logged in at once; then that page is closed."""
    with served(tmp_path, users=False) as page:
        code, client = page.code.make(), page.client()
        assert client.get("/").headers["location"] == "/setup"
        form = {"code": code, "name": "olga", "password": "a long password", "again": "a long password"}
        assert client.post("/setup", data=form | {"again": "another"}).status_code == 403
        assert client.post("/setup", data=form | {"code": "AAAA-AAAA-AAAA"}).status_code == 403
        assert client.post("/setup", data=form).status_code == 303
        assert "Zones" in client.get("/").text
        assert page.client().post("/setup", data=form).headers["location"] == "/login"


def test_where_a_login_leads(page: Served) -> None:
    """To the page that was asked for, and never off this site."""
    for wanted, leads in {
        "/events": "/events", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/", "": "/",
        "/health\r\nset-cookie: a=b": "/",
    }.items():  # fmt: skip
        form = {"name": "anna", "password": PASSWORDS["anna"], "next": wanted}
        assert page.client().post("/login", data=form).headers["location"] == leads


def test_figures_by_token(tmp_path: Path) -> None:
    """A Prometheus needs no account; a wrong or short token opens nothing."""
    token = tmp_path / "token"
    token.write_text("a-token-of-some-length\n", encoding="utf-8")
    with served(tmp_path, more=f'\n[web]\nmetrics_token_file = "{token}"\n') as page:
        client = page.client()

        def status(header: str) -> int:
            answer: httpx.Response = client.get("/metrics", headers={"authorization": header})
            return answer.status_code

        assert status("Bearer a-token-of-some-length") == 200
        assert status("Bearer a-token-of-some-lengtH") == 401
        assert status("Basic a-token-of-some-length") == 401
        token.write_text("short\n", encoding="utf-8")
        assert status("Bearer short") == 401
