"""What every source of live pictures promises; V4L2 where SHOPWARDEN_V4L2 names a device, RTSP where its server is.

The Pi's own camera where picamera2 is, with ``-m pi``: on a Pi, or in the machine of ``make camera-vm``.
"""

import contextlib
import importlib.util
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from device.capture.packet_store import PacketStore
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest, PictureWish, RecordWish
from device.capture.sources import make_source
from device.clock import SystemClock
from device.core.stamp import Stamp
from device.errors import CameraError
from device.ports import Source
from tests.capture.rtsp import is_here, serving

PATIENCE_S = 20.0
SCENE = """
width_px = 64
height_px = 48
fps = 20
duration_s = 1
[[figures]]
id = 1
path = [[0.0, 0.2, 0.9], [1.0, 0.8, 0.9]]
"""
V4L2 = os.environ.get("SHOPWARDEN_V4L2", "")
KINDS = [
    "synthetic",
    "file",
    pytest.param("v4l2", marks=pytest.mark.skipif(not V4L2, reason="SHOPWARDEN_V4L2 is not set")),
    pytest.param(
        "rtsp",
        marks=[
            pytest.mark.root,
            pytest.mark.skipif(not is_here(), reason="gir1.2-gst-rtsp-server-1.0 is not installed"),
        ],
    ),
    pytest.param(
        "http",
        marks=pytest.mark.skipif(importlib.util.find_spec("av") is None, reason="PyAV is not installed"),
    ),
    pytest.param(
        "picamera2",
        marks=[
            pytest.mark.pi,
            pytest.mark.skipif(importlib.util.find_spec("picamera2") is None, reason="picamera2 is not installed"),
            pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),  # the vendor's own
        ],
    ),
]


