"""Draws a scene as I420, the same bytes for the same scene and picture. Decides nothing about who is where."""

import numpy as np

from device.capture.planes import Plane, i420_planes
from device.capture.scene import Box, Figure, Scene

_DARKEST, _BRIGHTEST = 32, 219  # room for the noise inside 16..235, so that adding it cannot wrap
_STRIDES_PER_HEIGHT = 1.3  # a walking person makes about 1.3 steps per body height of way


class Painter:
    """Draws the pictures of one scene, in any order."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        rng = np.random.default_rng(scene.seed)
        self._room = _room(scene, rng)
        # Larger than the picture: every picture takes its noise from another corner, far cheaper than drawing it anew.
        shape = (scene.height_px + 64, scene.width_px + 64)
        self._noise = rng.integers(-scene.noise, scene.noise + 1, shape, dtype=np.int8).view(np.uint8)

    def draw(self, index: int, t: float, out: Plane) -> None:
        """Draw the picture of this number, the scene as it is at ``t``, into ``out``."""
        scene = self._scene
        luma, u, v = i420_planes(out)
        luma[...] = self._room
        u[...] = v[...] = 128
        for figure in scene.by_distance(t):
            _draw_figure(scene, figure, t, (luma, u, v))
        gain = scene.gain_at(t)
        if gain != 1.0:
            np.take(_gain_table(gain), luma, out=luma)
        if scene.noise:
            down, right = np.random.default_rng((scene.seed, index)).integers(0, 64, 2)
            luma += self._noise[down : down + scene.height_px, right : right + scene.width_px]


def _gain_table(gain: float) -> Plane:
    levels = (np.arange(256) - 16.0) * gain + 16.0
    table: Plane = np.clip(levels, _DARKEST, _BRIGHTEST).astype(np.uint8)
    return table


def _room(scene: Scene, rng: np.random.Generator) -> Plane:
    """A wall, a floor and some furniture."""
    rows = np.linspace(0.0, 1.0, scene.height_px)[:, None]
    floor_at = 0.55
    levels = np.where(rows < floor_at, 120 + 60 * rows, 80 + 70 * rows) + np.zeros(scene.width_px)
    for _ in range(6):
        width, height = (rng.uniform(0.06, 0.2, 2) * (scene.width_px, scene.height_px)).astype(int)
        left = int(rng.uniform(0, scene.width_px - width))
        top = int(floor_at * scene.height_px - height * rng.uniform(0.2, 1.0))
        levels[max(0, top) : top + height, left : left + width] = rng.uniform(60, 200)
    return np.clip(levels, _DARKEST, _BRIGHTEST).astype(np.uint8)


def _draw_figure(scene: Scene, figure: Figure, t: float, planes: tuple[Plane, Plane, Plane]) -> None:
    box = scene.whole_box(figure, t)
    if box is None:
        return
    swing = 0.5 * np.sin(np.pi * _STRIDES_PER_HEIGHT * figure.walked_frac(t) / figure.height_frac)
    for part in _body(figure, float(swing)):
        level, tint, (x1, y1, x2, y2) = part
        for plane, value in zip(planes, (level, *tint), strict=True):
            _fill_ellipse(plane, value, _placed((x1, y1, x2, y2), box))


_Part = tuple[int, tuple[int, int], Box]


def _body(figure: Figure, swing: float) -> tuple[_Part, ...]:
    """Legs, arms, trunk and head as ellipses in a box from (0, 0), the left of the head, to (1, 1), the feet."""
    skin, grey = (115, 145), (128, 128)
    apart, reach = 0.14 + abs(swing) * 0.34, 0.3 * swing
    return (
        (figure.trousers, grey, (0.5 - apart - 0.14, 0.48, 0.58 - apart * 0.3, 1.0)),
        (figure.trousers, grey, (0.42 + apart * 0.3, 0.48, 0.5 + apart + 0.14, 1.0)),
        (figure.shirt, figure.tint, (0.08 + reach * 0.5, 0.2, 0.32 + reach, 0.56)),
        (figure.shirt, figure.tint, (0.68 - reach, 0.2, 0.92 - reach * 0.5, 0.56)),
        (figure.shirt, figure.tint, (0.2, 0.14, 0.8, 0.6)),
        (170, skin, (0.33, 0.0, 0.67, 0.17)),
    )


def _placed(part: Box, box: Box) -> Box:
    width, height = box[2] - box[0], box[3] - box[1]
    return box[0] + part[0] * width, box[1] + part[1] * height, box[0] + part[2] * width, box[1] + part[3] * height


def _fill_ellipse(plane: Plane, value: int, box: Box) -> None:
    """Fill the ellipse in a box of fractions; what lies outside the plane is left out."""
    rows, columns = plane.shape
    x1, y1, x2, y2 = box[0] * columns, box[1] * rows, box[2] * columns, box[3] * rows
    left, top, right, bottom = max(0, int(x1)), max(0, int(y1)), min(columns, int(x2) + 1), min(rows, int(y2) + 1)
    if left >= right or top >= bottom:
        return
    across = (np.arange(left, right) + 0.5 - (x1 + x2) / 2) / max((x2 - x1) / 2, 0.5)
    down = (np.arange(top, bottom) + 0.5 - (y1 + y2) / 2) / max((y2 - y1) / 2, 0.5)
    plane[top:bottom, left:right][across**2 + down[:, None] ** 2 <= 1.0] = value
