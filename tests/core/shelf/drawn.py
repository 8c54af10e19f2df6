"""Drawn shelves and what a watch says of them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from device.capture.draw import Painter
from device.capture.scene import Figure, Scene
from device.capture.scene_goods import Act, ActKind, Rack
from device.capture.scene_path import Waypoint
from device.core.frame import Frame
from device.core.geometry import Polygon
from device.core.shelf.ledger import Change
from device.core.shelf.watch import ShelfWatch
from device.core.track import Track

BOX = (0.4, 0.2, 0.9, 0.65)
AREA = Polygon(((0.4, 0.2), (0.9, 0.2), (0.9, 0.65), (0.4, 0.65)))
RACK = Rack("rack", BOX, rows=2, columns=4)
SHOPPER = Figure(3, (Waypoint(0.0, 0.28, 0.95), Waypoint(60.0, 0.29, 0.95)), height_frac=0.7, shirt=60)


def shop(*acts: Act, **changes: Any) -> Scene:
    """A shelf of eight items, and hands."""
    usual: dict[str, Any] = {"width_px": 320, "height_px": 240, "fps": 5.0, "duration_s": 12.0, "seed": 4}
    return Scene(**{**usual, "racks": (RACK,), **changes, "acts": acts})


def by_arm(t_s: float, kind: ActKind, slot: int) -> Act:
    """An arm from below, without anybody."""
    return Act(t_s, kind, "rack", slot)


def frames(scene: Scene) -> Iterator[tuple[Frame, tuple[Track, ...]]]:
    """All pictures, and people as a tracker would follow them."""
    painter = Painter(scene)
    for seq in range(scene.pictures):
        i420 = np.empty((scene.height_px * 3 // 2, scene.width_px), np.uint8)
        painter.draw(seq, seq / scene.fps, i420)
        t = seq / scene.fps
        tracks = tuple(
            Track(there.id, there.label, there.box, 0.8, True, True, True, 0.0, t) for there in scene.truth(t)
        )
        yield Frame(seq, t, None, i420), tracks


def watched(scene: Scene, *, grid: tuple[int, int] | None = (2, 4)) -> list[Change]:
    """Everything that a watch says of a scene."""
    watch = ShelfWatch(AREA, grid)
    return [change for frame, tracks in frames(scene) for change in watch.observe(frame, tracks, frame.t)]
