"""Draws a scene as I420, the same bytes for the same scene and picture. Decides nothing about who is where."""

import numpy as np

from device.capture.draw_goods import draw_arm, draw_item, draw_rack, hand_at
from device.capture.draw_shapes import Planes, fill_box, fill_ellipse
from device.capture.draw_tamper import tamper
from device.capture.draw_weather import Compression, cast, rain, shake
from device.capture.planes import Plane, i420_planes
from device.capture.scene import Figure, Scene
from device.capture.scene_goods import Act, Box, Goods, Place, Point, Stock
from device.capture.scene_path import along
from device.capture.scene_weather import Thing

_DARKEST, _BRIGHTEST = 32, 219  # room for the noise inside 16..235, so that adding it cannot wrap
_STRIDES_PER_HEIGHT = 1.3  # a walking person makes about 1.3 steps per body height of way
_ARM_OF_HEIGHT = 0.035  # half the thickness of an arm, in heights of the body
_ARM_ALONE = 0.03  # the same for an arm from beside the picture, in heights of the picture


class Painter:
    """Draws the pictures of one scene, in any order."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        rng = np.random.default_rng(scene.seed)
        self._room = _room(scene, rng)
        # Larger than the picture: every picture takes its noise from another corner, far cheaper than drawing it anew.
        shape = (scene.height_px + 64, scene.width_px + 64)
        self._noise = rng.integers(-scene.noise, scene.noise + 1, shape, dtype=np.int8).view(np.uint8)
        self._stock = Stock(scene.racks, scene.acts)
        self._boxes = {(rack.id, slot): rack.slot_box(slot) for rack in scene.racks for slot in range(rack.slots)}
        self._still: Plane = np.full((scene.height_px * 3 // 2, scene.width_px), 128, np.uint8)
        self._drawn: Goods | None = None
        self._compression = Compression(scene.width_px, scene.height_px, scene.jpeg_q) if scene.jpeg_q else None

    def draw(self, index: int, t: float, out: Plane) -> None:
        """Draw the picture of this number, the scene as it is at ``t``, into ``out``."""
        scene = self._scene
        goods = self._stock.at(t)
        self._stand_still(goods)
        out[...] = self._still
        planes = i420_planes(out)
        self._draw_moving(planes, goods, t)
        for shade in scene.shades:
            cast(planes, shade, t)
        gain = scene.gain_at(t)
        if gain != 1.0:
            np.take(_gain_table(gain), planes[0], out=planes[0])
        for what in scene.tampers:
            tamper(planes, what, t)
        self._trouble(index, t, out)

    def _stand_still(self, goods: Goods) -> None:
        """Draw the room and the racks, unless they stand as they stood before."""
        if self._drawn is goods:
            return
        planes = i420_planes(self._still)
        planes[0][...] = self._room
        planes[1][...] = planes[2][...] = 128
        for rack in self._scene.racks:
            draw_rack(planes, rack, goods, self._scene.seed)
        self._drawn = goods

    def _draw_moving(self, planes: Planes, goods: Goods, t: float) -> None:
        movers: list[tuple[float, Thing | Figure]] = []
        movers += [(foot[1], thing) for thing in self._scene.things if (foot := along(thing.path, t)) is not None]
        movers += [(foot[1], figure) for figure in self._scene.figures if (foot := figure.foot_at(t)) is not None]
        for _, mover in sorted(movers, key=lambda entry: (entry[0], entry[1].id)):
            if isinstance(mover, Thing):
                _draw_thing(planes, mover, t)
            else:
                _draw_figure(planes, self._scene, mover, t)
                self._draw_hands(planes, mover, goods, t)
        for act in self._scene.acts:
            if act.figure == 0 and act.rack:
                target = _middle(self._boxes[act.rack, act.slot])
                outside = act.rest_outside(target)
                self._reach(planes, act, (outside, outside), (60, 128, 128), _ARM_ALONE, goods, t)

    def _draw_hands(self, planes: Planes, figure: Figure, goods: Goods, t: float) -> None:
        box = self._scene.whole_box(figure, t)
        if box is None:
            return
        width, height = box[2] - box[0], box[3] - box[1]
        shoulder, rest = ((box[0] + box[2]) / 2, box[1] + 0.22 * height), (box[0] + 0.3 * width, box[1] + 0.48 * height)
        sleeve = (max(32, figure.shirt - 12), *figure.tint)
        acts = [act for act in self._scene.acts if act.figure == figure.id and act.rack and act.reached(t) > 0.0]
        for act in acts:
            self._reach(planes, act, (shoulder, rest), sleeve, _ARM_OF_HEIGHT * figure.height_frac, goods, t)
        if not acts:
            self._draw_held(planes, goods.carried.get(figure.id, ()), rest)

    def _reach(
        self,
        planes: Planes,
        act: Act,
        ways: tuple[Point, Point],
        sleeve: tuple[int, int, int],
        thick_frac: float,
        goods: Goods,
        t: float,
    ) -> None:
        hand = hand_at(act, *ways, _middle(self._boxes[act.rack, act.slot]), t)
        if hand is not None:
            draw_arm(planes, sleeve, ways[0], hand, thick_frac)
            self._draw_held(planes, goods.carried.get(act.figure, ()), hand)

    def _draw_held(self, planes: Planes, items: tuple[Place, ...], hand: Point) -> None:
        if items:
            x1, y1, x2, y2 = self._boxes[items[-1]]
            width, height = 0.7 * (x2 - x1), 0.7 * (y2 - y1)
            box = (hand[0] - width / 2, hand[1] - height / 2, hand[0] + width / 2, hand[1] + height / 2)
            draw_item(planes, items[-1], box, self._scene.seed)

    def _trouble(self, index: int, t: float, out: Plane) -> None:
        scene, planes = self._scene, i420_planes(out)
        rng = np.random.default_rng((scene.seed, index))
        if scene.shake_px:
            shake(planes, scene, t)
        down, right = rng.integers(0, 64, 2)
        if scene.noise:
            planes[0][...] += self._noise[down : down + scene.height_px, right : right + scene.width_px]
        covered = any(it.kind == "cover" and it.t_s <= t < it.until_s for it in scene.tampers)
        if scene.rain and not covered:  # what hangs before the lens hides the rain as well
            rain(planes[0], scene.rain, rng)
        if self._compression is not None:
            self._compression.spoil(out)


def _middle(box: Box) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


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


def _draw_figure(planes: Planes, scene: Scene, figure: Figure, t: float) -> None:
    box = scene.whole_box(figure, t)
    if box is None:
        return
    swing = 0.5 * np.sin(np.pi * _STRIDES_PER_HEIGHT * figure.walked_frac(t) / figure.height_frac)
    for level, tint, part in _body(figure, float(swing)):
        fill_ellipse(planes, (level, *tint), _placed(part, box))


def _draw_thing(planes: Planes, thing: Thing, t: float) -> None:
    foot = along(thing.path, t)
    if foot is None:
        return
    box = thing.box_at(foot)
    body, dark = (thing.level, *thing.tint), (max(32, thing.level - 25), *thing.tint)
    for colour, part in _THINGS[thing.kind]:
        (fill_ellipse if colour == "wheel" else fill_box)(planes, dark if colour else body, _placed(part, box))


_THINGS: dict[str, tuple[tuple[str, Box], ...]] = {
    "bag": (("dark", (0.3, 0.0, 0.7, 0.2)), ("", (0.0, 0.15, 1.0, 1.0)), ("dark", (0.1, 0.5, 0.9, 0.58))),
    "box": (("", (0.0, 0.0, 1.0, 1.0)), ("dark", (0.45, 0.0, 0.55, 1.0))),
    "trolley": (
        ("", (0.0, 0.1, 1.0, 0.7)),
        ("dark", (0.0, 0.3, 1.0, 0.35)),
        ("dark", (0.0, 0.5, 1.0, 0.55)),
        ("wheel", (0.05, 0.8, 0.25, 1.0)),
        ("wheel", (0.75, 0.8, 0.95, 1.0)),
    ),
    "car": (
        ("", (0.0, 0.4, 1.0, 0.85)),
        ("", (0.2, 0.0, 0.8, 0.5)),
        ("dark", (0.25, 0.08, 0.75, 0.4)),
        ("wheel", (0.1, 0.7, 0.3, 1.0)),
        ("wheel", (0.7, 0.7, 0.9, 1.0)),
    ),
}
"""How things are made up, in a box from (0, 0) to (1, 1)."""


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
