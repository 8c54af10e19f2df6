import contextlib
import gc
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.capture.mode import Mode
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.clock import SystemClock
from device.core.frame import Frame
from device.errors import CameraError
from tests.capture.clips import write_clip

PATIENCE_S = 20.0
SCENE = "width_px = 64\nheight_px = 48\nfps = 40\nduration_s = 1\n"
Start = Callable[..., CameraProcess]


@pytest.fixture
def scene(tmp_path: Path) -> str:
    """A source that draws for ever."""
    (tmp_path / "scene.toml").write_text(SCENE)
    return f"synthetic:{tmp_path / 'scene.toml'}?loop=1"


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts cameras, and closes them after the test."""
    started: list[CameraProcess] = []

    def start_one(line: str, mode: Mode = Mode.LIVE) -> CameraProcess:
        started.append(CameraProcess("aisle", CameraRequest(line, mode)))
        return started[-1]

    yield start_one
    for camera in started:
        camera.close()


def first_picture(camera: CameraProcess) -> Frame:
    """The first picture: the camera runs."""
    frame = camera.next(PATIENCE_S)
    assert frame is not None
    return frame


def read_on(camera: CameraProcess) -> None:
    """Take pictures until none comes in time."""
    while (frame := camera.next(PATIENCE_S)) is not None:
        camera.release(frame)


def entries(folder: str) -> int:
    """How many files or folders lie there."""
    return len(list(Path(folder).iterdir()))


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes true while one may wait."""
    clock = SystemClock()
    end = clock.monotonic() + PATIENCE_S
    while not holds() and clock.monotonic() < end:
        clock.wait(0.02)
    return holds()


def is_running(pid: int) -> bool:
    """Whether there is such a process that is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def exists(pid: int) -> bool:
    """Whether there is such a process, a zombie too."""
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    ("kill", "words"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGSEGV, "SIGSEGV"), (signal.SIGTERM, "SIGTERM")]
)
def test_a_killed_process_is_an_error_that_says_so(start: Start, scene: str, kill: signal.Signals, words: str) -> None:
    """Whatever ends the child, the reader gets what came before and then the reason; no zombie stays."""
    camera = start(scene)
    frame = first_picture(camera)
    os.kill(camera.pid, kill)
    with pytest.raises(CameraError, match=rf"camera aisle: its process was ended by {words}$"):
        read_on(camera)
    assert int(frame.i420.max()) > 0
    camera.release(frame)
    assert eventually(lambda: not exists(camera.pid))


def test_a_hanging_process_is_a_time_out_and_can_be_closed(start: Start, scene: str) -> None:
    """A driver that hangs looks like SIGSTOP: nothing comes, and only force ends it."""
    camera = start(scene)
    camera.release(first_picture(camera))
    os.kill(camera.pid, signal.SIGSTOP)
    while (frame := camera.next(0.5)) is not None:
        camera.release(frame)
    before = camera.stats().last_picture_s
    assert camera.next(0.2) is None
    assert camera.stats().last_picture_s == before
    camera.close()
    assert not exists(camera.pid)


def test_what_cannot_be_ended_keeps_nothing_of_ours(scene: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside a driver not even SIGKILL ends a process: files and threads on this side are let go of all the same."""
    before = (entries("/proc/self/fd"), threading.active_count())
    camera = CameraProcess("aisle", CameraRequest(scene))
    camera.release(first_picture(camera))
    monkeypatch.setattr("device.capture.process._TERM_S", 0.05)
    monkeypatch.setattr("device.capture.process._KILL_S", 0.05)
    with monkeypatch.context() as patch:
        os.kill(camera.pid, signal.SIGSTOP)
        assert eventually(lambda: Path(f"/proc/{camera.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        patch.setattr(subprocess.Popen, "send_signal", lambda *_: None)
        camera.close()
    assert not camera.has_ended()
    assert eventually(lambda: (entries("/proc/self/fd"), threading.active_count()) == before)
    os.kill(camera.pid, signal.SIGKILL)
    assert eventually(camera.has_ended)


def test_ctrl_c_does_not_end_the_child(start: Start, scene: str) -> None:
    """The terminal's interrupt is for the parent, which then closes its cameras in order."""
    camera = start(scene)
    camera.release(first_picture(camera))
    os.kill(camera.pid, signal.SIGINT)
    for _ in range(10):
        camera.release(first_picture(camera))
    assert os.getpgid(camera.pid) != os.getpgid(0)


@pytest.mark.parametrize("releases", [True, False])
def test_the_child_leaves_when_its_parent_dies(scene: str, releases: bool) -> None:
    """Nothing stays behind after kill -9 of the parent, not even a child that has no slot to write to."""
    step = "camera.release(frame)" if releases else "pass"
    script = (
        "import sys\n"
        "from device.capture.process import CameraProcess\n"
        "from device.capture.request import CameraRequest\n"
        "from device.capture.mode import Mode\n"
        f"camera = CameraProcess('aisle', CameraRequest({scene!r}, Mode.REPLAY))\n"
        "frame = camera.next(20.0)\n"
        "print(camera.pid, flush=True)\n"
        f"while frame := camera.next(60.0): {step}\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=_environment()) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
    assert eventually(lambda: not is_running(child))


def test_a_bug_in_the_source_is_one_line(start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What nobody expected is told with its place, not as a traceback on the terminal."""
    (tmp_path / "sitecustomize.py").write_text(
        "import device.capture.sources\n"
        "def broken(*_):\n    raise RuntimeError('two\\nlines')\n"
        "device.capture.sources.make_source = broken\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        camera = start("synthetic:")
    with pytest.raises(CameraError, match=r"RuntimeError: two lines in sitecustomize\.py:3; this is a bug") as caught:
        camera.next(PATIENCE_S)
    assert "\n" not in str(caught.value)
    camera.close()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("cameras", [6, pytest.param(50, marks=pytest.mark.slow)])
def test_many_cameras_leave_nothing_behind(tmp_path: Path, cameras: int) -> None:
    """Opening and closing changes neither the number of open files nor of threads, and leaves no process."""
    clip = f"file:{write_clip(tmp_path / 'clip.mp4', pictures=3)}"
    scene = tmp_path / "scene.toml"
    scene.write_text(SCENE)
    cycle = [(clip, Mode.REPLAY, True), (f"synthetic:{scene}", Mode.LIVE, True), ("file:gone", Mode.LIVE, False)]
    pids = []
    counts = []
    gc.collect()  # what earlier tests left to the collector is closed now, not while it is counted
    for index in range(cameras):
        line, mode, has_pictures = cycle[index % 3]
        camera = CameraProcess("aisle", CameraRequest(line, mode))
        pids.append(camera.pid)
        if index % 2 and has_pictures:
            first_picture(camera)
        camera.close()
        counts.append((entries("/proc/self/fd"), threading.active_count()))
    assert len(set(counts)) == 1
    assert not any(exists(pid) for pid in pids)


def test_no_process_no_camera(monkeypatch: pytest.MonkeyPatch, scene: str) -> None:
    """When the system starts no process, that is the camera's error, and no descriptor is lost."""
    before = entries("/proc/self/fd")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CameraError, match="camera aisle: its process cannot be started"):
        CameraProcess("aisle", CameraRequest(scene))
    assert entries("/proc/self/fd") == before


def test_the_child_stays_small(start: Start, tmp_path: Path) -> None:
    """Neither OpenCV nor the configuration's library is loaded: one child runs for every camera."""
    camera = start(f"file:{write_clip(tmp_path / 'clip.mp4', pictures=3)}?loop=1")
    first_picture(camera)
    loaded = Path(f"/proc/{camera.pid}/maps").read_text()
    assert "/av/" in loaded
    assert "cv2" not in loaded
    assert "pydantic" not in loaded


def test_a_frozen_camera_is_seen_in_the_numbers(start: Start, tmp_path: Path) -> None:
    """Pictures that repeat themselves keep coming, but the time of the last change stays behind."""
    scene = tmp_path / "still.toml"
    scene.write_text(SCENE + "noise = 0\n")
    camera = start(f"synthetic:{scene}", Mode.REPLAY)
    for _ in range(20):
        camera.release(first_picture(camera))
    stats = camera.stats()
    assert stats.arrived >= 20
    assert stats.last_picture_s is not None
    assert stats.last_change_s is not None
    assert stats.last_change_s < stats.last_picture_s


def _environment() -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])}


