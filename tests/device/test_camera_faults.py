"""The table of faults, in its short form: what it promises holds."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.fault_table import Outcome, markdown, put_section
from bench.guarded import Resources

ROOT = Path(__file__).resolve().parents[2]
HELD = Resources(100 << 20, 20, 9)
GOOD = Outcome(
    name="stop",
    what="stopped",
    cycles=4,
    blind_s=(10.1, 10.2, 10.3, 10.4),
    never_back=0,
    told={"camera_lost": (4, 4, 7.1)},
    restarts=0,
    status=0,
    before=HELD,
    after=HELD,
)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_cameras_are_killed_stopped_and_frozen() -> None:
    """Four cameras each: all come back, all is told in time, the service goes on and keeps nothing of it."""
    command = [sys.executable, "-m", "bench.camera_faults", "--only", "kill,stop,frozen"]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert played.returncode == 0, played.stdout + played.stderr


def test_what_is_kept_is_no_complaint() -> None:
    """And each cell of the row is there."""
    assert GOOD.broken() == []
    assert "| stopped | 4 | 10.3 s | 10.4 s | 10.4 s | camera_lost 4/4, 7.1 s |" in markdown([GOOD])


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (replace(GOOD, never_back=1), "did not come back"),
        (replace(GOOD, status=1), "left with 1"),
        (replace(GOOD, told={"camera_lost": (4, 3, 7.0)}), "3 ends"),
        (replace(GOOD, told={"tamper_frozen": (4, 4, 11.0)}), "told after 11.0 s"),
        (replace(GOOD, after=replace(HELD, rss_bytes=120 << 20)), "memory grew"),
        (replace(GOOD, after=replace(HELD, files=21)), "files and threads"),
    ],
)
def test_a_broken_promise_is_named(bad: Outcome, word: str) -> None:
    """So that the command fails."""
    (line,) = bad.broken()
    assert word in line


def test_a_section_is_written_anew_and_others_stay(tmp_path: Path) -> None:
    """Several commands write to one page."""
    page = tmp_path / "cameras.md"
    put_section(page, "Faults", "one\n")
    put_section(page, "Capacity", "two\n")
    put_section(page, "Faults", "three\n")
    assert page.read_text() == "# Cameras\n\n## Faults\n\nthree\n\n## Capacity\n\ntwo\n"
