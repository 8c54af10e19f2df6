"""Who gets in, and who has to wait."""

from pathlib import Path

import pytest

from device.clock import SimulatedClock
from device.core.arming.lockout import FIRST_LOCK_S
from device.errors import UsageError
from device.web.door import Door, Refused, source_key
from device.web.first_code import FirstCode
from device.web.users import Users


@pytest.fixture
def clock() -> SimulatedClock:
    """Time in the test's hand."""
    return SimulatedClock()


@pytest.fixture
def users(tmp_path: Path) -> Users:
    """One guard."""
    users = Users(tmp_path / "users")
    users.add("anna", "guard", "correct horse")
    return users


@pytest.fixture
def door(users: Users, clock: SimulatedClock, tmp_path: Path) -> Door:
    """A door for her."""
    return Door(users, FirstCode(tmp_path / "code"), clock)


def wrong(door: Door, source: str, name: str, times: int) -> None:
    """So many wrong passwords."""
    for _ in range(times):
        with pytest.raises(Refused, match="nobody's"):
            door.login(source, name, "wrong password")


def test_a_source_that_tries_is_locked(door: Door, clock: SimulatedClock) -> None:
    """After three tries, whatever names it used, even with the right password, for half a minute."""
    for name in ("anna", "bert", "carl"):
        wrong(door, "192.0.2.7", name, 1)
    with pytest.raises(Refused, match="locked for 30 s"):
        door.login("192.0.2.7", "anna", "correct horse")
    assert door.login("192.0.2.8", "anna", "correct horse").name == "anna"
    clock.advance(FIRST_LOCK_S + 1.0)
    assert door.login("192.0.2.7", "anna", "correct horse").name == "anna"


def test_a_user_that_is_tried_from_everywhere_is_locked(door: Door) -> None:
    """Many addresses are no way around it."""
    for number in range(3):
        wrong(door, f"192.0.2.{number}", "anna", 1)
    with pytest.raises(Refused, match="locked"):
        door.login("192.0.2.99", "anna", "correct horse")


def test_a_network_of_ipv6_is_one_source() -> None:
    """A machine has as many addresses of its own /64 as it likes."""
    assert source_key("2001:db8::1") == source_key("2001:db8::ffff:2")
    assert source_key("2001:db8:0:1::1") != source_key("2001:db8::1")
    assert source_key("fe80::1%eth0") == source_key("fe80::2")
    assert source_key("not an address" * 20) == ("not an address" * 20)[:64]


def test_the_code_makes_the_first_admin_and_nobody_else(tmp_path: Path, clock: SimulatedClock) -> None:
    """Once: neither the same code nor a new one makes another user."""
    users, code = Users(tmp_path / "nobody"), FirstCode(tmp_path / "code")
    door, right = Door(users, code, clock), code.make()
    with pytest.raises(Refused, match="not the code"):
        door.set_up("192.0.2.7", "AAAA-AAAA-AAAA", "anna", "long enough")
    with pytest.raises(UsageError, match="8 to 256"):
        door.set_up("192.0.2.7", right, "anna", "short")
    assert door.set_up("192.0.2.7", right, "anna", "long enough").role == "admin"
    with pytest.raises(Refused, match="set up"):
        door.set_up("192.0.2.7", right, "eve", "long enough")
    with pytest.raises(Refused, match="set up"):
        door.set_up("192.0.2.7", code.make(), "eve", "long enough")
    assert list(users.all()) == ["anna"]


def test_a_code_cannot_be_guessed(tmp_path: Path, clock: SimulatedClock) -> None:
    """Three tries, from wherever, and it waits."""
    code = FirstCode(tmp_path / "code")
    door, right = Door(Users(tmp_path / "nobody"), code, clock), code.make()
    for number in range(3):
        with pytest.raises(Refused, match="not the code"):
            door.set_up(f"192.0.2.{number}", "wrong", "eve", "long enough")
    with pytest.raises(Refused, match="locked"):
        door.set_up("192.0.2.9", right, "anna", "long enough")
