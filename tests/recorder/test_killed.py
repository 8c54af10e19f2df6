"""The writer is killed at any moment: what it left plays up to its last two seconds."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import av
import av.error
import pytest

from device.recorder.seekable import make_seekable
from tests.house import ROOT
from tests.recorder.packets import FPS, number_of, played

LAST_S = 2.0
ROUNDS = 8


def killed_after(folder: Path, seconds: float) -> int:
    """Run the writer for so long after its first packet, and kill it; the number of its last packet."""
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.recorder.writer", str(folder)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    threading.Timer(seconds, writer.send_signal, [signal.SIGKILL]).start()
    last = 0
    for line in writer.stdout:
        last = int(line)
    assert writer.wait() == -signal.SIGKILL
    writer.stdout.close()
    return last


def readable(path: Path) -> list[int]:
    """The pictures of a file as it was left, up to what cannot be read."""
    shown: list[int] = []
    try:
        with av.open(f"file:{path}") as container:
            shown.extend(number_of(picture) for picture in container.decode(video=0))
    except av.error.InvalidDataError:
        assert shown
    return shown


@pytest.mark.slow
def test_what_was_cut_short_plays_up_to_its_last_two_seconds(tmp_path: Path) -> None:
    """As it was left, and mended; no picture is another one than it was."""
    chance = random.Random(5)  # noqa: S311 - the same moments in every run
    waits = [2.2 + chance.random() * 2.5 for _ in range(ROUNDS)]
    last: dict[int, int] = {}

    def run(number: int) -> None:
        last[number] = killed_after(tmp_path / str(number), waits[number])

    for batch in range(0, ROUNDS, 4):
        threads = [threading.Thread(target=run, args=(number,)) for number in range(batch, batch + 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number in range(ROUNDS):
        path = tmp_path / str(number) / "evidence" / "1" / "clip.mp4"
        least = last[number] + 1 - LAST_S * FPS
        for shown in (readable(path), _mended(path)):
            assert len(shown) >= least
            assert shown == [picture % 20 for picture in range(len(shown))]


def _mended(path: Path) -> list[int]:
    make_seekable(path)
    return [number for _, number in played(path)]
