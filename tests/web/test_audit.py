"""The door and the page write into the audit, and admins read it."""

from pathlib import Path

import pytest

from device.clock import SimulatedClock
from device.core.audit import Access
from device.web.door import Door, Refused
from device.web.first_code import FirstCode
from device.web.users import Users
from tests.web.served import PASSWORDS, hashed, served


def test_logins_and_lock_outs_are_noted(tmp_path: Path) -> None:
    """The third wrong password in a row locks, which is a line of its own; what is refused by a lock is not."""
    (tmp_path / "web-users").write_text(f"anna:admin:{hashed('anna')}\n", encoding="ascii")
    lines = list[Access]()
    door = Door(Users(tmp_path / "web-users"), FirstCode(tmp_path / "code"), SimulatedClock(), lines.append)
    door.login("192.0.2.7", "anna", PASSWORDS["anna"])
    for _ in range(5):
        with pytest.raises(Refused):
            door.login("192.0.2.7", "anna", "wrong")
    assert [it.what for it in lines] == ["login", *["login_refused"] * 3, "locked_out"]
    assert {(it.who, it.way) for it in lines} == {("anna", "page 192.0.2.7")}


def test_admins_read_it_and_nobody_else(tmp_path: Path) -> None:
    """A page at a time; what is no number is refused."""
    with served(tmp_path) as page:
        found = page.client("anna").get("/api/audit", params={"limit": 1}).json()
        assert ([it["n"] for it in found["lines"]], found["before"]) == ([2], 2)
        assert page.client("anna").get("/api/audit", params={"before": 2}).json()["lines"][0]["access"]["who"] == "anna"
        assert page.client("anna").get("/api/audit", params={"limit": "x"}).status_code == 422
        assert page.client("anna").get("/api/audit", params={"limit": 9999}).status_code == 422
        assert page.client("gert").get("/api/audit").status_code == 403
        assert page.client().get("/api/audit").status_code == 401