@pytest.fixture(params=KINDS)
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The ``source`` line of each kind."""
    match request.param:
        case "v4l2":
            yield f"v4l2:{V4L2}"
        case "picamera2":
            yield "picamera2"
        case "rtsp":
            with serving() as server:
                yield server.address("/small")
        case "http":
            from tests.capture.mjpeg import serving_mjpeg  # noqa: PLC0415 - a machine with a camera may lack OpenCV

            with serving_mjpeg() as port:
                yield f"http://bob:geheim@127.0.0.1:{port}/stream"
        case "file":
            from tests.capture.clips import write_clip  # noqa: PLC0415 - a machine with a camera may lack FFmpeg

            yield f"file:{write_clip(tmp_path / 'clip.mp4', pictures=20)}?loop=1"
        case _:
            (tmp_path / "scene.toml").write_text(SCENE)
            yield f"synthetic:{tmp_path / 'scene.toml'}?loop=1"


@pytest.fixture
def source(line: str) -> Iterator[Source]:
    """A source of each kind, not yet open."""
    with contextlib.closing(make_source(CameraRequest(line), SystemClock())) as made:
        yield made


def taken(source: Source, count: int) -> tuple[list[Stamp], list[NDArray[np.uint8]]]:
    """Stamps and pictures of an open source."""
    width, height = source.open()
    stamps, pictures = [], []
    for _ in range(count):
        stamps.append(source.grab())
        pictures.append(np.zeros((height * 3 // 2, width), np.uint8))
        source.copy_to(pictures[-1])
    return stamps, pictures


def test_pictures_come_numbered_and_stamped_by_monotonic_time(source: Source) -> None:
    """Numbers and times rise strictly, none lies in the future, none is older than its way can be."""
    clock = SystemClock()
    began = clock.monotonic()
    stamps, _ = taken(source, 15)
    now = clock.monotonic()
    assert all(after.seq > before.seq for before, after in itertools.pairwise(stamps))
    assert all(after.t > before.t for before, after in itertools.pairwise(stamps))
    assert stamps[-1].t <= now
    assert stamps[-1].t > began - 1.0
    assert stamps[-1].wall is None or stamps[-1].wall == pytest.approx(clock.wall(), abs=PATIENCE_S)


def test_pictures_are_even_limited_and_move(source: Source) -> None:
    """The size is even, luma and chroma keep to limited range but for what a codec adds, and something moves."""
    _, pictures = taken(source, 10)
    height, width = pictures[0].shape[0] * 2 // 3, pictures[0].shape[1]
    assert width % 2 == height % 2 == 0
    assert all(picture[:height].max() > 40 for picture in pictures)
    # Test pictures of some drivers leave limited range on purpose.
    assert np.mean([(picture < 10).mean() for picture in pictures]) < 0.1
    assert any((before != after).any() for before, after in itertools.pairwise(pictures))


def test_a_picture_may_be_left_uncopied(source: Source) -> None:
    """Whoever has no slot takes the next one."""
    source.open()
    for _ in range(5):
        source.grab()
    assert source.faults() >= 0


def test_closing_is_always_possible_and_opening_again_too(line: str) -> None:
    """Before opening, twice, in the middle: the next one finds the camera free."""
    for grabs in (None, 0, 2, 2):
        source = make_source(CameraRequest(line), SystemClock())
        if grabs is not None:
            source.open()
            for _ in range(grabs):
                source.grab()
        source.close()
        source.close()


def test_what_is_not_there_is_named(line: str) -> None:
    """The message holds what was asked for."""
    wrong = re.sub(r"/small|/stream|/clip|/scene", "/elsewhere", line).replace("/video", "/video9")
    wrong = "picamera2:9" if line == "picamera2" else wrong
    assert wrong != line
    with (
        pytest.raises(CameraError, match=r"elsewhere|video9|9"),
        contextlib.ExitStack() as stack,
    ):  # some fail when made
        stack.enter_context(contextlib.closing(make_source(CameraRequest(wrong), SystemClock()))).open()


def test_a_process_delivers_and_ends(line: str) -> None:
    """Pictures arrive through shared memory, a wished rate is kept, and it ends within two seconds."""
    clock = SystemClock()
    request = CameraRequest(line, picture=PictureWish(fps=5.0))
    with contextlib.closing(CameraProcess("door", request)) as camera:
        times = []
        for _ in range(8):
            frame = camera.next(PATIENCE_S)
            assert frame is not None
            times.append(frame.t)
            camera.release(frame)
        began = clock.monotonic()
    assert clock.monotonic() - began < 3.0
    assert np.median(np.diff(times)) > 0.12


def test_a_second_user_or_none_makes_no_difference_to_the_next(line: str) -> None:
    """A process that is killed leaves nothing locked."""
    for _ in range(3):
        with contextlib.closing(CameraProcess("door", CameraRequest(line))) as camera:
            frame = camera.next(PATIENCE_S)
            assert frame is not None
            os.kill(camera.pid, 9)


@pytest.mark.parametrize("how", ["auto", "encode"])
def test_packets_can_be_played_and_are_on_the_clock_of_the_pictures(line: str, how: Literal["auto", "encode"]) -> None:
    """Whether copied or encoded: H.264 that begins with a keyframe, one packet a picture or more, times as theirs."""
    av = pytest.importorskip("av")
    store, clock = PacketStore(30.0, 50_000_000), SystemClock()
    request = CameraRequest(line, record=RecordWish(how=how))
    with contextlib.closing(CameraProcess("door", request, packets=store)) as camera:
        frames: list[float] = []
        deadline = clock.monotonic() + PATIENCE_S
        while clock.monotonic() < deadline and (len(frames) < 12 or store.since(0.0) is None):
            frame = camera.next(PATIENCE_S)
            assert frame is not None
            frames.append(frame.t)
            camera.release(frame)
        store.after(0, PATIENCE_S)
    run = store.since(0.0)
    assert run is not None
    assert run.info.codec == "h264"
    decoder = av.CodecContext.create("h264", "r")
    pictures = [picture for packet in run.packets for picture in decoder.decode(av.Packet(packet.data))]
    assert len(pictures) >= len(run.packets) - 2
    assert (pictures[0].width, pictures[0].height) == (run.info.width, run.info.height)
    assert all(after.dts > before.dts for before, after in itertools.pairwise(run.packets))
    times = np.array([packet.t for packet in run.packets])
    both = [t for t in frames if times[0] <= t <= times[-1]]
    assert len(both) >= 2
    # Pictures are 50 ms or more apart: a clock of its own would not meet them.
    away_s = [float(np.abs(times - t).min()) for t in both]
    assert np.median(away_s) < 0.01
