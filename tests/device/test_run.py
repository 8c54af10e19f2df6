"""The service as a process: readiness, watchdog, signals, and what is left when it is killed."""

import os
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.device.daemon import Daemon, wait_gone
from tests.device.drawn import DASH_TOML, write_config, write_scene

SECOND = """
[[cameras]]
id = "short"
source = "synthetic:{scene}"
"""


def numbers(folder: Path) -> list[int]:
    """The numbers of all events on disk."""
    with closing(sqlite3.connect(folder / "state" / "shopwarden.db")) as db:
        return [row[0] for row in db.execute("select seq from event order by seq")]


def test_it_gets_ready_feeds_the_watchdog_and_ends(tmp_path: Path) -> None:
    """Also after the recording of one of its cameras is over; SIGTERM ends it and its cameras with status 0."""
    (tmp_path / "short.toml").write_text(DASH_TOML.replace("= 3.0", "= 0.5"), encoding="utf-8")
    config = write_config(tmp_path, source=write_scene(tmp_path), more=SECOND.format(scene=tmp_path / "short.toml"))
    with Daemon(config, watchdog_s=0.9) as daemon:
        daemon.ready()
        assert "STATUS=guards aisle, short" in daemon.messages[0]
        cameras = daemon.children()
        daemon.until(lambda: "recording_over" in daemon.log(), "end of the short recording")
        before = daemon.pings()
        daemon.until(lambda: daemon.pings() >= before + 4, "more pings")
        assert daemon.end() == 0
        assert daemon.messages[-1] == "STOPPING=1"
        assert wait_gone(cameras)
    assert "Traceback" not in daemon.log()


@pytest.mark.slow
def test_a_camera_that_hangs(tmp_path: Path) -> None:
    """The watchdog gets nothing until everybody has been told; then the camera is replaced and gives pictures again."""
    with Daemon(write_config(tmp_path, source=write_scene(tmp_path))) as daemon:
        (camera,) = daemon.ready().children()
        before = daemon.pings()
        daemon.until(lambda: daemon.pings() > before, "a ping")
        os.kill(camera, signal.SIGSTOP)
        before = daemon.pings()
        daemon.until(lambda: "camera_lost " in daemon.out(), "camera_lost")
        # What was seen before it hung is worth one more; the first after the excuse may be there already.
        assert daemon.pings() - before <= 2
        before = daemon.pings()
        daemon.until(lambda: daemon.pings() > before, "a ping though the camera is lost")
        daemon.until(lambda: "camera_lost (end)" in daemon.out(), "the camera's return")
        assert daemon.children() != [camera]
        assert "its process runs, and delivers nothing" in daemon.out()
        assert daemon.end(signal.SIGINT) == 0
    assert wait_gone([camera])


def test_a_new_configuration(tmp_path: Path) -> None:
    """SIGHUP takes it over; a wrong one, or one that cannot be started, leaves the old one in force, and says why."""
    source = write_scene(tmp_path)
    config = write_config(tmp_path, source=source)
    good = config.read_text(encoding="utf-8")
    with Daemon(config) as daemon:
        daemon.ready()
        bad = {
            "[device\n": "is not TOML",
            good.replace("max_per_s", "max_a_s"): "did you mean 'max_per_s'",
            good.replace(source, "picamera3"): "no such kind of camera",
            good.replace(source, "file:nowhere.mp4"): "nowhere.mp4: there is no such file",
            good.replace("general-320", "general-1"): "no model is named 'general-1'",
        }
        for text, complaint in bad.items():
            config.write_text(text, encoding="utf-8")
            daemon.send(signal.SIGHUP)
            daemon.until(lambda complaint=complaint: complaint in daemon.log(), complaint)  # type: ignore[misc]
        guarding = [line for line in daemon.log().splitlines() if '"event": "ready"' in line]
        assert len(guarding) in (2, 3)

        config.write_text(good.replace('id = "aisle"', 'id = "yard"'), encoding="utf-8")
        daemon.send(signal.SIGHUP)
        daemon.until(lambda: '"cameras": ["yard"]' in daemon.log(), "the new configuration")
        assert len(daemon.children()) == 1
        assert daemon.end() == 0
    assert daemon.log().count("configuration_refused") == len(bad)


