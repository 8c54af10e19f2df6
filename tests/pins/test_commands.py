"""What somebody types about pins and PINs."""

import getpass
import io
import json
import sys
from pathlib import Path

import pytest

from device.cli import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, main
from device.guard.codes import Codes
from tests.device.drawn import write_config

PINS = '[pins]\nfactory = "mock"\noutputs = [{ id = "siren", pin = 17 }]\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A whole configuration with a siren."""
    return write_config(tmp_path, source="synthetic:", more=PINS)


def test_a_pin_is_set_listed_and_removed(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From standard input, never from the call."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("4711\n"))
    assert main(["pin", "set", "anna", "--config", str(config)]) == EXIT_DONE
    assert Codes(config.parent / "state" / "panel-pins").whose("4711") == "anna"
    assert main(["pin", "list", "--config", str(config)]) == EXIT_DONE
    assert main(["pin", "remove", "anna", "--config", str(config)]) == EXIT_DONE
    assert main(["pin", "remove", "anna", "--config", str(config)]) == EXIT_USAGE
    out = capsys.readouterr().out
    assert out.splitlines()[1] == "anna"
    assert "4711" not in out


def test_a_pin_is_typed_twice(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal; two that differ change nothing."""
    typed = ["4711", "4712", "4711", "4711"]
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: typed.pop(0))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert main(["pin", "set", "anna", "--config", str(config)]) == EXIT_USAGE
    assert main(["pin", "set", "anna", "--config", str(config)]) == EXIT_DONE


def test_outputs_are_made_safe(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is named, also where the rest of the file is wrong."""
    config.write_text("nonsense = 1\n" + config.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["pins-safe", "--config", str(config)]) == EXIT_DONE
    assert capsys.readouterr().out == "siren (GPIO 17) is off\n"
    config.write_text(PINS.replace("17", "99"), encoding="utf-8")
    assert main(["pins-safe", "--config", str(config)]) == EXIT_FAILED


def test_the_self_test_says_whether_all_is_well(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its exit status and as JSON."""
    text = config.read_text(encoding="utf-8").replace('"synthetic:"', '"file:nowhere.mp4"')
    config.write_text(text, encoding="utf-8")
    assert main(["selftest", "--config", str(config), "--json", "--no-pulse"]) == EXIT_FAILED
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert [it["check"] for it in told["checks"] if it["status"] == "failed"] == ["camera"]
