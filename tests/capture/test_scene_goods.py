from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from device.capture.draw import Painter
from device.capture.scene import Figure, Scene
from device.capture.scene_file import load_scene
from device.capture.scene_goods import Act, Rack, Stock
from device.capture.scene_path import Waypoint
from device.capture.scene_weather import Shade, Thing
from device.errors import CameraError

RACK = Rack("rack", (0.3, 0.2, 0.9, 0.6), rows=1, columns=3, empty=(2,))
PATH = (Waypoint(0.0, 0.2, 0.95), Waypoint(30.0, 0.2, 0.95))


def picture(scene: Scene, index: int) -> NDArray[np.uint8]:
    """One picture of a scene."""
    out = np.zeros((scene.height_px * 3 // 2, scene.width_px), np.uint8)
    Painter(scene).draw(index, index / scene.fps, out)
    return out


def test_goods_go_from_the_shelf_to_a_hand_and_back() -> None:
    """What is taken is carried; what is put stands there; what is hidden is neither."""
    acts = (
        Act(2.0, "take", "rack", 0, 1),
        Act(4.0, "put", "rack", 2, 1),
        Act(6.0, "take", "rack", 1, 1),
        Act(8.0, "hide", figure=1),
    )
    stock = Stock((RACK,), acts)
    assert stock.at(0.0).standing == {("rack", 0): ("rack", 0), ("rack", 1): ("rack", 1)}
    assert stock.at(3.0).carried[1] == (("rack", 0),)
    assert stock.at(5.0).standing[("rack", 2)] == ("rack", 0)
    assert stock.at(7.0).carried[1] == (("rack", 1),)
    assert stock.at(9.0).carried[1] == ()
    assert [(act.kind, act.slot) for act, _ in stock.moved()] == [("take", 0), ("put", 2), ("take", 1)]


def test_an_act_that_moves_nothing_is_no_truth() -> None:
    """To take from an empty slot, or to touch, changes no shelf."""
    stock = Stock((RACK,), (Act(1.0, "take", "rack", 2), Act(3.0, "touch", "rack", 0), Act(5.0, "put", "rack", 1)))
    assert stock.moved() == []


def test_the_hand_is_in_the_slot_at_its_time() -> None:
    """It comes, stays and goes; before and after it is at rest."""
    act = Act(5.0, "take", "rack", 0, reach_s=1.0, hold_s=0.5)
    assert [act.reached(t) for t in (3.9, 4.5, 5.0, 5.5, 6.0, 6.6)] == [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]


def test_a_taken_item_is_gone_from_the_picture_and_nothing_else_is() -> None:
    """Without noise the pictures before and after differ in the slot alone."""
    scene = Scene(
        width_px=320,
        height_px=240,
        fps=5.0,
        duration_s=10.0,
        noise=0,
        racks=(RACK,),
        acts=(Act(4.0, "take", "rack", 0),),
    )
    changed = np.argwhere(picture(scene, 2)[:240] != picture(scene, 45)[:240])
    x1, y1, x2, y2 = RACK.slot_box(0)
    assert len(changed) > 200
    assert changed[:, 1].min() >= x1 * 320 - 1
    assert changed[:, 1].max() <= x2 * 320 + 1
    assert changed[:, 0].min() >= y1 * 240 - 1
    assert changed[:, 0].max() <= y2 * 240 + 1


def test_weather_troubles_the_picture_and_can_be_repeated() -> None:
    """Shadow, rain, shaking and compression each change it; the same scene gives the same bytes."""
    plain = Scene(width_px=160, height_px=120, fps=5.0, duration_s=5.0, noise=0, racks=(RACK,))
    shade = Shade(PATH, (0.6, 0.6), 0.5)
    for changes in ({"shades": (shade,)}, {"rain": 20}, {"shake_px": 6}, {"jpeg_q": 20}):
        values = {"width_px": 160, "height_px": 120, "fps": 5.0, "duration_s": 5.0, "noise": 0, "racks": (RACK,)}
        scene = Scene(**{**values, **changes})  # type: ignore[arg-type]
        assert (picture(scene, 7) != picture(plain, 7)).any()
        assert (picture(scene, 7) == picture(scene, 7)).all()


def test_a_scene_file_knows_goods_and_weather(tmp_path: Path) -> None:
    """All tables arrive."""
    path = tmp_path / "shop.toml"
    path.write_text(
        "shake_px = 2\nrain = 5\njpeg_q = 4\n"
        '[[racks]]\nid = "a"\nbox = [0.1, 0.2, 0.5, 0.6]\nrows = 1\ncolumns = 2\nempty = [1]\ndeep = true\n'
        "[[figures]]\nid = 1\npath = [[0, 0.2, 0.9], [9, 0.3, 0.9]]\n"
        '[[acts]]\nt_s = 3\nkind = "take"\nrack = "a"\nslot = 0\nfigure = 1\n'
        '[[things]]\nid = 4\nkind = "car"\npath = [[0, 0.2, 0.9], [9, 0.3, 0.9]]\n'
        "[[shades]]\npath = [[0, 0.2, 0.9], [9, 0.3, 0.9]]\nsize_frac = [0.2, 0.3]\n"
    )
    scene = load_scene(path)
    assert scene.racks == (Rack("a", (0.1, 0.2, 0.5, 0.6), 1, 2, empty=(1,), deep=True),)
    assert scene.acts == (Act(3, "take", "a", 0, 1),)
    assert isinstance(scene.figures[0], Figure)
    assert isinstance(scene.things[0], Thing)
    assert (scene.shake_px, scene.rain, scene.jpeg_q, len(scene.shades)) == (2, 5, 4, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[acts]]\nt_s = 1\nkind = "take"\nrack = "b"', "there is no slot 0 in a rack 'b'"),
        ('[[acts]]\nt_s = 1\nkind = "steal"', "kind is one of"),
        ("[[racks]]\nid = 3\nbox = [0, 0, 1, 1]", "racks: [0].id: must be a word"),
        ('[[racks]]\nid = "a"\nbox = [0.5, 0, 0.2, 1]', "has no area"),
        ('[[racks]]\nid = "a"\nbox = [0, 0, 1, 1]\ndeep = 1', "must be true or false"),
        ("jpeg_q = 1", "jpeg_q 0 or 2..31"),
        ("[[shades]]\npath = [[0, 0, 0]]", "two points or more"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, text: str, words: str) -> None:
    """One line with file and key."""
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(CameraError) as caught:
        load_scene(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
