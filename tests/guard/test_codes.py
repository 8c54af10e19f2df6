"""PINs in a file."""

import os
import stat
from pathlib import Path

import pytest

from device.errors import ConfigError, StoreError, UsageError
from device.guard import codes as module
from device.guard.codes import Codes


def test_a_pin_is_known_again(tmp_path: Path) -> None:
    """Whoever reads the file finds whose it is, and no PIN in it; only its owner may read it."""
    path = tmp_path / "state" / "pins"
    Codes(path).set("anna", "4711")
    Codes(path).set("bert", "4712")
    codes = Codes(path)

    assert [codes.whose(pin) for pin in ("4711", "4712", "4713", "", "47110", "x" * 10**5)] == [
        "anna", "bert", None, None, None, None,
    ]  # fmt: skip
    assert "4711" not in path.read_text(encoding="ascii")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["pins"]  # noqa: PTH208 - names alone


def test_without_a_file_there_is_no_pin(tmp_path: Path) -> None:
    """That is no fault: nobody may disarm but a key."""
    codes = Codes(tmp_path / "pins")
    assert (bool(codes), codes.names, codes.whose("4711")) == (False, (), None)


def test_a_new_pin_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """Changed or taken away, the old one opens nothing."""
    codes = Codes(tmp_path / "pins")
    codes.set("anna", "4711")
    codes.set("anna", "1234")
    assert [codes.whose(pin) for pin in ("4711", "1234")] == [None, "anna"]
    codes.remove("anna")
    assert not Codes(tmp_path / "pins")


@pytest.mark.parametrize(
    ("name", "pin", "complaint"),
    [
        ("anna", "123", "4 to 12 digits"),
        ("anna", "12a4", "4 to 12 digits"),
        ("anna", "١٢٣٤", "4 to 12 digits"),
        ("anna", "1" * 13, "4 to 12 digits"),
        ("", "1234", "is no name"),
        ("an:na", "1234", "is no name"),
        ("an\nna", "1234", "is no name"),
        ("clara", "4711", "taken"),
    ],
)
def test_what_is_no_pin(tmp_path: Path, name: str, pin: str, complaint: str) -> None:
    """Nothing is written, and the message says why; it never shows the PIN."""
    codes = Codes(tmp_path / "pins")
    codes.set("bert", "4711")
    with pytest.raises(UsageError, match=complaint) as told:
        codes.set(name, pin)
    assert pin not in str(told.value)
    assert Codes(tmp_path / "pins").names == ("bert",)


def test_their_number_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong PIN is held against each, so there are not many."""
    monkeypatch.setattr(module, "MAX_CODES", 3)
    monkeypatch.setattr(module, "_matches", lambda hashed, code: False)  # noqa: ARG005 - as fast as can be
    codes = Codes(tmp_path / "pins")
    for number in range(3):
        codes.set(f"n{number}", "4711")
    with pytest.raises(UsageError, match="already"):
        codes.set("one-more", "4711")
    codes.set("n0", "4712")


@pytest.mark.parametrize("text", ["anna\n", "anna:4711\n", ":$argon2id$\n", "é:$argon2id$x\n"])
def test_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    """A PIN in clear, or nonsense, is refused with its line, not passed over."""
    path = tmp_path / "pins"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="pins_file"):
        Codes(path)


def test_a_damaged_hash_opens_nothing(tmp_path: Path) -> None:
    """It matches no PIN."""
    path = tmp_path / "pins"
    path.write_text("anna:$argon2id$v=19$m=1,t=1,p=1$AAAA$BBBB\n", encoding="ascii")
    assert Codes(path).whose("4711") is None


def test_removing_nobody(tmp_path: Path) -> None:
    """The names that there are are told."""
    with pytest.raises(UsageError, match="'anna' has no PIN; there are: none"):
        Codes(tmp_path / "pins").remove("anna")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """It is told, and what was there holds."""
    codes = Codes(tmp_path / "folder" / "pins")
    (tmp_path / "folder").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        codes.set("anna", "4711")
    assert codes.whose("4711") is None
