"""Arming, disarming and muting by the page."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.web.served import served


@pytest.fixture(scope="module")
def gert(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A guard who is logged in."""
    with served(tmp_path_factory.mktemp("guard")) as page:
        yield page.client("gert")


def test_the_panel_by_the_page(tmp_path: Path) -> None:
    """Disarming takes the PIN; who did it and from where stands in the event, the PIN nowhere."""
    with served(tmp_path) as page:
        gert = page.client("gert")
        assert gert.get("/api/state").json()["panel"] == "armed_away"
        refused = gert.post("/api/command", json={"action": "disarm"})
        assert (refused.status_code, refused.json()["done"]) == (409, False)
        assert "PIN" in refused.json()["text"]
        assert gert.post("/api/command", json={"action": "disarm", "pin": "4711"}).json() == {
            "done": True, "text": "disarmed", "saved": True,
        }  # fmt: skip
        assert gert.get("/api/state").json()["panel"] == "disarmed"
        (told,) = [it for it in page.work.events if it.kind == "disarmed"]
        assert (told.data["source"], told.data["who"]) == ("page 127.0.0.1", "anna")
        assert "4711" not in repr(page.work.events)
        assert gert.post("/api/command", json={"action": "arm", "state": "home"}).json()["text"] == "armed home"
        assert page.work.guard.standing().armed == "home"


def test_wrong_pins_lock_the_address(tmp_path: Path) -> None:
    """As for every other way in: after the third, the right one has to wait."""
    with served(tmp_path) as page:
        gert = page.client("gert")
        for _ in range(3):
            assert gert.post("/api/command", json={"action": "disarm", "pin": "0000"}).status_code == 409
        answer = gert.post("/api/command", json={"action": "disarm", "pin": "4711"})
        assert "locked" in answer.json()["text"]
        assert page.work.guard.standing().armed == "away"


def test_muting(tmp_path: Path) -> None:
    """It takes the PIN too."""
    with served(tmp_path) as page:
        gert = page.client("gert")
        assert gert.post("/api/command", json={"action": "mute"}).status_code == 409
        assert gert.post("/api/command", json={"action": "mute", "pin": "4711", "for_s": 20.0}).status_code == 200
        assert page.work.muted == [20.0]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"action": "explode"}, "action"),
        ({"action": "arm", "state": "asleep"}, "state"),
        ({"action": "disarm", "pin": 4711}, "pin"),
        ({"action": "disarm", "pin": "47 11"}, "pin"),
        ({"action": "mute", "for_s": 1e9}, "for_s"),
        ({"action": "arm", "states": "away"}, "states"),
        ([], "body"),
    ],
)
def test_what_cannot_be_asked(gert: httpx.Client, body: object, place: str) -> None:
    """The answer names the key, and never repeats what was sent."""
    answer = gert.post("/api/command", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(place)
    assert "47" not in answer.text


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel obeys at once, and the answer says that a restart forgets it."""
    monkeypatch.setattr("device.guard.guard.SAVE_WAIT_S", 0.2)
    with served(tmp_path) as page:
        gert = page.client("gert")
        page.work.disk.fails = True
        answer = gert.post("/api/command", json={"action": "disarm", "pin": "4711"})
        assert answer.json()["saved"] is False
        assert "not on disk" in answer.json()["text"]
        page.work.disk.fails = False
