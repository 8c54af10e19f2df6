import contextlib
import dataclasses
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.capture.packet_store import PacketStore
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest, PictureWish, RecordWish
from device.capture.restarting import RestartingCamera, Standing
from device.capture.sources import make_source
from device.clock import SystemClock
from device.core.frame import Frame
from device.core.packet import StreamInfo
from device.errors import CameraError
from device.ports import Camera
from tests.capture.rtsp import Proxy, RtspServer, is_here, serving

PATIENCE_S = 20.0
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not is_here(), reason="gir1.2-gst-rtsp-server-1.0 is not installed"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[RtspServer]:
    """A server that is not harmed."""
    with serving() as running:
        yield running


def awaited(camera: Camera) -> Frame:
    """The next picture."""
    clock = SystemClock()
    deadline = clock.monotonic() + PATIENCE_S
    while clock.monotonic() < deadline:
        frame = camera.next(1.0)
        if frame is not None:
            return frame
    raise AssertionError("no picture")


def failure(camera: CameraProcess) -> str:
    """Why a camera fails, once it does."""
    try:
        while (frame := camera.next(PATIENCE_S)) is not None:
            camera.release(frame)
    except CameraError as fault:
        return str(fault)
    raise AssertionError("it neither fails nor gives pictures")


def failure_of(request: CameraRequest) -> str:
    """Why this camera cannot be used."""
    with contextlib.closing(CameraProcess("door", request)) as camera:
        return failure(camera)


@pytest.mark.parametrize(
    ("path", "size"), [("/main", (640, 480)), ("/small", (320, 240)), ("/hevc", (320, 240)), ("/mjpeg", (320, 240))]
)
def test_pictures_come_with_the_time_of_life(server: RtspServer, path: str, size: tuple[int, int]) -> None:
    """H.264, H.265 and MJPEG: the moving ball, stamped by when it was filmed."""
    clock = SystemClock()
    with contextlib.closing(CameraProcess("door", CameraRequest(server.address(path)))) as camera:
        frames = []
        for _ in range(10):
            frame = awaited(camera)
            age_s = clock.monotonic() - frame.t
            frames.append((frame.t, frame.luma.copy()))
            assert (frame.width, frame.height) == size
            assert -0.1 < age_s < PATIENCE_S
            camera.release(frame)
    steps = np.diff([t for t, _ in frames])
    assert (steps > 0).all()
    assert np.median(steps) == pytest.approx(1 / 15, rel=0.6)
    assert any((before != after).any() for (_, before), (_, after) in itertools.pairwise(frames))


def test_transport_can_be_udp(server: RtspServer) -> None:
    """Chosen in the line."""
    with contextlib.closing(
        CameraProcess("door", CameraRequest(f"{server.address('/small')}?transport=udp"))
    ) as camera:
        assert awaited(camera).width == 320


def test_size_rate_and_turn_can_be_wished(server: RtspServer) -> None:
    """A camera that hangs on its side, in a smaller size."""
    wish = PictureWish(height=320, rotation=90, fps=5.0)
    with contextlib.closing(CameraProcess("door", CameraRequest(server.address("/small"), picture=wish))) as camera:
        first = awaited(camera)
        assert (first.width, first.height) == (240, 320)
        assert awaited(camera).t - first.t == pytest.approx(0.2, abs=0.08)


def test_pictures_of_the_small_stream_packets_of_the_main(server: RtspServer) -> None:
    """The main stream is never decoded, and its times are those of the small one."""
    request = CameraRequest(
        server.address("/main"), source_small=server.address("/small"), record=RecordWish(how="copy")
    )
    source = make_source(request, SystemClock())
    with contextlib.closing(source):
        assert source.open() == (320, 240)
        stamps = [source.grab() for _ in range(40)]
        info, packets = source.stream(), source.packets()  # type: ignore[attr-defined]
    assert (info.codec, info.width, info.height) == ("h264", 640, 480)
    assert packets[0].keyframe
    assert len(packets) > 5
    assert packets[-1].t == pytest.approx(stamps[-1].t, abs=1.0)


