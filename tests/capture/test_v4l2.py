import contextlib
import ctypes
import errno
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.capture import v4l2_abi as abi
from device.capture.mode import Mode
from device.capture.planes import i420_planes
from device.capture.request import CameraRequest, PictureWish
from device.capture.v4l2 import V4l2Source
from device.capture.v4l2_choice import READABLE, Offer, choose
from device.capture.v4l2_device import V4l2Device
from device.capture.yuyv import write_yuyv
from device.clock import SimulatedClock
from device.errors import CameraError
from tests.capture.fake_v4l2 import FakeKernel
from tests.capture.fake_v4l2 import Mode as VideoMode

# As usual web cameras list them.
C270: tuple[VideoMode, ...] = (
    ("YUYV", 640, 480, (30, 15, 5)),
    ("YUYV", 1280, 720, (10, 5)),
    ("MJPG", 640, 480, (30, 15)),
    ("MJPG", 1280, 720, (30, 15)),
)
SMALL: tuple[VideoMode, ...] = (("YUYV", 32, 16, (10,)),)
Open = Callable[..., V4l2Source]


def yuyv(y: int, u: int, v: int, padding: int = 0) -> NDArray[np.uint8]:
    """A picture of 32 x 16 px in one colour, its top left pixel white."""
    rows = np.full((16, 64 + padding), 7, np.uint8)
    rows[:, 0:64:2], rows[:, 1:64:4], rows[:, 3:64:4] = y, u, v
    rows[0, 0] = 235
    return rows


def jpeg(level: int, size: tuple[int, int] = (32, 16)) -> NDArray[np.uint8]:
    """An encoded grey picture."""
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuvj420p"
    encoder.framerate, encoder.time_base = Fraction(10), Fraction(1, 10)
    picture = av.VideoFrame.from_ndarray(np.full((size[1], size[0]), level, np.uint8), format="gray")
    picture.pts = 0
    packets = encoder.encode(picture.reformat(format="yuvj420p")) + encoder.encode(None)
    return np.frombuffer(bytes(packets[0]), np.uint8)


def opened(kernel: FakeKernel, wish: PictureWish | None = None, mode: Mode = Mode.LIVE) -> V4l2Source:
    """A source on that kernel, not yet open."""
    request = CameraRequest("v4l2:", mode, picture=wish or PictureWish())
    clock = SimulatedClock(monotonic=1240.0)
    return V4l2Source(str(kernel.path), request, clock, lambda path: V4l2Device(path, kernel.ioctl))


def begin(source: V4l2Source) -> None:
    """Open it and take a picture."""
    source.open()
    source.grab()


def test_structures_have_the_size_of_the_kernels() -> None:
    """The numbers of the calls hold it: those of 64-bit linux/videodev2.h."""
    if ctypes.sizeof(ctypes.c_long) != 8:
        pytest.skip("the numbers below are of 64-bit systems")
    assert (abi.QUERYCAP, abi.ENUM_FMT, abi.S_FMT, abi.REQBUFS) == (0x80685600, 0xC0405602, 0xC0D05605, 0xC0145608)
    assert (abi.QUERYBUF, abi.QBUF, abi.DQBUF, abi.S_PARM) == (0xC0585609, 0xC058560F, 0xC0585611, 0xC0CC5616)
    assert (abi.ENUM_FRAMESIZES, abi.ENUM_FRAMEINTERVALS, abi.STREAMON) == (0xC02C564A, 0xC034564B, 0x40045612)


@pytest.mark.parametrize(
    ("wish", "chosen"),
    [
        (PictureWish(), ("YUYV", 640, 480)),
        (PictureWish(fps=30), ("YUYV", 640, 480)),
        (PictureWish(width=1280, height=720), ("MJPG", 1280, 720)),
        (PictureWish(width=1280, height=720, fps=10), ("YUYV", 1280, 720)),
        (PictureWish(height=720, width=None), ("MJPG", 1280, 720)),
        (PictureWish(width=480, height=640, rotation=90), ("YUYV", 640, 480)),
        (PictureWish(width=320, height=240), ("YUYV", 640, 480)),
    ],
)
def test_the_nearest_offer_is_chosen(wish: PictureWish, chosen: tuple[str, int, int]) -> None:
    """Size before rate before cost: MJPEG only where plain pictures are too slow over the wire."""
    offers = tuple(Offer(name, width, height, max(rates)) for name, width, height, rates in C270)
    found = choose(offers, wish)
    assert found is not None
    assert (found.name, found.width, found.height) == chosen


