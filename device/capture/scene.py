"""What happens in a drawn scene, and where everything truly is at any time. Draws nothing, reads no file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from device.capture.scene_goods import Act, Box, Point, Rack
from device.capture.scene_path import Waypoint, along, rising
from device.capture.scene_weather import Shade, Tamper, Thing


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody who walks from way-point to way-point in straight lines; there from the first to the last of them."""

    id: int
    path: tuple[Waypoint, ...]
    height_frac: float = 0.45
    """Height of the body in heights of the picture."""
    shirt: int = 90
    trousers: int = 45
    """Brightness, 32..219: what remains of 16..235 is room for noise."""
    tint: tuple[int, int] = (128, 128)
    """U and V of the shirt; 128 is grey."""

    def __post_init__(self) -> None:
        if not rising(self.path):
            raise ValueError(f"figure {self.id}: its path needs two points or more, at rising times")
        if not 0.02 <= self.height_frac <= 2.0:
            raise ValueError(f"figure {self.id}: height_frac {self.height_frac} is outside 0.02..2")
        if not all(32 <= level <= 219 for level in (self.shirt, self.trousers, *self.tint)):
            raise ValueError(f"figure {self.id}: shirt, trousers or tint is outside 32..219")

    def foot_at(self, t: float) -> Point | None:
        """Where the feet are, fractions of the picture; None when not in the scene."""
        return along(self.path, t)

    def walked_frac(self, t: float) -> float:
        """How far they have come, fractions of the picture: what the legs swing by."""
        way = 0.0
        for start, end in pairwise(self.path):
            share = min(1.0, max(0.0, (t - start.t_s) / (end.t_s - start.t_s)))
            way += share * ((end.x_frac - start.x_frac) ** 2 + (end.y_frac - start.y_frac) ** 2) ** 0.5
        return way


@dataclass(frozen=True, slots=True)
class Light:
    """A change of the light: from ``t_s`` on, in ``ramp_s``, everything is ``gain`` times as bright."""

    t_s: float
    gain: float
    ramp_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.gain <= 4.0 or self.ramp_s < 0:
            raise ValueError(f"light at {self.t_s} s: gain {self.gain} is outside 0..4 or ramp_s below 0")


