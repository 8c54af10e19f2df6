"""A camera that dies in the middle of a clip, and a disk that fills up under the service."""

import contextlib
import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.capture.packet_store import PacketStore
from device.capture.process import CameraProcess
from device.capture.restarting import RestartingCamera, Standing
from device.capture.wishes import request_of
from device.clock import SystemClock
from device.config.cameras import CameraTable
from device.errors import CameraError
from device.recorder.folder_archive import FolderArchive
from device.recorder.plan import RecordingSettings
from device.recorder.recorder import Recorder
from tests.capture.clips import write_clip
from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene
from tests.recorder.packets import played
from tests.recorder.test_recorder import PATIENCE_S, alarm


@pytest.mark.slow
@pytest.mark.parametrize("how", ["copied", "encoded"])
def test_a_clip_goes_on_when_its_camera_is_back(how: str, tmp_path: Path) -> None:
    """One file, in which the pause is as long as it was; times only rise."""
    clip = write_clip(tmp_path / "source.mp4", codec="libx264", pictures=20)
    source = f"file:{clip}?loop=1" if how == "copied" else "synthetic:?loop=1"
    table, clock, store = CameraTable(id="aisle", source=source), SystemClock(), PacketStore(60.0, 50_000_000)
    made: list[CameraProcess] = []
    tries: list[float] = []

    def start(standing: Standing) -> CameraProcess:
        tries.append(clock.monotonic())
        if 1 < len(tries) < 4:
            raise CameraError("camera aisle: not yet")
        made.append(CameraProcess("aisle", request_of(table, armed=standing.armed), clock=clock, packets=store))
        return made[-1]

    archive, settings = FolderArchive(tmp_path), RecordingSettings(pre_roll_s=1.0, post_roll_s=6.0, max_clip_s=60.0)
    recorder = Recorder({"aisle": store}, settings, archive, clock)
    for loop in recorder.loops:
        loop.start()
    camera = RestartingCamera("aisle", start, clock=clock, standing=Standing("away"), chance=lambda: 0.0)
    event, since = None, clock.monotonic()
    with contextlib.closing(camera):
        while not archive.sealed and clock.monotonic() < since + PATIENCE_S:
            if (frame := camera.next(0.2)) is None:
                continue
            camera.release(frame)
            if event is None and frame.t > since + 2.0:
                event, since = recorder.mark(alarm(frame.t)), frame.t
            elif event is not None and len(made) == 1 and frame.t > since + 2.0:
                os.kill(made[0].pid, signal.SIGKILL)
    for loop in recorder.loops:
        assert loop.stop(PATIENCE_S)
    assert event is not None
    assert len(made) == 2
    assert [name for name in archive.files if name.endswith(".mp4")] == [event.evidence.clip]
    times = [t for t, _ in played(tmp_path / str(event.evidence.clip))]
    steps = [after - before for before, after in itertools.pairwise(times)]
    assert min(steps) > 0.0
    # it fails to start twice more, so that the pause is longer than any step of a working camera, on any machine
    pause_s = tries[-1] - tries[1]
    assert pause_s > 1.0
    assert sum(step > pause_s for step in steps) == 1
    assert times[-1] > 6.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MiB."""
    folder = tmp_path / "state"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.root
def test_on_a_disk_without_room_the_guard_guards_on(small_disk: Path, tmp_path: Path) -> None:
    """Recording gives way: events are told and stored, the want of room is told, and nothing is half done."""
    config = write_config(tmp_path, source=write_scene(tmp_path))
    with Daemon(config) as daemon:
        daemon.ready()
        daemon.until(lambda: daemon.out().count("line_crossed") >= 2, "two crossings")
        daemon.until(lambda: "MiB are free" in daemon.log(), "a word about the disk")
        assert daemon.end() == 0
    assert "Traceback" not in daemon.log()
    assert not [path for path in small_disk.rglob("*") if path.suffix in {".mp4", ".jpg", ".begun", ".part"}]
