"""An admin sets the clock of a device that no network has told the time."""

from pathlib import Path

import pytest

from device.errors import StoreError
from tests.web.served import Served, served

NOW = 1_790_000_000.0


def unset(page: Served) -> Served:
    """A device that has just started, without a network."""
    page.work.clock.set_wall(page.work.clock.wall(), synced=False)
    return page


def test_an_admin_sets_it(tmp_path: Path) -> None:
    """It stands in the audit with who it was; nobody else may, and one that is set stays."""
    with served(tmp_path) as page:
        unset(page)
        assert page.client("gert").post("/api/clock", json={"unix_s": NOW}).status_code == 403
        assert page.client("anna").post("/api/clock", json={"unix_s": 5.0}).status_code == 422
        assert page.client("anna").post("/api/clock", json={"unix_s": "now"}).status_code == 422
        answer = page.client("anna").post("/api/clock", json={"unix_s": NOW})
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"unix_s": NOW}
        assert page.work.clock.wall() == NOW
        noted = [about for about, by in page.book.looks if by.startswith("anna")]
        assert noted == ["5", f"{NOW:.0f}"]
        assert page.client("anna").post("/api/clock", json={"unix_s": NOW}).status_code == 409


def test_what_cannot_be_noted_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Schedules go by the clock: whoever moves it leaves a line."""

    def fail(what: str, about: str, by: str) -> None:
        raise StoreError(f"{what}, {about}, {by}: the disk fails")

    with served(tmp_path) as page:
        unset(page)
        monkeypatch.setattr(page.book, "note", fail)
        assert page.client("anna").post("/api/clock", json={"unix_s": NOW}).status_code == 503
        assert page.work.clock.wall() != NOW


def test_where_nobody_sets_clocks(tmp_path: Path) -> None:
    """It says so, and the page offers nothing; nor does it to those who may not, or where the clock is set."""
    with served(tmp_path) as page:
        assert "set-clock" not in page.client("anna").get("/health").text
        unset(page)
        assert "set-clock" in page.client("anna").get("/health").text
        assert "set-clock" not in page.client("gert").get("/health").text
    (tmp_path / "other").mkdir()
    with served(tmp_path / "other", sets_clock=False) as page:
        unset(page)
        assert "set-clock" not in page.client("anna").get("/health").text
        assert page.client("anna").post("/api/clock", json={"unix_s": NOW}).status_code == 409
