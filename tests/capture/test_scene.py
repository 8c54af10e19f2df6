from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.capture.draw import Painter
from device.capture.scene import DEFAULT_SCENE, Figure, Light, Scene
from device.capture.scene_file import load_scene
from device.capture.scene_path import Waypoint
from device.errors import CameraError

WALK = Figure(id=7, path=(Waypoint(1.0, 0.2, 0.8), Waypoint(3.0, 0.6, 0.9), Waypoint(5.0, 0.6, 0.9)), height_frac=0.4)
SCENE = Scene(width_px=160, height_px=120, fps=10, duration_s=6.0, figures=(WALK,))


def drawn(scene: Scene, index: int) -> NDArray[np.uint8]:
    """One picture of a scene, by a painter that has drawn no other."""
    out = np.zeros((scene.height_px * 3 // 2, scene.width_px), np.uint8)
    Painter(scene).draw(index, index / scene.fps, out)
    return out


def test_a_figure_is_where_its_way_points_say() -> None:
    """In between it walks in a straight line; before and after it is not there."""
    assert SCENE.truth(0.9) == ()
    assert SCENE.truth(5.1) == ()
    (there,) = SCENE.truth(2.0)
    assert (there.id, there.label) == (7, "person")
    assert there.box == pytest.approx((0.4 - 0.06, 0.45, 0.4 + 0.06, 0.85))
    assert SCENE.truth(3.0)[0].box == SCENE.truth(5.0)[0].box


def test_a_box_is_cut_at_the_edge_and_dropped_when_hardly_seen() -> None:
    """Truth is what can be seen: a foot in the door is nobody."""
    walk = Figure(id=1, path=(Waypoint(0.0, -0.2, 0.9), Waypoint(10.0, 0.8, 0.9)), height_frac=0.5)
    scene = Scene(figures=(walk,))
    assert scene.truth(1.0) == ()
    (half,) = scene.truth(2.0)
    assert half.box == pytest.approx((0.0, 0.4, 0.075, 0.9))


def test_what_is_drawn_lies_in_the_box_of_the_truth() -> None:
    """Without noise, the room and the room with a person differ in the box, nearly to its edges, and nowhere else."""
    scene = Scene(width_px=320, height_px=240, fps=10, figures=(WALK,), noise=0)
    empty = Scene(width_px=320, height_px=240, fps=10, noise=0)
    for index in range(11, 50, 3):
        changed = np.argwhere(drawn(scene, index)[:240] != drawn(empty, index)[:240])
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0) + 1
        x1, y1, x2, y2 = scene.truth(index / 10)[0].box
        box = np.array([x1 * 320, y1 * 240, x2 * 320, y2 * 240])
        outside = np.array([box[0] - left, box[1] - top, right - box[2], bottom - box[3]])
        assert outside.max() <= 1.0
        assert outside[[1, 3]].min() >= -3.0
        assert outside[[0, 2]].min() >= -0.25 * (box[2] - box[0])


def test_any_picture_can_be_drawn_by_itself() -> None:
    """A picture depends on scene and number alone, not on those drawn before it."""
    painter = Painter(SCENE)
    out = np.zeros((180, 160), np.uint8)
    for index in (40, 3, 17):
        painter.draw(index, index / SCENE.fps, out)
        assert (out == drawn(SCENE, index)).all()


def test_the_seed_makes_the_room_and_the_noise() -> None:
    """Another seed is another place."""
    other = Scene(width_px=160, height_px=120, seed=2)
    assert (drawn(other, 0) != drawn(SCENE, 0)).any()
    assert (drawn(SCENE, 0) != drawn(SCENE, 1)).any()


@given(st.floats(0, 4), st.integers(0, 15))
def test_noise_and_light_stay_within_the_range_of_video(gain: float, noise: int) -> None:
    """No sum wraps from white to black: every pixel stays in 16..235, and near what it is without noise."""
    lights = (Light(t_s=0.0, gain=gain),)
    noisy_scene = Scene(width_px=32, height_px=32, figures=(WALK,), lights=lights, noise=noise)
    noisy = drawn(noisy_scene, 30)[:32]
    clean = drawn(replace(noisy_scene, noise=0), 30)[:32]
    assert noisy.min() >= 16
    assert noisy.max() <= 235
    assert np.abs(noisy.astype(int) - clean).max() <= noise


def test_light_changes_when_and_as_told() -> None:
    """A step is at once, a ramp takes its time, the last one holds."""
    scene = Scene(lights=(Light(t_s=4.0, gain=1.0), Light(t_s=1.0, gain=0.5, ramp_s=2.0)))
    assert [scene.gain_at(t) for t in (0.0, 1.0, 2.0, 3.0, 3.9, 4.0)] == [1.0, 1.0, 0.75, 0.5, 0.5, 1.0]


def test_the_default_scene_shows_people_and_an_empty_room() -> None:
    """Both must be there for a demonstration; the room is empty at first."""
    counts = {len(DEFAULT_SCENE.truth(index / 10)) for index in range(300)}
    assert counts == {0, 1, 2}
    assert DEFAULT_SCENE.truth(0.0) == ()


def test_a_scene_file_says_everything(tmp_path: Path) -> None:
    """All keys of the file arrive in the scene."""
    path = tmp_path / "scene.toml"
    path.write_text(
        "width_px = 320\nheight_px = 240\nfps = 12.5\nduration_s = 8\nseed = 4\nnoise = 2\n"
        "[[figures]]\nid = 3\npath = [[0, 0.1, 0.9], [4.5, 0.9, 0.8]]\nheight_frac = 0.5\n"
        "shirt = 200\ntrousers = 40\ntint = [100, 150]\n"
        "[[lights]]\nt_s = 3\ngain = 0.5\nramp_s = 1\n"
    )
    path_of_three = (Waypoint(0, 0.1, 0.9), Waypoint(4.5, 0.9, 0.8))
    figure = Figure(3, path_of_three, 0.5, shirt=200, trousers=40, tint=(100, 150))
    assert load_scene(path) == Scene(320, 240, 12.5, 8, 4, 2, (figure,), (Light(3, 0.5, 1),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fsp = 10", "unknown key fsp, did you mean fps?"),
        ("fps = 'ten'", "fps: must be a number, not 'ten'"),
        ("fps = nan", "fps: must be a number"),
        ("width_px = 320.5", "width_px: must be a whole number"),
        ("width_px = 321", "must be even"),
        ("width_px = 0", "outside 16..4096"),
        ("noise = 99", "noise 0..15"),
        ("figures = 3", "figures: must be a list"),
        ("figures = [3]", r"figures: [0]: must be a table"),
        ("[[figures]]\nid = 1", "figures: [0].path: is missing"),
        ("[[figures]]\nid = 1\npath = [[0, 0, 0]]", "two points or more"),
        ("[[figures]]\nid = 1\npath = [[0, 0, 0], [0, 1, 1]]", "rising times"),
        ("[[figures]]\nid = 1\npath = [[0, 0], [1, 1, 1]]", "figures: [0].path: must be 3 numbers"),
        ("[[figures]]\nid = 1\nhight_frac = 1", "did you mean height_frac?"),
        ("[[figures]]\nid = 1\npath = [[0, 0, 0], [1, 1, 1]]\nshirt = 230", "outside 32..219"),
        ("[[lights]]\nt_s = 1\ngain = -1", "outside 0..4"),
        ("fps =", "is no TOML file"),
    ],
)
def test_a_wrong_scene_file_names_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    """One line: which file, which key, what is allowed."""
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(CameraError) as caught:
        load_scene(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_scene_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, a folder, or no text."""
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "gone.toml", tmp_path, tmp_path / "binary.toml"):
        with pytest.raises(CameraError, match=path.name):
            load_scene(path)