offers = st.builds(
    Offer, st.sampled_from([*READABLE, "GREY", "H264"]), st.integers(1, 4000), st.integers(1, 4000), st.floats(0, 120)
)


@given(st.lists(offers, max_size=20), st.builds(PictureWish, st.none() | st.integers(2, 4000)))
def test_something_readable_is_chosen_wherever_there_is_any(found: list[Offer], wish: PictureWish) -> None:
    """And never anything else."""
    chosen = choose(tuple(found), wish)
    readable = [offer for offer in found if offer.name in READABLE and min(offer.width, offer.height) > 1]
    assert (chosen in readable) if readable else (chosen is None)


def test_pictures_come_with_the_drivers_time_and_number(tmp_path: Path) -> None:
    """YUYV of a driver that pads its rows, straight to I420; what was dropped before is a gap."""
    kernel = FakeKernel(tmp_path / "video0", SMALL, [yuyv(50, 90, 160, 6), yuyv(99, 90, 160, 6)], padding=6)
    with contextlib.closing(opened(kernel)) as source:
        assert source.open() == (32, 16)
        first, out = source.grab(), np.zeros((24, 32), np.uint8)
        source.copy_to(out)
        luma, u, v = i420_planes(out)
        assert (luma[0, 0], luma[5, 5], u[3, 3], v[3, 3]) == (235, 50, 90, 160)
        kernel.ready = 3
        second = source.grab()
        third = source.grab()
    assert (first.seq, second.seq, third.seq) == (0, 1, 4)
    assert first.t == pytest.approx(1234.5)
    assert third.t - second.t == pytest.approx(0.3)
    assert kernel.asked_fps == 0.0


def test_the_newest_picture_wins_and_buffers_go_back(tmp_path: Path) -> None:
    """However many wait, one is read, and none is lost to the driver."""
    kernel = FakeKernel(tmp_path / "video0", SMALL, [yuyv(50, 128, 128)], ready=3)
    with contextlib.closing(opened(kernel, PictureWish(fps=5))) as source:
        source.open()
        for _ in range(50):
            source.grab()
            assert sorted(kernel.queued) == sorted(set(kernel.queued))
            assert len(kernel.queued) >= 3
    assert kernel.asked_fps == 5.0


