"""What is done to the camera of a drawn scene."""

import numpy as np
import pytest
from numpy.typing import NDArray

from device.capture.draw import Painter
from device.capture.scene_file import scene_of
from device.capture.scene_weather import Tamper
from device.errors import CameraError


def luma(t: float, **tamper: object) -> NDArray[np.int_]:
    """A picture of a scene in which something is done to the camera from second 2 to second 4."""
    table = {"noise": 0, "width_px": 320, "height_px": 240, "tampers": [{"t_s": 2, "until_s": 4, **tamper}]}
    scene = scene_of(table, "scene")
    out = np.empty((360, 320), np.uint8)
    Painter(scene).draw(0, t, out)
    return out[:240].astype(int)


@pytest.mark.parametrize("tamper", [{"kind": "cover"}, {"kind": "turn", "right_frac": 0.2}, {"kind": "blur"}])
def test_it_is_done_while_it_lasts(tamper: dict[str, object]) -> None:
    """Neither before nor after."""
    before, meanwhile, after = (luma(t, **tamper) for t in (1.9, 2.0, 4.0))
    assert np.array_equal(before, after)
    assert np.abs(meanwhile - before).mean() > 0.5


def test_a_cover_hides_all() -> None:
    """Almost plain, about as bright as asked."""
    covered = luma(3.0, kind="cover", level=150)
    assert 130 <= covered.min() <= covered.max() <= 150


def test_a_turned_camera_shows_the_scene_elsewhere() -> None:
    """To the right by a fifth of the width."""
    assert np.array_equal(luma(3.0, kind="turn", right_frac=0.2)[:, 64:], luma(1.0)[:, :-64])


def test_a_blurred_picture_has_no_edges() -> None:
    """But the same mean."""
    sharp, soft = luma(1.0), luma(3.0, kind="blur", sigma_px=4.0)
    steps = [np.abs(np.diff(picture, axis=1)).max() for picture in (sharp, soft)]
    assert steps[1] < 0.4 * steps[0]
    assert soft.mean() == pytest.approx(sharp.mean(), abs=1.0)


@pytest.mark.parametrize(
    "wrong", [{"kind": "steal"}, {"until_s": 1}, {"level": 10}, {"right_frac": 2}, {"sigma_px": 0}, {"size": 1}]
)
def test_what_cannot_be_done_is_refused(wrong: dict[str, object]) -> None:
    """With the key in the message."""
    with pytest.raises(CameraError, match="tamper"):
        luma(0.0, **wrong)


def test_the_defaults_are_fit_to_use() -> None:
    """A cover of usual brightness."""
    assert Tamper(1.0, 2.0).kind == "cover"
