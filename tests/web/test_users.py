"""Accounts, one-time code, certificate: what lies in files."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from device.errors import ConfigError, UsageError
from device.web.certificate import own_certificate
from device.web.first_code import FirstCode
from device.web.users import MAX_USERS, User, Users


def test_a_user_is_known_by_name_and_password(tmp_path: Path) -> None:
    """Neither a wrong password nor an unknown name opens anything; the file holds hashes, for its owner alone."""
    users = Users(tmp_path / "users")
    users.add("anna", "admin", "correct horse")
    found = users.check("anna", "correct horse")
    assert found is not None
    assert found.role == "admin"
    assert users.check("anna", "correct horsf") is None
    assert users.check("bert", "correct horse") is None
    assert "correct" not in (tmp_path / "users").read_text(encoding="ascii")
    assert (tmp_path / "users").stat().st_mode & 0o077 == 0


def test_what_another_process_writes_is_seen(tmp_path: Path) -> None:
    """The command line adds and resets while the service runs."""
    running, typed = Users(tmp_path / "users"), Users(tmp_path / "users")
    typed.add("anna", "viewer", "first password")
    before = running.all()["anna"]
    typed.reset("anna", "second password")
    assert running.check("anna", "first password") is None
    after = running.check("anna", "second password")
    assert after is not None
    assert after.generation != before.generation
    typed.remove("anna")
    assert running.all() == {}


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("a b", "long enough", "is no name"),
        ("../etc", "long enough", "is no name"),
        ("anna:admin", "long enough", "is no name"),
        ("anna", "short", "8 to 256"),
        ("anna", "x" * 257, "8 to 256"),
        ("taken", "long enough", "already"),
    ],
)
def test_what_is_no_account(tmp_path: Path, name: str, password: str, why: str) -> None:
    """It is refused with the reason, and nothing is written."""
    users = Users(tmp_path / "users")
    users.add("taken", "viewer", "long enough")
    before = (tmp_path / "users").read_bytes()
    with pytest.raises(UsageError, match=why):
        users.add(name, "guard", password)
    assert (tmp_path / "users").read_bytes() == before


def test_there_are_only_so_many(tmp_path: Path) -> None:
    """The file has a bound."""
    users = Users(tmp_path / "users")
    users.add("a", "viewer", "long enough")
    hashed = users.all()["a"].hashed
    lines = [f"u{number}:viewer:{hashed}" for number in range(MAX_USERS)]
    (tmp_path / "users").write_text("\n".join(lines), encoding="ascii")
    with pytest.raises(UsageError, match=f"{MAX_USERS} users"):
        users.add("b", "viewer", "long enough")


@pytest.mark.parametrize("text", ["anna", "anna:boss:$argon2id$", "anna:admin:plain", "a b:admin:$argon2", "ü:admin:x"])
def test_a_file_of_something_else(tmp_path: Path, text: str) -> None:
    """It is an error that names the file, never a way in."""
    (tmp_path / "users").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="users"):
        Users(tmp_path / "users")


def test_roles_build_on_each_other() -> None:
    """An admin may all that a guard may, and a guard all that a viewer may."""
    viewer, guard, admin = (User("x", role, "") for role in ("viewer", "guard", "admin"))
    assert [viewer.may("viewer"), viewer.may("guard"), viewer.may("admin")] == [True, False, False]
    assert [guard.may("viewer"), guard.may("guard"), guard.may("admin")] == [True, True, False]
    assert admin.may("admin")


def test_a_code_opens_once(tmp_path: Path) -> None:
    """Typed in small letters and without dashes too; a newer one makes it worthless, and so does its use."""
    code = FirstCode(tmp_path / "code")
    assert not code.matches("")
    first = code.make()
    assert code.matches(first.lower().replace("-", " "))
    second = code.make()
    assert not code.matches(first)
    assert not code.matches(second[:-1])
    assert second not in (tmp_path / "code").read_text(encoding="ascii")
    code.used()
    assert not code.matches(second)


def test_the_certificate_holds_where_the_clock_is_wrong(tmp_path: Path) -> None:
    """Valid from 2000 on, made once, its key for the owner alone, and fit for TLS."""
    made = own_certificate(tmp_path, "shop-1")
    assert own_certificate(tmp_path, "shop-1").fingerprint == made.fingerprint
    assert len(made.fingerprint.split(":")) == 32
    read = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    assert read.not_valid_before_utc.year == 2000
    assert read.not_valid_after_utc.year >= 2050
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"shop-1.local", "localhost"} <= set(names.get_values_for_type(x509.DNSName))
    assert made.key.stat().st_mode & 0o077 == 0
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)
