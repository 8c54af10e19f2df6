"""Where a passphrase comes from."""

import io
from pathlib import Path

import pytest

from device.errors import UsageError
from device.passphrase import made_passphrase, passphrase_for


class Terminal(io.StringIO):
    """Standard input that is one."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Let somebody sit there and type."""
    left = list(answers)
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: left.pop(0) if prompt else "")


def test_of_a_file(tmp_path: Path) -> None:
    """Its first line; an empty or missing one is an error that names it."""
    file = tmp_path / "word"
    file.write_text("one two three\r\nmore", encoding="utf-8")
    assert passphrase_for(file, new=True) == "one two three"
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(UsageError, match="word"):
        passphrase_for(file, new=False)
    with pytest.raises(UsageError, match="cannot be read"):
        passphrase_for(tmp_path / "none", new=False)


def test_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first line; where there is none, the error says how to give it."""
    monkeypatch.setattr("sys.stdin", io.StringIO("one two three\nmore"))
    assert passphrase_for(None, new=True) == "one two three"
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(UsageError, match="--passphrase-file"):
        passphrase_for(None, new=True)


def test_typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice the same for a new file, once for an old one; nothing typed: one is made, and shown."""
    typed(monkeypatch, "one two three", "one two three")
    assert passphrase_for(None, new=True) == "one two three"
    typed(monkeypatch, "one two three", "one two tree")
    with pytest.raises(UsageError, match="differ"):
        passphrase_for(None, new=True)
    typed(monkeypatch, "one two three")
    assert passphrase_for(None, new=False) == "one two three"
    typed(monkeypatch, "")
    assert passphrase_for(None, new=True) in capsys.readouterr().err


def test_made_ones_differ() -> None:
    """Five groups of five, of letters that none takes for another."""
    one, other = made_passphrase(), made_passphrase()
    assert one != other
    assert [len(group) for group in one.split("-")] == [5] * 5
    assert not set(one) & set("ilou")
