"""Draws racks, the goods on them and arms that reach for them. Decides nothing about what stands where."""

import numpy as np

from device.capture.draw_shapes import Colour, Planes, fill_box, fill_ellipse, fill_limb
from device.capture.scene_goods import Act, Box, Goods, Place, Point, Rack

SKIN: Colour = (165, 114, 146)
_SHADE = 0.6
"""Brightness of an item that stands farther back, against the one in front."""


def draw_rack(planes: Planes, rack: Rack, goods: Goods, seed: int) -> None:
    """The boards of a rack, and what stands on it."""
    fill_box(planes, (rack.level, 124, 132), rack.box)
    x1, _, x2, _ = rack.box
    for row in range(rack.rows):
        bottom = rack.slot_box(row * rack.columns)[3]
        fill_box(planes, (max(32, rack.level - 50), 122, 134), (x1, bottom - 0.012, x2, bottom))
    for slot in range(rack.slots):
        place = (rack.id, slot)
        if rack.deep:
            draw_item(planes, place, _farther(standing_box(rack, slot, place, seed)), seed, shade=_SHADE)
        if place in goods.standing:
            item = goods.standing[place]
            draw_item(planes, item, standing_box(rack, slot, item, seed), seed)


def standing_box(rack: Rack, slot: int, item: Place, seed: int) -> Box:
    """Where an item is that stands in a slot."""
    x1, y1, x2, y2 = rack.slot_box(slot)
    wide, high = _look(item, seed).uniform(0.85, 1.15, 2)
    width, height = min(0.98, rack.fill_frac * wide) * (x2 - x1), min(0.95, rack.fill_frac * high) * (y2 - y1)
    middle, bottom = (x1 + x2) / 2, y2 - 0.012
    return middle - width / 2, bottom - height, middle + width / 2, bottom


def _farther(box: Box) -> Box:
    """Where the next item stands behind one: it looks smaller, and higher."""
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    return x1 + 0.08 * width, y1 + 0.06 * height, x2 - 0.08 * width, y2 - 0.1 * height


def draw_item(planes: Planes, item: Place, box: Box, seed: int, shade: float = 1.0) -> None:
    """An item with a label and print on it; it looks the same wherever it is."""
    look = _look(item, seed)
    look.uniform(size=2)  # its size was drawn from these
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    body, label = _colour(look, shade), _colour(look, shade)
    if look.uniform() < 0.4:  # a bottle: neck and shoulders
        fill_box(planes, body, (x1 + 0.36 * width, y1, x2 - 0.36 * width, y1 + 0.4 * height))
        fill_ellipse(planes, body, (x1, y1 + 0.2 * height, x2, y1 + 0.6 * height))
        fill_box(planes, body, (x1, y1 + 0.4 * height, x2, y2))
    else:
        fill_box(planes, body, box)
    top = float(look.uniform(0.4, 0.6))
    fill_box(planes, label, (x1 + 0.1 * width, y1 + top * height, x2 - 0.1 * width, y1 + (top + 0.3) * height))
    for line in look.uniform(0.05, 0.25, 2):
        at = y1 + (top + float(line)) * height
        fill_box(planes, (body[0], label[1], label[2]), (x1 + 0.2 * width, at, x2 - 0.25 * width, at + 0.03 * height))


def _look(item: Place, seed: int) -> np.random.Generator:
    return np.random.default_rng((seed, item[1], *item[0].encode()))


def _colour(look: np.random.Generator, shade: float) -> Colour:
    level, u, v = look.integers((45, 85, 85), (215, 172, 172))
    return max(32, round(int(level) * shade)), round(128 + (int(u) - 128) * shade), round(128 + (int(v) - 128) * shade)


def hand_at(act: Act, shoulder: Point, rest: Point, target: Point, t: float) -> Point | None:
    """Where the hand of an act is; None while it rests."""
    done = act.reached(t)
    if done <= 0.0:
        return None
    start = shoulder if act.figure == 0 else rest
    return start[0] + done * (target[0] - start[0]), start[1] + done * (target[1] - start[1])


def draw_arm(planes: Planes, sleeve: Colour, shoulder: Point, hand: Point, thick_frac: float) -> None:
    """An arm, its last quarter bare."""
    wrist = hand[0] + 0.25 * (shoulder[0] - hand[0]), hand[1] + 0.25 * (shoulder[1] - hand[1])
    fill_limb(planes, sleeve, shoulder, wrist, thick_frac)
    fill_limb(planes, SKIN, wrist, hand, 0.8 * thick_frac)
