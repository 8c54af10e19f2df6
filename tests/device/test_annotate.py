"""What is drawn on pictures, and the clip that it makes."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from device.annotate import AnnotatedClip
from device.config import parse_config
from device.config.cameras import CameraTable
from device.errors import ShopwardenError
from device.pipeline import Step
from device.recorder.overlay import BELIEVED, DOUBTED, LINE, ZONE, draw_places, draw_track
from tests.builders import make_track
from tests.device.drawn import CONFIG, frames, truth_detector
from tests.device.test_pipeline import make_pipeline

CAMERA: CameraTable = parse_config(CONFIG.format(state_dir=".", source="synthetic:"), "test").cameras[0]


def steps() -> Iterator[Step]:
    """The drawn walk, as the pipeline sees it."""
    pipeline = make_pipeline(truth_detector())
    return (pipeline.step(frame) for frame in frames())


def has(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether a colour, as BGR, is about somewhere on a picture: edges are smoothed."""
    return bool((np.abs(picture.astype(int) - np.array(colour)) < 45).all(axis=2).any())


def test_tracks_show_whether_they_are_believed() -> None:
    """Somebody in colour, perhaps-scenery in grey, where they are."""
    for moved, colour, other in ((True, BELIEVED, DOUBTED), (False, DOUBTED, BELIEVED)):
        picture = np.zeros((240, 320, 3), dtype=np.uint8)
        draw_track(picture, make_track(box=(0.25, 0.25, 0.5, 0.75), moved=moved))
        assert tuple(picture[180, 120]) == colour
        assert tuple(picture[120, 80]) == colour
        assert not picture[130, 120].any()
        assert not has(picture, other)


def test_zones_and_lines_are_drawn_where_they_are() -> None:
    """A zone's edge runs through its corners, a line from end to end."""
    picture = np.zeros((240, 320, 3), dtype=np.uint8)
    draw_places(picture, CAMERA)
    assert has(picture[:, 62:68], ZONE)
    assert has(picture[100:140, 156:164], LINE)


def test_a_clip_keeps_pictures_and_their_times(tmp_path: Path) -> None:
    """As many as were added, at the pace at which they were taken, not at the encoder's."""
    with AnnotatedClip(tmp_path / "a:b?c.mp4", CAMERA) as clip:
        for step in steps():
            clip.add(step)
        clip.close()
    with av.open(f"file:{tmp_path / 'a:b?c.mp4'}") as container:
        times = [picture.time for picture in container.decode(video=0)]
        assert container.streams.video[0].width == 320
    assert times == pytest.approx([index / 10 for index in range(70)], abs=0.002)


def test_events_stay_written_for_a_while(tmp_path: Path) -> None:
    """Red where one is an alarm; gone later."""
    told: list[float] = []
    with AnnotatedClip(tmp_path / "clip.mp4", CAMERA) as clip:
        for step in steps():
            clip.add(step)
            told += [step.frame.t] * bool(step.events)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        corners = [picture.to_ndarray(format="bgr24")[5:25, 8:120].astype(int) for picture in container.decode(video=0)]
    red = [bool((corner[..., 2] - corner[..., 0] > 60).any()) for corner in corners]
    first = round(told[0] * 10)
    assert not any(red[:first])
    assert all(red[first : first + 20])


def test_a_clip_without_pictures_is_taken_away(tmp_path: Path) -> None:
    """Nothing could play it."""
    AnnotatedClip(tmp_path / "clip.mp4", CAMERA).close()
    assert list(tmp_path.iterdir()) == []


def write_walk(path: Path) -> None:
    """Write the whole walk."""
    with AnnotatedClip(path, CAMERA) as clip:
        for step in steps():
            clip.add(step)


def test_a_clip_that_cannot_be_written(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(ShopwardenError, match=r"nowhere/clip\.mp4: the clip cannot be written"):
        write_walk(tmp_path / "nowhere" / "clip.mp4")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_clip_on_a_full_disk(tmp_path: Path) -> None:
    """The first fault is the one told, and the encoder is left alone after it."""
    (tmp_path / "clip.mp4").symlink_to("/dev/full")
    with pytest.raises(ShopwardenError, match=r"clip\.mp4: the clip cannot be written \(No space left on device\)"):
        write_walk(tmp_path / "clip.mp4")
