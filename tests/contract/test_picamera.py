"""What only the Pi's camera promises, on the real picamera2: on a Pi, or in the machine of ``make camera-vm``."""

import contextlib
import gc
import importlib
import importlib.util
import inspect
import io
import itertools
import os
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from device.board import is_raspberry_pi
from device.capture.picamera import PicameraSource
from device.capture.request import CameraRequest, PictureWish, PiWish, RecordWish
from device.clock import SystemClock
from device.core.packet import EncodedPacket
from device.core.stamp import Stamp
from device.errors import CameraError
from tests.capture import picamera_stand_in as stand_in

pytestmark = [
    pytest.mark.pi,
    pytest.mark.timeout(900),  # minutes of steady pictures, and the virtual machine is slow
    pytest.mark.skipif(importlib.util.find_spec("picamera2") is None, reason="picamera2 is not installed"),
    # The vendor's own: it calls what Python has deprecated, and leaves pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]
STEADY_S = float(os.environ.get("SHOPWARDEN_STEADY_S", "20"))
SMALL = CameraRequest("picamera2", picture=PictureWish(320, 240, 10.0, pi=PiWish(record_scale=1.0)))
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@contextlib.contextmanager
def opened(request: CameraRequest) -> Any:
    """An open source."""
    with contextlib.closing(PicameraSource(0, request, SystemClock())) as source:
        source.open()
        yield source


def taken(source: PicameraSource, seconds: float) -> tuple[list[Stamp], list[EncodedPacket], NDArray[np.uint8]]:
    """Every stamp and packet of so many seconds, and the last picture."""
    stamps, packets = [source.grab()], list[EncodedPacket]()
    picture = np.zeros((360, 320), np.uint8)
    while stamps[-1].t - stamps[0].t < seconds:
        stamps.append(source.grab())
        source.copy_to(picture)
        packets += source.packets()
    return stamps, packets, picture


def test_pictures_flow_steadily() -> None:
    """For as long as SHOPWARDEN_STEADY_S says: no gap of a second, no stray stamp, and memory does not grow."""
    with opened(SMALL) as source:
        taken(source, 2.0)
        before = _rss_bytes()
        stamps, _, picture = taken(source, STEADY_S)
        gaps = np.diff([stamp.t for stamp in stamps])
        assert gaps.max() < 1.0
        assert len(np.unique(picture[:240])) > 1
        assert source.faults() == 0
        assert _rss_bytes() - before < 8_000_000
        seqs = [stamp.seq for stamp in stamps]
        assert all(after > before for before, after in itertools.pairwise(seqs))
        dropped = seqs[-1] - seqs[0] + 1 - len(seqs)
        sys.stdout.write(f"{len(seqs)} pictures in {STEADY_S:g} s, {dropped} dropped, longest gap {gaps.max():.3f} s\n")


def test_it_opens_and_closes_again_and_again() -> None:
    """In one process, as a test program does; and leaves no file open."""
    open_files = []
    for _ in range(6):
        with opened(SMALL) as source:
            assert len(taken(source, 0.5)[0]) > 1
        gc.collect()  # the vendor's camera holds itself, and with it a pipe and a heap
        open_files.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - counted, not read
    assert open_files[-1] <= open_files[1]


def test_the_rate_follows() -> None:
    """Slower on demand, without a restart."""
    with opened(SMALL) as source:
        if "FrameDurationLimits" not in source._camera.camera_controls or not is_raspberry_pi():
            pytest.skip("this camera keeps its own rate")
        source.set_rate(2.0)
        taken(source, 2.0)
        stamps, _, _ = taken(source, 5.0)
        assert np.median(np.diff([stamp.t for stamp in stamps])) == pytest.approx(0.5, abs=0.1)


def test_packets_can_be_decoded_and_show_no_masked_pixel() -> None:
    """From the first keyframe on; what is behind the mask is black in every one of them."""
    av = importlib.import_module("av")
    with opened(replace(SMALL, record=RecordWish("auto"), masks=(LEFT,))) as source:
        stream = source.stream()
        assert stream is not None
        stamps, packets, _ = taken(source, 6.0)
    assert packets
    assert packets[0].keyframe
    assert sum(packet.keyframe for packet in packets) >= 2
    assert all(after.dts > before.dts for before, after in itertools.pairwise(packets))
    assert stamps[0].t - 5.0 < packets[0].t <= packets[-1].t <= stamps[-1].t
    data = io.BytesIO(b"".join(packet.data for packet in packets))
    decoded = [frame.to_ndarray(format="gray") for frame in av.open(data, format=stream.codec).decode(video=0)]
    assert abs(len(decoded) - len(packets)) <= 1
    height, width = decoded[0].shape
    assert (width, height) == (stream.width, stream.height)
    assert all(frame[:, : width // 2 - 8].max() < 40 for frame in decoded)  # a codec blurs an edge by a block
    assert any(frame[:, width // 2 + 8 :].max() > 100 for frame in decoded)


def test_a_keyframe_comes_when_asked_for() -> None:
    """Once a minute by itself: those in a few seconds were asked for, as clips at a low rate need them."""
    with opened(replace(SMALL, record=RecordWish("auto", keyframe_s=60.0))) as source:
        assert source.stream() is not None
        taken(source, 2.0)
        keyframes = 0
        for _ in range(3):
            source._encoder.force_key_frame()
            _, packets, _ = taken(source, 2.0)
            keyframes += sum(packet.keyframe for packet in packets)
    assert keyframes == 3


def test_a_camera_that_is_not_there_is_told() -> None:
    """By its number, with how many there are."""
    with pytest.raises(CameraError, match="there is no camera 7"):
        PicameraSource(7, SMALL, SystemClock()).open()


@pytest.mark.skipif(not is_raspberry_pi(), reason="the virtual camera knows no second user")
def test_a_second_user_is_told() -> None:
    """One program at a time."""
    with opened(SMALL), pytest.raises(CameraError, match="in use by another program"):
        PicameraSource(0, SMALL, SystemClock()).open()


@pytest.mark.parametrize(
    ("module", "owner", "name"),
    [
        ("picamera2", "Picamera2", name)
        for name in (
            "__init__",
            "global_camera_info",
            "load_tuning_file",
            "create_video_configuration",
            "configure",
            "camera_configuration",
            "start",
            "set_controls",
            "start_encoder",
            "stop_encoder",
            "close",
        )
    ]
    + [
        ("picamera2", "MappedArray", "__init__"),
        ("picamera2.outputs", "Output", "outputframe"),
        ("picamera2.encoders.h264_encoder", "H264Encoder", "__init__"),
        ("picamera2.encoders.libav_h264_encoder", "LibavH264Encoder", "__init__"),
    ],
)
def test_the_stand_in_has_the_real_ones_arguments(module: str, owner: str, name: str) -> None:
    """Every argument that the stand-in takes is the real one's, so that unit tests prove what they say."""
    real = getattr(getattr(importlib.import_module(module), owner), name)
    mine = getattr(getattr(stand_in, owner), name)
    assert list(inspect.signature(mine).parameters) == list(inspect.signature(real).parameters)


def _rss_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - /proc is no place for pathlib's checks
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
