"""Root's script that sets the clock for the page's admin, with a clock in the test's hand."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import ROOT

NOW = 1_790_000_000

Ask = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Leave a request and run the script; ``date`` and ``hwclock`` only note how they were called."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("date", "hwclock"):
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >>"{tmp_path}/called"\n', encoding="ascii")
        (tools / name).chmod(0o755)
    environ = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "TIMESYNC_FLAG": str(tmp_path / "network")}

    def call(text: str) -> "subprocess.CompletedProcess[str]":
        (tmp_path / "request").write_text(text, encoding="utf-8")
        command = ["sh", str(ROOT / "systemd" / "set-clock"), str(tmp_path / "request"), str(tmp_path / "flag")]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    return call


def called(tmp_path: Path) -> list[str]:
    """What was called."""
    path = tmp_path / "called"
    return path.read_text(encoding="ascii").splitlines() if path.exists() else []


def test_it_is_set_once(ask: Ask, tmp_path: Path) -> None:
    """And the guard is told by a flag; a second request of the same start changes nothing."""
    assert ask(f"{NOW}\n").returncode == 0
    assert called(tmp_path) == [f"date -u -s @{NOW}", "hwclock --systohc"]
    assert (tmp_path / "flag").exists()
    assert not (tmp_path / "request").exists()
    again = ask(f"{NOW + 9999}\n")
    assert again.returncode == 1
    assert "set already" in again.stderr
    assert len(called(tmp_path)) == 2


@pytest.mark.parametrize("text", ["", "\n", "soon", "-5", "1e9", "12; reboot", "$(reboot)", "1000000000", "4102444800"])
def test_what_is_no_time_is_ignored(ask: Ask, tmp_path: Path, text: str) -> None:
    """And taken away, so that it is not looked at again and again."""
    assert ask(text).returncode == 1
    assert called(tmp_path) == []
    assert not (tmp_path / "flag").exists()
    assert not (tmp_path / "request").exists()


def test_a_time_from_the_network_stands(ask: Ask, tmp_path: Path) -> None:
    """Whatever the page says."""
    (tmp_path / "network").touch()
    assert ask(f"{NOW}\n").returncode == 1
    assert called(tmp_path) == []
