"""The recorder inside the service: what lies on the disk after a kill, and after an end in peace."""

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import av
import cv2
import pytest

from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene

RECORDING = """
[recording]
pre_roll_s = 2.0
post_roll_s = 1.0
continuous = true
segment_s = 10.0
"""


def clips(state: Path) -> list[Path]:
    """All clips of events, oldest first."""
    return sorted(state.glob("evidence/*/clip.mp4"), key=lambda path: path.stat().st_mtime)


def length_s(path: Path) -> float:
    """From the first picture that plays to the last one."""
    with av.open(f"file:{path}", "r") as container:
        times = [float(shown.time or 0.0) for shown in container.decode(video=0)]
    return times[-1] - times[0]


def named(state: Path) -> dict[str, list[str]]:
    """The files that each alarm names in its last message, by ``event_id``."""
    with closing(sqlite3.connect(state / "shopwarden.db")) as db:
        rows = [json.loads(row[0]) for row in db.execute("select json from event order by seq")]
    shown = [row for row in rows if row["priority"] == "alarm" and row["kind"] != "armed"]
    return {row["event_id"]: [row["evidence"]["clip"], *row["evidence"]["stills"]] for row in shown}


@pytest.mark.slow
def test_a_killed_guard_leaves_a_clip_that_plays_and_the_next_one_whole_ones(tmp_path: Path) -> None:
    """Events name their files as they are told; after SIGTERM each of them is there.

    What the killed one left in the middle has been mended by the next.
    """
    config, state = write_config(tmp_path, source=write_scene(tmp_path), more=RECORDING), tmp_path / "state"
    with Daemon(config) as daemon:
        daemon.ready()
        daemon.until(lambda: bool(clips(state)) and clips(state)[0].stat().st_size > 400_000, "a clip")
        daemon.end(signal.SIGKILL)
    (killed,) = clips(state)
    assert length_s(killed) > 2.0

    with Daemon(config) as daemon:
        daemon.ready()
        daemon.until(lambda: len(clips(state)) > 1 and clips(state)[-1].stat().st_size > 400_000, "another clip")
        assert daemon.end() == 0
    assert "Traceback" not in daemon.log()
    last = clips(state)[-1]
    for clip in (killed, last):
        assert length_s(clip) > 2.0
        assert b"moof" not in clip.read_bytes()

    alarms = named(state)
    assert len(alarms) >= 2
    assert f"evidence/{last.parent.name}/clip.mp4" in {files[0] for files in alarms.values()}
    for files in alarms.values():
        for name in files:
            assert (state / name).exists()
    for still in state.glob("evidence/*/*.jpg"):
        assert cv2.imread(str(still)) is not None
    assert not [*state.glob("*/*/*.part"), *state.glob("*/*/*.begun")]
    pieces = sorted(state.glob("ambient/aisle/*.mp4"))
    assert length_s(pieces[-1]) > 2.0
