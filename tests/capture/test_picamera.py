import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import av
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory
from numpy.typing import NDArray

from device.capture import picamera
from device.capture.abilities import HasPackets, HasRate
from device.capture.ir_cut import IrCut
from device.capture.picamera import PicameraSource
from device.capture.picamera_packets import KeyStream, has_hardware_encoder
from device.capture.request import CameraRequest, PictureWish, PiWish, RecordWish
from device.clock import SimulatedClock
from device.errors import CameraError
from tests.capture.picamera_stand_in import H264Encoder, LibavH264Encoder, Picamera2, installed

RECORDED = CameraRequest("picamera2", record=RecordWish("auto"))
HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@pytest.fixture(autouse=True)
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Picamera2]]:
    """The stand-in for picamera2."""
    with installed(monkeypatch) as module:
        yield module


@pytest.fixture
def clock() -> SimulatedClock:
    """Ten minutes after boot."""
    return SimulatedClock(monotonic=600.0, wall=1e9)


def opened(request: CameraRequest, clock: SimulatedClock) -> tuple[PicameraSource, Picamera2]:
    """A source that is open, and its camera."""
    source = PicameraSource(0, request, clock)
    source.open()
    return source, Picamera2.opened[-1]


def copied(source: PicameraSource, width: int = 640, height: int = 480) -> NDArray[np.uint8]:
    """The picture that was grabbed."""
    out = np.zeros((height * 3 // 2, width), np.uint8)
    source.copy_to(out)
    return out


def test_it_can_do_more_than_pictures(clock: SimulatedClock) -> None:
    """Packets and rate, known by their protocols."""
    source = PicameraSource(0, RECORDED, clock)
    assert isinstance(source, HasPackets)
    assert isinstance(source, HasRate)


def test_one_stream_without_a_recording(clock: SimulatedClock) -> None:
    """The whole view of the sensor, BT.601, in a layout that needs no conversion."""
    source = PicameraSource(0, CameraRequest("picamera2"), clock)
    assert source.open() == (640, 480)
    (camera,) = Picamera2.opened
    assert camera.wanted["main"] == {"size": (640, 480), "format": "YUV420"}
    assert camera.wanted["lores"] is None
    assert camera.wanted["sensor"] == {"output_size": (1640, 1232), "bit_depth": 10}
    assert source.stream() is None
    assert not camera.encoders


def test_the_padding_stays_behind(clock: SimulatedClock) -> None:
    """Rows are as long as the picture is wide, whatever the camera's are."""
    source, camera = opened(CameraRequest("picamera2"), clock)
    camera.push(77)
    source.grab()
    picture = copied(source)
    assert set(np.unique(picture[:480])) == {77}
    assert set(np.unique(picture[480:])) == {128}


def test_a_quarter_turn_is_made_in_the_copy(clock: SimulatedClock) -> None:
    """The size told is that of the upright picture."""
    source = PicameraSource(0, CameraRequest("picamera2", picture=PictureWish(480, 640, rotation=90)), clock)
    assert source.open() == (480, 640)
    Picamera2.opened[0].push(50)
    source.grab()
    assert copied(source, 480, 640)[:640].mean() == 50


def test_half_a_turn_is_the_sensors(clock: SimulatedClock) -> None:
    """Both flips."""
    _, camera = opened(CameraRequest("picamera2", picture=PictureWish(rotation=180)), clock)
    assert (camera.wanted["transform"].hflip, camera.wanted["transform"].vflip) == (True, True)


def test_the_newest_picture_wins_and_the_gap_is_told(clock: SimulatedClock) -> None:
    """Numbers count what the sensor gave; every buffer goes back."""
    source, camera = opened(CameraRequest("picamera2"), clock)
    first = camera.push(10)
    assert source.grab().seq == 0
    requests = [camera.push(luma) for luma in (20, 30, 40)]
    assert source.grab().seq == 3
    assert copied(source)[0, 0] == 40
    assert [request.users for request in (first, *requests)] == [0, 0, 0, 1]
    source.close()
    assert requests[-1].users == 0


def test_time_is_the_sensors(clock: SimulatedClock) -> None:
    """Of its exposure, not of its arrival; the label goes with it."""
    source, camera = opened(CameraRequest("picamera2"), clock)
    camera.push(10, {"SensorTimestamp": 599_960_000_000})
    stamp = source.grab()
    assert stamp.t == pytest.approx(599.96)
    assert stamp.wall == pytest.approx(1e9 - 0.04)
    assert source.faults() == 0


@pytest.mark.parametrize("stray_ns", [0, 590_000_000_000, 601_000_000_000])
def test_a_stamp_of_another_clock_is_not_believed(clock: SimulatedClock, stray_ns: int) -> None:
    """Then time is that of arrival, and the fault is counted."""
    source, camera = opened(CameraRequest("picamera2"), clock)
    camera.push(10, {"SensorTimestamp": stray_ns})
    assert source.grab().t == 600.0
    assert source.faults() == 1


def test_time_always_rises(clock: SimulatedClock) -> None:
    """Also when the sensor repeats its stamp: whoever needs a frozen camera told looks at the pixels."""
    source, camera = opened(CameraRequest("picamera2"), clock)
    times = []
    for _ in range(3):
        camera.push(10, {"SensorTimestamp": 599_900_000_000})
        times.append(source.grab().t)
    assert times[0] < times[1] < times[2] < 599.901


def test_silence_is_a_fault(clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sooner than camera_lost, and with what to look at."""
    monkeypatch.setattr(picamera, "_PATIENCE_S", 0.01)
    source, _ = opened(CameraRequest("picamera2"), clock)
    with pytest.raises(CameraError, match="check the ribbon"):
        source.grab()


@pytest.mark.parametrize(
    ("number", "cameras", "fault", "words"),
    [
        (0, (), None, "no camera is found"),
        (1, None, None, "there is no camera 1, only 1"),
        (0, None, RuntimeError("Failed to acquire camera: Device or resource busy"), "in use by another program"),
        (0, None, OSError(121, "Remote I/O error"), r"camera 0 failed .* check the ribbon"),
    ],
)
def test_what_is_wrong_with_the_camera_is_one_line(
    clock: SimulatedClock,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    cameras: tuple[dict[str, Any], ...] | None,
    fault: Exception | None,
    words: str,
) -> None:
    """Which camera, what, what to do."""
    if cameras is not None:
        monkeypatch.setattr(Picamera2, "cameras", cameras)
    monkeypatch.setattr(Picamera2, "fault", fault)
    source = PicameraSource(number, CameraRequest("picamera2"), clock)
    with pytest.raises(CameraError, match=words) as caught:
        source.open()
    assert "\n" not in str(caught.value)
    source.close()


def test_a_missing_library_names_its_package(clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """And that the environment must see the system's packages."""
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match=r"apt install python3-picamera2 .*--system-site-packages"):
        PicameraSource(0, CameraRequest("picamera2"), clock).open()


def test_a_library_for_another_numpy_says_so(clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bookworm's is built for numpy 1."""

    class Broken:
        """Fails as a module that was compiled for another numpy."""

        def find_spec(self, name: str, *_: Any) -> None:
            """Fail."""
            if name == "picamera2":
                raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")

    monkeypatch.delitem(sys.modules, "picamera2")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(CameraError, match=r"does not fit to this numpy .*bookworm\.txt"):
        PicameraSource(0, CameraRequest("picamera2"), clock).open()


def test_limits_are_written_into_the_tuning(clock: SimulatedClock) -> None:
    """Of the sensor that is there; without limits the vendor chooses its tuning itself."""
    _, camera = opened(CameraRequest("picamera2", picture=PictureWish(pi=PiWish(exposure_max_s=0.01))), clock)
    modes = camera.tuning["algorithms"][0]["rpi.agc"]["exposure_modes"]
    assert max(modes["normal"]["shutter"]) == 10_000
    assert opened(CameraRequest("picamera2"), clock)[1].tuning is None


def test_a_tuning_that_is_not_there_is_named(clock: SimulatedClock) -> None:
    """Here the one without infrared filter of a sensor that nobody has."""
    wish = PictureWish(pi=PiWish(tuning_file="imx999_noir.json"))
    with pytest.raises(CameraError, match=r"tuning file imx999_noir\.json: Tuning file not found"):
        PicameraSource(0, CameraRequest("picamera2", picture=wish), clock).open()


def test_the_rate_follows_within_what_the_sensor_can(clock: SimulatedClock) -> None:
    """Slower when disarmed, back again, and never faster than its mode."""
    source, camera = opened(CameraRequest("picamera2", picture=PictureWish(fps=20.0)), clock)
    for fps, expected_us in ((5.0, 200_000), (None, 50_000), (1000.0, 23_895)):
        source.set_rate(fps)
        assert camera.controls["FrameDurationLimits"] == (expected_us, expected_us)


def test_night_takes_the_filter_out_and_the_colours_away(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And lets exposures last longer, where that is wished."""
    pins = MockFactory()
    monkeypatch.setattr(picamera, "IrCut", lambda pin: IrCut(pin, pins))
    wish = PictureWish(fps=20.0, pi=PiWish(ir_cut_pin=17, exposure_max_s=0.1))
    source, camera = opened(CameraRequest("picamera2", picture=wish), clock)
    assert pins.pin(17).state
    assert camera.controls["Saturation"] == 1.0
    for lux, night in ((1.0, True), (300.0, False)):
        for _ in range(80):
            clock.advance(1.0)
            camera.push(30, {"SensorTimestamp": int(clock.monotonic() * 1e9), "Lux": lux})
            source.grab()
        assert pins.pin(17).state is not night
        assert camera.controls["Saturation"] == (0.0 if night else 1.0)
        assert camera.controls["FrameDurationLimits"] == (50_000, 100_000 if night else 50_000)
    source.close()


def test_a_pin_that_is_taken_is_told(clock: SimulatedClock) -> None:
    """In one line, with the key's name."""
    pins = MockFactory()
    first = IrCut(17, pins)
    with pytest.raises(CameraError, match=r"ir_cut_pin 17: .*name a free pin"):
        IrCut(17, pins)
    first.close()


@pytest.mark.parametrize(
    ("model", "kind"),
    [("Raspberry Pi 4 Model B Rev 1.5", H264Encoder), ("Raspberry Pi 5 Model B Rev 1.0", LibavH264Encoder)],
)
def test_the_recording_is_encoded_by_what_the_board_has(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch, model: str, kind: type[H264Encoder]
) -> None:
    """From the large stream, with a keyframe as often as asked."""
    monkeypatch.setattr(picamera, "board_model", lambda: model)
    source, camera = opened(replace(RECORDED, picture=PictureWish(fps=20.0)), clock)
    (encoder,) = camera.encoders
    assert isinstance(encoder, kind)
    assert isinstance(encoder, LibavH264Encoder) == (kind is LibavH264Encoder)
    assert (encoder.bitrate, encoder.repeat, encoder.iperiod, encoder.name) == (1_500_000, True, 20, "main")
    assert isinstance(encoder.framerate, int)  # PyAV takes no float
    assert camera.wanted["main"]["size"] == (1280, 960)
    info = source.stream()
    assert info is not None
    assert (info.codec, info.width, info.height) == ("h264", 1280, 960)


@pytest.mark.parametrize(
    ("model", "able"),
    [
        ("Raspberry Pi 3 Model B Plus Rev 1.3", True),
        ("Raspberry Pi Zero 2 W Rev 1.0", True),
        ("Raspberry Pi Compute Module 4 Rev 1.1", True),
        ("Raspberry Pi Compute Module 5 Rev 1.0", False),
        ("Raspberry Pi 500 Rev 1.0", False),
        ("Radxa ROCK 4B+", False),
        ("", False),
    ],
)
def test_which_boards_encode_themselves(model: str, able: bool) -> None:
    """By the names in their device trees."""
    assert has_hardware_encoder(model) is able


def test_packets_carry_the_time_of_their_picture(clock: SimulatedClock) -> None:
    """On the clock of the pictures; decoding time rises whatever the encoder says."""
    source, camera = opened(RECORDED, clock)
    (encoder,) = camera.encoders
    encoder.firsttimestamp = 599_900_000
    for data, keyframe, after_us in ((b"one", True, 0), (b"two", False, 66_667), (b"three", False, 66_667)):
        encoder.output.outputframe(memoryview(data), keyframe, after_us, None, False)
    packets = source.packets()
    assert [packet.data for packet in packets] == [b"one", b"two", b"three"]
    assert [packet.keyframe for packet in packets] == [True, False, False]
    assert [packet.t for packet in packets] == pytest.approx([599.9, 599.966667, 599.966667])
    assert packets[0].dts == 53_991_000
    assert packets[1].dts == packets[2].dts - 1
    assert source.packets() == []


def test_keyframes_come_by_the_clock_also_at_a_lower_rate(
    clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five seconds without one, one wished a second: asked for once each, and not while they come by themselves."""
    monkeypatch.setattr(picamera, "board_model", lambda: "Raspberry Pi 4 Model B")
    source, camera = opened(RECORDED, clock)
    (encoder,) = camera.encoders
    encoder.firsttimestamp = 0
    forced = []
    for second in range(10):
        if second >= 5:
            encoder.output.outputframe(b"", True, int(clock.monotonic() * 1e6))
        for _ in range(2):
            camera.push(10)
            source.grab()
            clock.advance(0.5)
        forced.append(encoder.forced)
    assert forced[4] == forced[-1] == 3


def test_the_software_encoder_makes_a_keyframe_when_asked() -> None:
    """Through PyAV as it is: the picture after the asking is one, and no other but the first."""
    with av.open("/dev/null", "w", format="null") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = 1000
        keyed = KeyStream(stream)
        kinds = []
        for number in range(8):
            if number == 5:
                keyed.force_key_frame()
            kinds += [packet.is_keyframe for packet in keyed.encode(av.VideoFrame(64, 48, "yuv420p"))]
        kinds += [packet.is_keyframe for packet in keyed.encode()]
        assert keyed.width == 64
    assert [number for number, is_key in enumerate(kinds) if is_key] == [0, 5]


def test_packets_that_nobody_takes_are_bounded(clock: SimulatedClock) -> None:
    """The oldest go; what is left begins with a keyframe and has no hole."""
    source, camera = opened(RECORDED, clock)
    (encoder,) = camera.encoders
    encoder.firsttimestamp = 0
    for number in range(2000):
        encoder.output.outputframe(b"%d " % number + bytes(10_000), number % 15 == 0, number)
    packets = source.packets()
    assert sum(len(packet.data) for packet in packets) <= 8 << 20
    assert packets[0].keyframe
    numbers = [int(packet.data.split()[0]) for packet in packets]
    assert numbers == list(range(numbers[0], 2000))


def test_no_encoder_sees_what_is_masked(clock: SimulatedClock) -> None:
    """The large stream is blackened in the camera's own buffer, by the set that is in force."""
    source, camera = opened(replace(RECORDED, extra_masks={"away": (HALF,)}), clock)
    for number, left in ((0, 200), (1, 16), (0, 200)):
        source.use_masks(number)
        buffers = camera.push(200).buffers
        rows = buffers["main"][: 960 * (1280 + Picamera2.padding)].reshape(960, -1)
        assert (rows[:, :640] == left).all()
        assert (rows[:, 660:1280] == 200).all()
        source.grab()


def test_closing_is_always_possible(clock: SimulatedClock) -> None:
    """Before opening, twice, and with a picture in hand."""
    PicameraSource(0, RECORDED, clock).close()
    source, camera = opened(RECORDED, clock)
    camera.push(10)
    source.grab()
    source.close()
    source.close()
    assert camera.is_closed


def test_a_camera_that_hangs_in_close_is_left_behind(clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends all the same, and the vendor's own farewell is called off."""
    freed = threading.Event()
    called_off: list[Any] = []
    monkeypatch.setattr(picamera, "_CLOSE_S", 0.01)
    monkeypatch.setattr(Picamera2, "close_hook", staticmethod(lambda: freed.wait(30.0)))
    monkeypatch.setattr("atexit.unregister", called_off.append)
    source, camera = opened(CameraRequest("picamera2"), clock)
    source.close()
    freed.set()
    assert called_off == [camera.close]