@dataclass(frozen=True, slots=True)
class Truth:
    """One thing that is there, where it can be seen."""

    id: int
    label: str
    box: Box
    """x1, y1, x2, y2 in fractions of the picture, cut at its edges."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A room, who walks in it, and how it is filmed."""

    width_px: int = 640
    height_px: int = 480
    fps: float = 15.0
    duration_s: float = 30.0
    seed: int = 1
    noise: int = 3
    """Largest error of a pixel, levels."""
    figures: tuple[Figure, ...] = ()
    lights: tuple[Light, ...] = field(default=())
    racks: tuple[Rack, ...] = ()
    acts: tuple[Act, ...] = ()
    things: tuple[Thing, ...] = ()
    shades: tuple[Shade, ...] = ()
    tampers: tuple[Tamper, ...] = ()
    shake_px: int = 0
    """Farthest that the camera swings, px each way."""
    rain: int = 0
    """Streaks in a picture."""
    jpeg_q: int = 0
    """Coarseness of compression, 2 (fine) to 31; 0 is none."""

    def __post_init__(self) -> None:
        if not (16 <= self.width_px <= 4096 and 16 <= self.height_px <= 4096):
            raise ValueError(f"a picture of {self.width_px} x {self.height_px} px is outside 16..4096")
        if self.width_px % 2 or self.height_px % 2:
            raise ValueError(f"width_px and height_px must be even, not {self.width_px} x {self.height_px}")
        if not (0.1 <= self.fps <= 240 and 0 < self.duration_s <= 1e6 and 0 <= self.noise <= 15 and self.seed >= 0):
            raise ValueError("fps must be 0.1..240, duration_s up to 1000000, noise 0..15, seed 0 or more")
        if len({figure.id for figure in self.figures}) != len(self.figures):
            raise ValueError("two figures have the same id")
        if not (0 <= self.shake_px <= 32 and 0 <= self.rain <= 2000 and (self.jpeg_q == 0 or 2 <= self.jpeg_q <= 31)):
            raise ValueError("shake_px must be 0..32, rain 0..2000, jpeg_q 0 or 2..31")
        self._check_acts()

    def _check_acts(self) -> None:
        slots, ids = {rack.id: rack.slots for rack in self.racks}, {figure.id for figure in self.figures}
        if len(slots) != len(self.racks):
            raise ValueError("two racks have the same id")
        for act in self.acts:
            if act.kind != "hide" and act.slot >= slots.get(act.rack, 0):
                raise ValueError(f"act at {act.t_s} s: there is no slot {act.slot} in a rack {act.rack!r}")
            if act.figure and act.figure not in ids:
                raise ValueError(f"act at {act.t_s} s: there is no figure {act.figure}")

    @property
    def pictures(self) -> int:
        """How many pictures the scene has."""
        return max(1, round(self.duration_s * self.fps))

    def gain_at(self, t: float) -> float:
        """How bright the light is; 1 is usual."""
        gain = 1.0
        for light in sorted(self.lights, key=lambda light: light.t_s):
            if t >= light.t_s:
                share = min(1.0, (t - light.t_s) / light.ramp_s) if light.ramp_s else 1.0
                gain += share * (light.gain - gain)
        return gain

    def whole_box(self, figure: Figure, t: float) -> Box | None:
        """Where all of somebody is, also what lies outside the picture."""
        foot = figure.foot_at(t)
        if foot is None:
            return None
        half = figure.height_frac * BODY_ASPECT * self.height_px / self.width_px / 2
        return foot[0] - half, foot[1] - figure.height_frac, foot[0] + half, foot[1]

    def truth(self, t: float) -> tuple[Truth, ...]:
        """Everybody and every car of which a quarter or more is in the picture; people first, the farthest of them."""
        people = ((it.id, "person", self.whole_box(it, t)) for it in self.by_distance(t))
        cars = (
            (it.id, "car", it.box_at(foot)) for it in self.things if it.kind == "car" if (foot := along(it.path, t))
        )
        return tuple(
            Truth(id_, label, seen)
            for id_, label, box in (*people, *cars)
            if box is not None and _area(seen := _cut(box)) >= 0.25 * _area(box)
        )

    def by_distance(self, t: float) -> Sequence[Figure]:
        """Who is in the scene; whose feet are higher in the picture stands farther away and comes first."""
        there = [(foot[1], figure.id, figure) for figure in self.figures if (foot := figure.foot_at(t)) is not None]
        return [figure for _, _, figure in sorted(there, key=lambda entry: entry[:2])]


BODY_ASPECT = 0.4
"""Width of a walking body in heights of it."""


def _cut(box: Box) -> Box:
    x1, y1, x2, y2 = (min(1.0, max(0.0, edge)) for edge in box)
    return x1, y1, x2, y2


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


DEFAULT_SCENE = Scene(
    figures=(
        Figure(
            id=1,
            path=(
                Waypoint(2.0, -0.1, 0.85),
                Waypoint(7.0, 0.45, 0.9),
                Waypoint(12.0, 0.46, 0.9),
                Waypoint(18.0, 1.1, 0.8),
            ),
            height_frac=0.55,
            tint=(150, 110),
        ),
        Figure(
            id=2,
            path=(Waypoint(9.0, 1.1, 0.7), Waypoint(16.0, 0.3, 0.72), Waypoint(24.0, -0.1, 0.95)),
            height_frac=0.45,
            shirt=170,
            trousers=70,
            tint=(110, 160),
        ),
    ),
    lights=(Light(t_s=26.0, gain=0.6, ramp_s=0.5), Light(t_s=28.0, gain=1.0)),
)
"""Two people cross a room, one of them stands still for a while; then the light is turned down and up again."""