CORNER = ((0.0, 0.0), (0.4, 0.0), (0.4, 0.5), (0.0, 0.5))


@pytest.mark.parametrize("mode", list(Mode))
def test_masks_change_with_the_next_picture(scene: str, mode: Mode) -> None:
    """From the call on no picture has the masks of before, however many wait in slots and pipes."""
    request = CameraRequest(scene, mode, extra_masks={"night": (CORNER,)})
    with contextlib.closing(CameraProcess("aisle", request)) as camera:
        for turn in range(6):
            camera.release(first_picture(camera))
            SystemClock().wait(0.1)  # pictures pile up
            camera.use_masks("night" if turn % 2 == 0 else "")
            for _ in range(5):
                frame = first_picture(camera)
                assert (frame.luma[:24, :24] == 16).all() == (turn % 2 == 0)
                camera.release(frame)
        with pytest.raises(ValueError, match="noon"):
            camera.use_masks("noon")


def test_masks_may_be_in_force_from_the_start(scene: str) -> None:
    """A camera that is started again begins with the masks of the armed state."""
    request = CameraRequest(scene, extra_masks={"night": (CORNER,)}, extra_in_force="night")
    with contextlib.closing(CameraProcess("aisle", request)) as camera:
        assert (first_picture(camera).luma[:24, :24] == 16).all()


def test_fewer_pictures_can_be_asked_for(scene: str) -> None:
    """In time of the pictures, so that a slow machine changes nothing; what is left out is not called dropped."""
    with contextlib.closing(CameraProcess("aisle", CameraRequest(scene, Mode.REPLAY))) as camera:
        camera.set_rate(10.0)
        times = []
        for _ in range(30):
            frame = first_picture(camera)
            times.append(frame.t)
            camera.release(frame)
        steps = [after - before for before, after in itertools.pairwise(times)]
        assert steps[10:] == pytest.approx([0.1] * len(steps[10:]), abs=0.001)
        assert camera.dropped() == 0
        camera.set_rate(None)
        camera.release(first_picture(camera))


def test_no_secret_stands_among_the_arguments(start: Start) -> None:
    """Whoever lists the processes reads the camera's name, and no address with a password."""
    camera = start("rtsp://guard:geheim@127.0.0.1:9/door")
    # For a moment after its start a process is still its parent, and for another it is nobody.
    poll, told = threading.Event(), b""
    for _ in range(round(PATIENCE_S / 0.02)):
        told = Path(f"/proc/{camera.pid}/cmdline").read_bytes()
        if b"aisle" in told:
            break
        poll.wait(0.02)
    assert b"aisle" in told
    assert b"geheim" not in told
    assert b"rtsp" not in told