def test_it_is_killed_and_started_again(tmp_path: Path) -> None:
    """No camera's process stays behind, no event is lost, and the numbers go on where they were."""
    config = write_config(tmp_path, source=write_scene(tmp_path))
    with Daemon(config) as daemon:
        cameras = daemon.ready().children()
        daemon.until(lambda: "person_in_zone " in daemon.out(), "an event")
        daemon.process.kill()
        assert wait_gone(cameras)
    first = numbers(tmp_path)
    told = daemon.out().count("person_in_zone ")
    with Daemon(config) as daemon:
        daemon.ready().until(lambda: daemon.out().count("person_in_zone ") > told, "an event after the kill")
        assert daemon.end() == 0
    second = numbers(tmp_path)
    assert first
    assert second == list(range(1, len(second) + 1))
    assert len(second) > len(first)


@pytest.mark.slow
def test_a_camera_that_hangs_at_the_start_holds_up_no_other(tmp_path: Path) -> None:
    """The other one guards at once; the loss is told within the ten seconds that are promised, and ends at SIGHUP."""
    os.mkfifo(tmp_path / "pipe.toml")
    more = SECOND.format(scene=tmp_path / "pipe.toml")
    config = write_config(tmp_path, source=write_scene(tmp_path), more=more)
    with Daemon(config) as daemon:
        daemon.ready().until(lambda: "person_in_zone " in daemon.out(), "an event of the other camera")
        assert "camera_lost" not in daemon.out()
        daemon.until(lambda: "camera_lost " in daemon.out(), "the loss")
        config.write_text(config.read_text(encoding="utf-8").replace(more, ""), encoding="utf-8")
        daemon.send(signal.SIGHUP)
        daemon.until(lambda: '"cameras": ["aisle"]' in daemon.log(), "the new configuration")
        assert daemon.out().count("camera_lost (end)") == 1
        assert daemon.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_while_it_waits_for_a_camera(tmp_path: Path, number: signal.Signals) -> None:
    """Nobody wants to wait for a picture of a guard that is to end."""
    os.mkfifo(tmp_path / "pipe.toml")
    with Daemon(write_config(tmp_path, source=f"synthetic:{tmp_path / 'pipe.toml'}")) as daemon:
        daemon.until(lambda: bool(daemon.children()), "the camera's process")
        cameras = daemon.children()
        assert daemon.end(number) == 0
        assert not any(message.startswith("READY") for message in daemon.messages)
        assert wait_gone(cameras)


def test_it_ends_by_itself_when_its_recordings_are_over(tmp_path: Path) -> None:
    """With status 0, and everything that happened on disk."""
    (tmp_path / "dash.toml").write_text(DASH_TOML, encoding="utf-8")
    with Daemon(write_config(tmp_path, source=f"synthetic:{tmp_path / 'dash.toml'}")) as daemon:
        assert daemon.ready().process.wait(30.0) == 0
        assert "line_crossed" in daemon.out()
    assert len(numbers(tmp_path)) >= 2


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_minute_leaves_no_trace(tmp_path: Path) -> None:
    """Memory, open files and threads are after a minute what they were once everything had been used."""
    poll = threading.Event()
    with Daemon(write_config(tmp_path, source=write_scene(tmp_path))) as daemon:
        daemon.ready().until(lambda: daemon.out().count("person_in_zone ") >= 2, "events")
        # The recorder's ring and the first stills take their share in the seconds after the first alarm.
        poll.wait(25.0)
        before = held(daemon.process.pid)
        poll.wait(60.0)
        after = held(daemon.process.pid)
        assert daemon.end() == 0
    assert after[0] - before[0] < 4096
    assert after[1:] == before[1:]


def held(pid: int) -> tuple[int, int, int]:
    """Resident memory, KiB; open files; threads."""
    process = Path(f"/proc/{pid}")
    memory = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(memory.split()[1]), len(list((process / "fd").iterdir())), len(list((process / "task").iterdir()))
