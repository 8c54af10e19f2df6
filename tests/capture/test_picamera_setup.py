import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.capture.picamera_setup import choose_mode, frame_duration_us, make_setup, read_modes, start_controls
from device.capture.request import PictureWish, PiWish, RecordWish
from tests.capture.picamera_stand_in import SENSOR_MODES

OFF, AUTO = RecordWish("off"), RecordWish("auto")
MODES = read_modes(SENSOR_MODES)


def test_without_a_wish_there_is_one_small_stream() -> None:
    """Nothing is recorded: the image processor makes what gate and detector need, and no more."""
    setup = make_setup(PictureWish(), OFF)
    assert (setup.main, setup.lores, setup.fps, setup.pictures) == ((640, 480), None, 15.0, "main")


def test_a_recording_is_a_second_larger_stream_of_the_same_shape() -> None:
    """Another aspect ratio would be squeezed."""
    setup = make_setup(PictureWish(width=640, height=360), AUTO)
    assert (setup.main, setup.lores, setup.pictures) == ((1280, 720), (640, 360), "lores")


@given(
    st.integers(64, 2000),
    st.integers(64, 2000),
    st.floats(1.0, 4.0),
    st.sampled_from([0, 90, 180, 270]),
    st.sampled_from([OFF, AUTO]),
)
def test_sizes_are_even_and_of_one_shape(
    width: int, height: int, scale: float, rotation: int, record: RecordWish
) -> None:
    """Whatever is wished; and what is recorded is never smaller than what is looked at."""
    setup = make_setup(PictureWish(width, height, rotation=rotation, pi=PiWish(record_scale=scale)), record)
    for size in (setup.main, setup.lores or setup.main):
        assert not size[0] % 2
        assert not size[1] % 2
    if setup.lores:
        assert setup.main[0] >= setup.lores[0]
        assert setup.main[0] / setup.lores[0] == pytest.approx(setup.main[1] / setup.lores[1], abs=0.05)
        assert setup.main == setup.lores or (setup.main[0] <= 1920 and setup.main[1] <= 1080)


def test_the_missing_side_follows_from_the_sensors_shape() -> None:
    """4:3."""
    assert make_setup(PictureWish(width=800), OFF).main == (800, 600)
    assert make_setup(PictureWish(height=240), OFF).main == (320, 240)


@pytest.mark.parametrize(
    ("rotation", "half", "quarters", "sensor"),
    [(0, False, 0, (640, 480)), (180, True, 0, (640, 480)), (90, False, 3, (480, 640)), (270, False, 1, (480, 640))],
)
def test_half_turns_cost_nothing_and_quarters_are_left_to_the_copy(
    rotation: int, half: bool, quarters: int, sensor: tuple[int, int]
) -> None:
    """The wished size is that of the upright picture."""
    setup = make_setup(PictureWish(640, 480, rotation=rotation), OFF)
    assert (setup.is_half_turned, setup.quarter_turns, setup.main) == (half, quarters, sensor)


def test_what_is_turned_by_a_quarter_has_no_packets() -> None:
    """The board's encoder cannot turn: whoever records encodes the upright pictures."""
    assert make_setup(PictureWish(rotation=90), AUTO).lores is None
    assert make_setup(PictureWish(), RecordWish("encode")).lores is None


def test_modes_are_read_with_what_they_see() -> None:
    """Of a Camera Module 2, two modes see everything."""
    assert [(mode.width, mode.is_whole) for mode in MODES] == [(640, False), (1640, True), (1920, False), (3280, True)]
    assert read_modes([{"format": "YUYV"}]) == ()


@pytest.mark.parametrize(
    ("size", "fps", "width"),
    [
        ((640, 480), 15.0, 1640),  # the 640 mode shows the middle sixth
        ((1280, 960), 15.0, 1640),
        ((1920, 1080), 15.0, 3280),
        ((1920, 1080), 30.0, 1640),  # too small, but whole
        ((640, 480), 100.0, 640),  # nothing else is so fast
        ((640, 480), 500.0, 1640),  # nothing is
    ],
)
def test_the_mode_shows_everything_where_it_can(size: tuple[int, int], fps: float, width: int) -> None:
    """Speed first, then the whole view, then size, then as few pixels as will do."""
    mode = choose_mode(MODES, size, fps)
    assert mode is not None
    assert mode.width == width


def test_no_modes_is_no_choice() -> None:
    """A USB camera has none."""
    assert choose_mode((), (640, 480), 15.0) is None


def test_controls_are_those_that_the_camera_has() -> None:
    """The vendor refuses a control that a camera does not offer."""
    wish = PictureWish(pi=PiWish(white_balance="daylight"))
    assert start_controls(wish, 20.0, ["FrameDurationLimits", "AwbEnable", "AwbMode", "AfMode"]) == {
        "FrameDurationLimits": (50_000, 50_000),
        "AwbEnable": True,
        "AwbMode": 5,
        "AfMode": 2,
    }
    assert start_controls(wish, 20.0, ["Brightness"]) == {}
    assert "AwbMode" not in start_controls(PictureWish(), 20.0, ["AwbEnable", "AwbMode"])


def test_in_the_dark_pictures_may_come_more_slowly() -> None:
    """Only where an exposure is longer than the time from picture to picture."""
    assert frame_duration_us(10.0) == (100_000, 100_000)
    assert frame_duration_us(10.0, 0.25) == (100_000, 250_000)
    assert frame_duration_us(10.0, 0.01) == (100_000, 100_000)
