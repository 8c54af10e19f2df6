import itertools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from device.capture.mode import Mode
from device.capture.request import CameraRequest
from device.capture.sources import make_source
from device.clock import SimulatedClock
from device.core.stamp import Stamp
from device.errors import CameraError, EndOfStream
from device.ports import Clock, Source
from tests.capture.clips import write_clip

PICTURES = 12  # of every source below, at 10 a second
Make = Callable[[Mode, Clock], Source]
SCENE = """
width_px = 64
height_px = 48
fps = 10
duration_s = 1.2
[[figures]]
id = 1
path = [[0.0, 0.2, 0.9], [1.2, 0.8, 0.9]]
"""


@pytest.fixture(params=["file", "gif", "synthetic"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The ``source`` line of each kind."""
    match request.param:
        case "file":
            return f"file:{write_clip(tmp_path / 'clip.mp4', pictures=PICTURES)}"
        case "gif":
            return f"file:{write_clip(tmp_path / 'clip.gif', codec='gif', pix_fmt='rgb8', pictures=PICTURES)}"
        case _:
            (tmp_path / "scene.toml").write_text(SCENE)
            return f"synthetic:{tmp_path / 'scene.toml'}"


@pytest.fixture
def make(line: str) -> Make:
    """Makes a source that is not open yet."""
    return lambda mode, clock: make_source(CameraRequest(line, mode), clock)


def run(source: Source) -> tuple[list[Stamp], list[NDArray[np.uint8]]]:
    """All stamps and pictures of a source."""
    width, height = source.open()
    stamps: list[Stamp] = []
    pictures: list[NDArray[np.uint8]] = []
    while True:
        try:
            stamps.append(source.grab())
        except EndOfStream:
            source.close()
            return stamps, pictures
        pictures.append(np.zeros((height * 3 // 2, width), np.uint8))
        source.copy_to(pictures[-1])


def test_the_size_is_known_on_opening_and_even(make: Make) -> None:
    """Width and height are those of the pictures to come."""
    source = make(Mode.REPLAY, SimulatedClock())
    assert source.open() == (64, 48)
    source.close()


def test_pictures_are_numbered_and_time_rises_from_zero(make: Make) -> None:
    """In replay t is media time, and nobody pretends to know the time of day."""
    stamps, pictures = run(make(Mode.REPLAY, SimulatedClock(monotonic=5000.0)))
    assert [stamp.seq for stamp in stamps] == list(range(PICTURES))
    assert [stamp.t for stamp in stamps] == pytest.approx([index / 10 for index in range(PICTURES)], abs=0.011)
    assert stamps[0].t == 0.0
    assert {stamp.wall for stamp in stamps} == {None}
    assert len(pictures) == PICTURES


def test_pixels_are_limited_range(make: Make) -> None:
    """Luma is 16..235 and chroma 16..240, but for what a codec adds."""
    for picture in run(make(Mode.REPLAY, SimulatedClock()))[1]:
        assert picture.min() >= 12
        assert picture[:48].max() <= 239
        assert picture[48:].max() <= 244


def test_pictures_differ_where_something_moves(make: Make) -> None:
    """No two neighbours of these scenes are equal: a copy that was never made would show."""
    pictures = run(make(Mode.REPLAY, SimulatedClock()))[1]
    assert all((before != after).any() for before, after in itertools.pairwise(pictures))


def test_two_runs_are_equal(make: Make) -> None:
    """Replay is deterministic to the last bit."""
    first, second = run(make(Mode.REPLAY, SimulatedClock())), run(make(Mode.REPLAY, SimulatedClock()))
    assert first[0] == second[0]
    assert all((one == two).all() for one, two in zip(first[1], second[1], strict=True))


def test_replay_waits_for_nothing(make: Make) -> None:
    """The clock does not move."""
    clock = SimulatedClock()
    run(make(Mode.REPLAY, clock))
    assert clock.monotonic() == 0.0


def test_live_keeps_the_pace_of_life_on_monotonic_time(make: Make) -> None:
    """Pictures come when they are due, with the time of day beside them."""
    clock = SimulatedClock(monotonic=5000.0, wall=1e9)
    stamps, _ = run(make(Mode.LIVE, clock))
    assert [stamp.t for stamp in stamps] == pytest.approx([5000 + index / 10 for index in range(PICTURES)], abs=0.011)
    assert [stamp.wall for stamp in stamps] == pytest.approx([1e9 + index / 10 for index in range(PICTURES)], abs=0.011)
    assert clock.monotonic() == pytest.approx(5000 + (PICTURES - 1) / 10, abs=0.011)


def test_a_clock_that_is_not_set_labels_nothing(make: Make) -> None:
    """Without a believed time of day the label is missing, not wrong."""
    stamps, _ = run(make(Mode.LIVE, SimulatedClock(synced=False)))
    assert {stamp.wall for stamp in stamps} == {None}


def test_a_picture_may_be_left_uncopied(make: Make) -> None:
    """Dropping a picture does not change the ones after it."""
    _, pictures = run(make(Mode.REPLAY, SimulatedClock()))
    source = make(Mode.REPLAY, SimulatedClock())
    width, height = source.open()
    for _ in range(6):
        source.grab()
    out = np.zeros((height * 3 // 2, width), np.uint8)
    source.copy_to(out)
    source.close()
    assert (out == pictures[5]).all()


def test_the_end_is_told_every_time(make: Make) -> None:
    """After its end a source stays at its end."""
    source = make(Mode.REPLAY, SimulatedClock())
    source.open()
    for _ in range(PICTURES):
        source.grab()
    for _ in range(2):
        with pytest.raises(EndOfStream, match="is over"):
            source.grab()
    assert source.faults() == 0
    source.close()


def test_closing_is_always_possible(make: Make) -> None:
    """Before opening, twice, and in the middle."""
    unopened = make(Mode.REPLAY, SimulatedClock())
    unopened.close()
    source = make(Mode.REPLAY, SimulatedClock())
    source.open()
    source.grab()
    source.close()
    source.close()


def test_a_loop_goes_on_past_the_end(line: str) -> None:
    """With ``?loop=1`` number and time go on without a break."""
    source = make_source(CameraRequest(f"{line}?loop=1", Mode.REPLAY), SimulatedClock())
    source.open()
    stamps = [source.grab() for _ in range(3 * PICTURES)]
    source.close()
    assert [stamp.seq for stamp in stamps] == list(range(3 * PICTURES))
    gaps = [after.t - before.t for before, after in itertools.pairwise(stamps)]
    assert gaps == pytest.approx([0.1] * len(gaps), abs=0.011)


def test_a_missing_file_is_named(line: str) -> None:
    """Whoever mistypes a path reads that path in the message."""
    with pytest.raises(CameraError, match="elsewhere"):
        make_source(CameraRequest(re.sub("clip|scene", "elsewhere", line)), SimulatedClock()).open()
