from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from device.capture.inline import InlineCamera
from device.capture.mode import Mode
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest
from device.capture.restarting import RestartingCamera, Standing
from device.capture.sources import make_source
from device.clock import SystemClock
from device.core.frame import Frame
from device.errors import CameraError, EndOfStream
from device.ports import Camera
from tests.capture.clips import level_of, write_clip

SLOTS = 3
PATIENCE_S = 20.0
Make = Callable[[str, Mode], Camera]


def _process(line: str, mode: Mode) -> CameraProcess:
    return CameraProcess("aisle", CameraRequest(line, mode, slots=SLOTS))


def _inline(line: str, mode: Mode) -> Camera:
    return InlineCamera("aisle", make_source(CameraRequest(line, mode), SystemClock()), mode=mode, slots=SLOTS)


def _restarting(line: str, mode: Mode) -> Camera:
    return RestartingCamera("aisle", lambda _: _process(line, mode), clock=SystemClock(), standing=Standing("away"))


@pytest.fixture(params=[_process, _inline, _restarting], ids=["process", "inline", "restarting"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a camera of each kind, and closes it after the test."""
    made: list[Camera] = []

    def make_one(line: str, mode: Mode) -> Camera:
        made.append(request.param(line, mode))
        return made[-1]

    yield make_one
    for camera in made:
        camera.close()


@pytest.fixture
def clip(tmp_path: Path) -> str:
    """A source of 30 pictures, ten a second, each telling its number."""
    return f"file:{write_clip(tmp_path / 'clip.mp4', pictures=30)}"


@pytest.fixture
def scene(tmp_path: Path) -> str:
    """A source that draws 40 pictures a second for ever."""
    (tmp_path / "scene.toml").write_text("width_px = 64\nheight_px = 48\nfps = 40\nduration_s = 1\n")
    return f"synthetic:{tmp_path / 'scene.toml'}?loop=1"


def awaited(camera: Camera) -> Frame:
    """The next picture, however slow this machine is."""
    frame = camera.next(PATIENCE_S)
    assert frame is not None
    return frame


def test_in_replay_every_picture_comes_once_and_in_order(make: Make, clip: str) -> None:
    """A slow reader loses nothing; the end comes after the last picture, and stays."""
    camera = make(clip, Mode.REPLAY)
    levels = []
    for index in range(30):
        frame = awaited(camera)
        assert (frame.seq, frame.width, frame.height) == (index, 64, 48)
        assert frame.t == pytest.approx(index / 10, abs=0.002)
        levels.append(float(frame.luma[30:46, 34:62].mean()))
        SystemClock().wait(0.003)
        camera.release(frame)
    assert levels == pytest.approx([level_of(index) for index in range(30)], abs=5)
    for _ in range(2):
        with pytest.raises(EndOfStream, match=r"camera aisle: .*clip\.mp4.* is over"):
            camera.next(PATIENCE_S)
    assert camera.dropped() == 0


def test_a_held_picture_keeps_its_pixels(make: Make, clip: str) -> None:
    """All slots in use: no picture comes and none is overwritten; a released one makes room."""
    camera = make(clip, Mode.REPLAY)
    held = [awaited(camera) for _ in range(SLOTS)]
    copies = [frame.i420.copy() for frame in held]
    assert camera.next(0.2) is None
    assert all((frame.i420 == copy).all() for frame, copy in zip(held, copies, strict=True))
    camera.release(held[0])
    assert awaited(camera).seq == SLOTS
    assert (held[1].i420 == copies[1]).all()


def test_pictures_cannot_be_written_to(make: Make, clip: str) -> None:
    """They are shared: a stage that draws on one would draw on everybody's."""
    frame = awaited(make(clip, Mode.REPLAY))
    with pytest.raises(ValueError, match="read-only"):
        frame.i420[0, 0] = 1


def test_releasing_twice_does_nothing(make: Make, clip: str) -> None:
    """A slot given back twice would hold two pictures at once."""
    camera = make(clip, Mode.REPLAY)
    first = awaited(camera)
    camera.release(first)
    camera.release(first)
    held = [awaited(camera) for _ in range(SLOTS)]
    assert len({int(frame.i420.ctypes.data) for frame in held}) == SLOTS
    assert camera.next(0.1) is None


def test_live_gives_the_newest_picture_and_counts_the_others(make: Make, scene: str) -> None:
    """A slow reader sees the present; what it missed is counted, as gaps of seq."""
    camera = make(scene, Mode.LIVE)
    frame = awaited(camera)
    handed_out, first = 1, frame.seq
    while camera.dropped() < 5:
        camera.release(frame)
        SystemClock().wait(0.3)
        before, frame = frame, awaited(camera)
        handed_out += 1
        assert frame.seq > before.seq
        assert frame.t > before.t
    assert first + camera.dropped() + handed_out >= frame.seq + 1
    assert SystemClock().monotonic() - frame.t < PATIENCE_S


def test_after_a_pause_live_shows_the_present_not_the_past(make: Make, scene: str) -> None:
    """What piled up meanwhile is skipped: the first picture after a pause was taken near its end."""
    camera, clock = make(scene, Mode.LIVE), SystemClock()
    ages = []
    for _ in range(8):  # a busy machine may need more than one try; a queue of old pictures fails every time
        camera.release(awaited(camera))
        clock.wait(0.8)
        frame = awaited(camera)
        ages.append(clock.monotonic() - frame.t)
        camera.release(frame)
        if ages[-1] < 0.4:
            break
    assert min(ages) < 0.4


def test_live_pictures_keep_their_pixels_while_held(make: Make, scene: str) -> None:
    """A picture that the pipeline works on is not overwritten, however many come meanwhile."""
    camera = make(scene, Mode.LIVE)
    held = awaited(camera)
    copy = held.i420.copy()
    seen = []
    for _ in range(8):
        frame = awaited(camera)
        seen.append(frame.seq)
        camera.release(frame)
    assert seen == sorted(set(seen))
    assert (held.i420 == copy).all()
    assert np.ptp(copy) > 0


def test_what_is_wrong_is_told_in_one_line(make: Make) -> None:
    """The error of the source arrives with the camera's name and the file's, not as a traceback."""
    camera = make("file:nowhere.mp4", Mode.LIVE)
    if isinstance(camera, RestartingCamera):
        assert camera.next(PATIENCE_S) is None
        told = camera.reason or ""
    else:
        with pytest.raises(CameraError) as caught:
            camera.next(PATIENCE_S)
        told = str(caught.value)
    assert told == "camera aisle: nowhere.mp4: there is no such file; check the path in the camera's source"


def test_closing_ends_everything_and_may_be_repeated(make: Make, clip: str) -> None:
    """After closing there are no pictures; releasing late or closing again does no harm."""
    camera = make(clip, Mode.REPLAY)
    frame = awaited(camera)
    camera.close()
    camera.close()
    assert frame.i420.shape == (72, 64)
    assert int(frame.i420.max()) > 0
    camera.release(frame)
    with pytest.raises(CameraError, match="camera aisle: is closed"):
        camera.next(0.1)


def test_a_camera_may_be_closed_before_its_first_picture(make: Make, clip: str) -> None:
    """Also while its process is still starting."""
    make(clip, Mode.LIVE).close()