@pytest.mark.parametrize(("rotation", "corner"), [(0, (0, 0)), (90, (0, 15)), (180, (15, 31)), (270, (31, 0))])
def test_pictures_are_turned(tmp_path: Path, rotation: int, corner: tuple[int, int]) -> None:
    """The white pixel of the top left goes clockwise."""
    kernel = FakeKernel(tmp_path / "video0", SMALL, [yuyv(50, 128, 128)])
    with contextlib.closing(opened(kernel, PictureWish(rotation=rotation))) as source:
        width, height = source.open()
        source.grab()
        out = np.zeros((height * 3 // 2, width), np.uint8)
        source.copy_to(out)
    assert (width, height) == ((32, 16) if rotation % 180 == 0 else (16, 32))
    assert out[corner] == 235
    assert (out[:height] == 235).sum() == 1


def test_mjpeg_is_decoded_and_damage_counted(tmp_path: Path) -> None:
    """Full range becomes limited; a torn picture is skipped, as is one that the driver marks."""
    pictures = [jpeg(255), jpeg(0)[:60], jpeg(0), jpeg(0)]
    kernel = FakeKernel(tmp_path / "video0", (("MJPG", 32, 16, (30,)),), pictures, damaged=frozenset({2}))
    with contextlib.closing(opened(kernel)) as source:
        assert source.open() == (32, 16)
        out = np.zeros((24, 32), np.uint8)
        source.grab()
        source.copy_to(out)
        assert out[:16].min() >= 230
        assert out[:16].max() <= 236
        assert source.grab().seq == 3
        source.copy_to(out)
        assert source.faults() == 2
    assert out[:16].max() <= 18


def test_a_stamp_of_another_clock_is_not_believed(tmp_path: Path) -> None:
    """Then the time of arrival counts."""
    for t in (None, 3.0):
        kernel = FakeKernel(tmp_path / "video0", SMALL, [yuyv(50, 128, 128)], monotonic_t=t)
        with contextlib.closing(opened(kernel)) as source:
            source.open()
            assert source.grab().t == 1240.0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (abi.S_FMT, errno.EBUSY, "is in use by another program"),
        (abi.REQBUFS, errno.EBUSY, "is in use by another program"),
        (abi.STREAMON, errno.ENOSPC, "No space left"),
        (abi.QUERYCAP, errno.ENOTTY, "is no video device"),
        (abi.DQBUF, errno.ENODEV, "has been unplugged"),
        (abi.DQBUF, errno.EIO, "has been unplugged"),
    ],
)
def test_what_fails_is_told_in_words(tmp_path: Path, call: int, error: int, words: str) -> None:
    """Busy, broken or gone: one line that names the device."""
    kernel = FakeKernel(tmp_path / "video0", SMALL, [yuyv(50, 128, 128)], fails={call: error})
    with contextlib.closing(opened(kernel)) as source, pytest.raises(CameraError, match=words) as caught:
        begin(source)
    assert str(kernel.path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_offered_stands_in_the_error(tmp_path: Path) -> None:
    """Whoever has a camera that cannot be read learns what it has."""
    kernel = FakeKernel(tmp_path / "video0", (("GREY", 640, 480, (30,)), ("H264", 640, 480, (30,))))
    with contextlib.closing(opened(kernel)) as source, pytest.raises(CameraError) as caught:
        source.open()
    assert "GREY 640x480 30/s, H264 640x480 30/s" in str(caught.value)


def test_a_device_that_is_not_there_or_no_camera(tmp_path: Path) -> None:
    """The nodes that there are stand in the message; a ribbon camera's node says what to use."""
    missing = V4l2Source(str(tmp_path / "video7"), CameraRequest("v4l2:"), SimulatedClock())
    with pytest.raises(CameraError, match="there is no such device; there are: "):
        missing.open()
    kernel = FakeKernel(tmp_path / "video0", SMALL, capabilities=abi.CAP_CAPTURE_MPLANE | abi.CAP_STREAMING)
    with pytest.raises(CameraError, match="use picamera2 for a ribbon camera"):
        opened(kernel).open()
    with pytest.raises(CameraError, match="is no video device"):
        V4l2Source("/dev/null", CameraRequest("v4l2:"), SimulatedClock()).open()


@given(st.integers(0, 3), st.sampled_from([0, 2, 10]))
def test_packed_pixels_land_where_they_belong(turns: int, padding: int) -> None:
    """Held against a picture made pixel by pixel."""
    rng = np.random.default_rng(7)
    width, height = 8, 6
    packed = rng.integers(0, 256, (height, width * 2 + padding), np.uint8)
    out = np.zeros((height * 3 // 2, width) if turns % 2 == 0 else (width * 3 // 2, height), np.uint8)
    write_yuyv(packed.reshape(-1), width * 2 + padding, (width, height), turns, out)
    luma, u, v = (np.rot90(plane, -turns) for plane in i420_planes(out))
    for row in range(height):
        for column in range(width):
            assert luma[row, column] == packed[row, 2 * column]
            assert u[row // 2, column // 2] == packed[row // 2 * 2, column // 2 * 4 + 1]
            assert v[row // 2, column // 2] == packed[row // 2 * 2, column // 2 * 4 + 3]