@pytest.mark.parametrize(
    ("path", "user", "words"),
    [
        ("/main", "bob:falsch@", "refuses this user and password"),
        ("/main", "", "refuses this user and password"),
        ("/nowhere", "bob:geheim@", "knows no such stream; check the path"),
    ],
)
def test_what_is_refused_is_told_without_the_password(
    path: str, user: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither the error nor what the process prints holds a secret."""
    with serving("--user", "bob", "--password", "geheim") as guarded:
        told = failure_of(CameraRequest(guarded.address(path, user)))
    assert words in told
    assert f"rtsp://127.0.0.1:{guarded.port}{path}" in told
    printed = capfd.readouterr()
    for text in (told, printed.out, printed.err):
        assert "falsch" not in text
        assert "geheim" not in text


def test_nobody_there_is_told_at_once() -> None:
    """A closed port is an error, not a wait."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert "efused" in failure_of(CameraRequest(f"rtsp://127.0.0.1:{port}/a"))


def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    """The connection stands and nothing comes: no hang."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        line = f"rtsp://127.0.0.1:{mute.getsockname()[1]}/a"
        assert "no answer in time" in failure_of(CameraRequest(line))


def test_a_stall_in_the_middle_of_a_packet_is_given_up_and_overcome(server: RtspServer) -> None:
    """Nothing more comes on a connection that stands; once it flows again the camera is back by itself."""
    with contextlib.closing(Proxy(server.port)) as proxy:
        request = CameraRequest(f"rtsp://127.0.0.1:{proxy.port}/small")
        camera = RestartingCamera(
            "door", lambda _: CameraProcess("door", request), clock=SystemClock(), standing=Standing("away")
        )
        with contextlib.closing(camera):
            camera.release(awaited(camera))
            proxy.stall()
            while camera.reason is None:
                frame = camera.next(1.0)
                if frame is not None:
                    camera.release(frame)
            assert "no data for" in camera.reason
            proxy.flow()
            camera.release(awaited(camera))
            assert camera.reason is None


def test_a_server_that_is_killed_is_a_failure(server: RtspServer) -> None:
    """And another one on its port is found again by a new process."""
    with contextlib.ExitStack() as stack:
        doomed = stack.enter_context(serving())
        camera = stack.enter_context(contextlib.closing(CameraProcess("door", CameraRequest(doomed.address("/small")))))
        camera.release(awaited(camera))
        doomed.kill()
        assert "camera door: rtsp://127.0.0.1" in failure(camera)


def test_a_change_of_size_within_the_stream_is_told() -> None:
    """Memory and masks are laid out for a size: the camera is opened again, at its new size."""
    with serving() as changing:
        request = CameraRequest(changing.address("/main"))
        camera = RestartingCamera(
            "door", lambda _: CameraProcess("door", request), clock=SystemClock(), standing=Standing("away")
        )
        with contextlib.closing(camera):
            first = awaited(camera)
            assert first.width == 640
            camera.release(first)
            changing.say("size 320x240")
            width, reasons = 640, set[str | None]()
            while width == 640:
                frame = camera.next(1.0)
                reasons.add(camera.reason)
                if frame is not None:
                    width = frame.width
                    camera.release(frame)
            assert width == 320
            assert any("changed from 640 x 480 to 320 x 240 px" in reason for reason in reasons if reason)


def test_the_child_shows_no_address(server: RtspServer) -> None:
    """Not among its arguments, and not in its environment."""
    line = server.address("/small", "bob:geheim@")
    with contextlib.closing(CameraProcess("door", CameraRequest(line))) as camera:
        awaited(camera)
        for name in ("cmdline", "environ"):
            assert b"geheim" not in Path(f"/proc/{camera.pid}/{name}").read_bytes()


def packets_of(request: CameraRequest) -> StreamInfo:
    """How the first packets of this camera are to be decoded."""
    store = PacketStore(10.0, 20_000_000)
    with contextlib.closing(CameraProcess("door", request, packets=store)) as camera:
        camera.release(awaited(camera))
        run = store.after(0, PATIENCE_S)
    assert run is not None
    assert run.packets[0].keyframe
    return run.info


def test_h265_is_encoded_again_or_refused_with_its_reason(server: RtspServer) -> None:
    """Browsers do not play it: what is recorded is H.264, unless it was to be copied."""
    line = server.address("/hevc")
    assert packets_of(CameraRequest(line, record=RecordWish(how="auto"))) == StreamInfo("h264", 320, 240)
    assert "codec that players do not know" in failure_with_packets(CameraRequest(line, record=RecordWish(how="copy")))


def test_a_main_stream_that_cannot_be_copied_is_not_pulled(server: RtspServer) -> None:
    """Nobody would take its packets, so its failure is none of the pictures either; the small one is recorded."""
    with contextlib.closing(Proxy(server.port)) as proxy:
        main = f"rtsp://127.0.0.1:{proxy.port}/hevc"
        request = CameraRequest(main, source_small=server.address("/small"), record=RecordWish(how="auto"))
        with contextlib.closing(make_source(request, SystemClock())) as source:
            assert source.open() == (320, 240)
            proxy.close()
            for _ in range(60):
                source.grab()
            assert source.stream() is None  # type: ignore[attr-defined]
            assert source.packets() == []  # type: ignore[attr-defined]
        assert packets_of(dataclasses.replace(request, source=server.address("/hevc"))) == StreamInfo("h264", 320, 240)


def test_masks_and_turns_keep_the_main_stream_out_of_the_recording(server: RtspServer) -> None:
    """The large stream cannot be masked without decoding: what is recorded is the small one, masked."""
    mask = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    for request in (
        CameraRequest(server.address("/main"), masks=(mask,), record=RecordWish(how="auto")),
        CameraRequest(server.address("/main"), picture=PictureWish(rotation=180), record=RecordWish(how="auto")),
    ):
        small = dataclasses.replace(request, source_small=server.address("/small"))
        assert packets_of(small) == StreamInfo("h264", 320, 240)


def failure_with_packets(request: CameraRequest) -> str:
    """Why this camera cannot be recorded."""
    with contextlib.closing(CameraProcess("door", request, packets=PacketStore(1.0, 1000))) as camera:
        return failure(camera)
