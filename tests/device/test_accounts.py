"""The commands for users and for the way to a new device; the page in the service."""

import io
import sys
from pathlib import Path

import httpx
import pytest

from device.cli import main
from device.config.web import WebTable
from device.web.sheet import FirstSheet, address_of
from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene
from tests.web.served import TRUSTING


def call(monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> int:
    """A command with something on its standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return main(arguments)


def test_users_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Added, listed, reset, removed; what is wrong is said in one line, status 2."""
    config = ("--config", str(write_config(tmp_path)))
    assert call(monkeypatch, "long enough\n", "user", "add", "anna", "--role", "admin", *config) == 0
    assert call(monkeypatch, "long enough\n", "user", "add", "anna", *config) == 2
    assert call(monkeypatch, "short\n", "user", "add", "bert", *config) == 2
    assert call(monkeypatch, "", "user", "list", *config) == 0
    assert "anna (admin)" in capsys.readouterr().out
    assert call(monkeypatch, "another one\n", "user", "reset", "anna", *config) == 0
    assert call(monkeypatch, "another one\n", "user", "reset", "bert", *config) == 2
    assert "there is no user 'bert'; there are: anna" in capsys.readouterr().err
    assert call(monkeypatch, "", "web", "code", *config) == 2
    assert call(monkeypatch, "", "user", "remove", "anna", *config) == 0
    assert call(monkeypatch, "", "user", "list", *config) == 0
    assert "nobody can log in" in capsys.readouterr().out


def test_the_first_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Address, code and fingerprint; the same fingerprint at each call, another code."""
    config = ("--config", str(write_config(tmp_path, more='[web]\nlisten = "0.0.0.0:8443"\n')))
    assert call(monkeypatch, "", "web", "code", *config) == 0
    first = capsys.readouterr().out
    assert call(monkeypatch, "", "web", "code", *config) == 0
    again = capsys.readouterr().out
    assert call(monkeypatch, "", "web", "fingerprint", *config) == 0
    mark = capsys.readouterr().out.split()[-1]
    assert mark in first
    assert mark in again
    assert "https://" in first
    assert ".local:8443" in first
    code = first.partition("code         ")[2].split()[0]
    assert code not in again


def test_the_sheet_for_a_report() -> None:
    """The link fills in the code and carries the fingerprint behind the #; its picture goes into a page."""
    sheet = FirstSheet("https://pi.local:8443", "ABCD-EFGH-JKMN", "AB:CD")
    assert sheet.link == "https://pi.local:8443/setup?code=ABCD-EFGH-JKMN#sha256=abcd"
    assert sheet.svg().startswith("<svg")
    assert address_of(WebTable(listen="[::1]:80")) == "http://[::1]:80"
    assert address_of(WebTable(listen="192.0.2.7:8443")) == "https://192.0.2.7:8443"


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"listen": "127.0.0.1:99999"}, "no port 99999"),
        ({"listen": "nowhere"}, "pattern"),
        ({"certificate_file": "a.pem"}, "go together"),
    ],
)
def test_a_page_that_cannot_be(table: dict[str, str], why: str) -> None:
    """It is said which key is wrong."""
    with pytest.raises(ValueError, match=why):
        WebTable.model_validate(table)


@pytest.mark.parametrize(
    ("listen", "tls"),
    [("127.0.0.1:1", False), ("127.9.9.9:1", False), ("[::1]:1", False), ("localhost:1", False), ("0.0.0.0:1", True),
     ("[::]:1", True), ("pi.local:1", True), ("192.0.2.7:1", True), ("localhost.evil.example:1", True)],
)  # fmt: skip
def test_plain_http_is_for_this_machine_alone(listen: str, tls: bool) -> None:
    """Whatever else is listened on, is by TLS."""
    assert WebTable(listen=listen).tls == tls


def draw(client: httpx.Client) -> None:
    """Another zone, as the editor sends it."""
    token = client.get("/").text.partition('name="csrf" content="')[2].partition('"')[0]
    found = client.get("/api/drawing").json()
    till = {"id": "till", "kind": "till", "polygon": [[0.1, 0.1], [0.3, 0.1], [0.2, 0.4]]}
    drawn = found["cameras"]["aisle"]
    body = {**drawn, "zones": [*drawn["zones"], till], "revision": found["revision"]}
    answer = client.put("/api/drawing/aisle", json=body, headers={"x-csrf-token": token})
    assert answer.status_code == 200, answer.text


@pytest.mark.slow
def test_the_page_in_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was added while it runs sees events as they happen, by TLS, and draws; it ends with the service."""
    config = write_config(tmp_path, source=write_scene(tmp_path), more='[web]\nlisten = "0.0.0.0:0"\n')
    with Daemon(config) as daemon:
        daemon.until(lambda: '"event": "page"' in daemon.log(), "the page")
        port = daemon.log().partition("https://0.0.0.0:")[2].partition('"')[0]
        assert (
            call(monkeypatch, "long enough\n", "user", "add", "anna", "--role", "admin", "--config", str(config)) == 0
        )
        with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=TRUSTING, timeout=30.0) as client:
            assert client.post("/login", data={"name": "anna", "password": "long enough"}).status_code == 303
            assert client.get("/api/state").json()["cameras"] == ["aisle"]
            daemon.until(lambda: "person_in_zone" in daemon.out(), "somebody")
            daemon.until(lambda: bool(client.get("/api/events?kind=person_in_zone").json()["events"]), "the event")
            assert 'shopwarden_camera_up{part="aisle"} 1.0' in client.get("/metrics").text
            draw(client)
            daemon.until(lambda: daemon.log().count('"event": "page"') == 2, "the page of the new configuration")
        again = daemon.log().rpartition("https://0.0.0.0:")[2].partition('"')[0]
        with httpx.Client(base_url=f"https://127.0.0.1:{again}", verify=TRUSTING, timeout=30.0) as client:
            assert client.post("/login", data={"name": "anna", "password": "long enough"}).status_code == 303
            zones = client.get("/api/drawing").json()["cameras"]["aisle"]["zones"]
            assert [zone["id"] for zone in zones] == ["floor", "till"]
        assert daemon.end() == 0
    assert "Traceback" not in daemon.log()
