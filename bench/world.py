"""People who walk about on a square, as boxes with perfect truth. Knows nothing of detectors."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PERSON_HEIGHT_M = 1.75
STEP_S = 0.1
"""The world moves in steps of this; lower rates leave steps out."""
_BEHIND = 0.4
"""Part of those who stop at a sign who stop behind it."""


@dataclass(frozen=True, slots=True)
class View:
    """A camera that looks level from above the ground: what is nearer stands lower in the picture and is larger."""

    size: tuple[int, int] = (768, 576)
    horizon_px: float = -120.0
    camera_height_m: float = 12.0
    scale_px_m: float = 9000.0
    """Distance below the horizon, px, times distance from the camera, m."""
    near_m: float = 14.0
    far_m: float = 32.0

    def box(self, across_m: float, depth_m: float, girth: float, tallness: float) -> Floats:
        """x1, y1, x2, y2 in px of a person who stands there."""
        drop = self.scale_px_m / depth_m
        foot_y = self.horizon_px + drop
        metre = drop / self.camera_height_m
        foot_x = self.size[0] / 2.0 + across_m * metre
        height, half = PERSON_HEIGHT_M * tallness * metre, 0.5 * girth * metre
        return np.array([foot_x - half, foot_y - height, foot_x + half, foot_y])

    def side_m(self, depth_m: float) -> float:
        """How far from the middle the picture ends at a depth."""
        return self.size[0] / 2.0 * self.camera_height_m * depth_m / self.scale_px_m


@dataclass(frozen=True, slots=True)
class Post:
    """Something that stands before whatever is further away than it: x1, x2, its foot and its top, px."""

    x1: float
    x2: float
    foot_y: float
    top_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Sign:
    """A piece of scenery that looks like a person, always in its place; it hides what is further away than it."""

    across_m: float
    depth_m: float
    girth: float
    tallness: float
    logit: float
    """Of its mean score."""

    def box(self, view: View) -> Floats:
        """x1, y1, x2, y2 in px."""
        return view.box(self.across_m, self.depth_m, self.girth, self.tallness)

    def post(self, view: View) -> Post:
        """What it hides."""
        x1, y1, x2, y2 = self.box(view).tolist()
        return Post(x1, x2, y2, y1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What kind of scene to make."""

    name: str
    view: View = View()
    posts: tuple[Post, ...] = ()
    seconds: float = 60.0
    people: float = 6.0
    """About so many at a time."""
    group_share: float = 0.3
    wait_share: float = 0.3
    wait_s: tuple[float, float] = (3.0, 12.0)
    ghosts: int = 3
    """Pieces of scenery that look like people, anywhere."""
    signs: tuple[Sign, ...] = ()
    """More of it, and people pass there and stop before it and behind it."""
    standing: int = 0
    """People who stand together from the start to the end."""
    shy: float = 0.0
    """How much less sure the detector is of those who stand, in logits."""
    fickle: float = 0.55
    """How much its certainty of one person comes and goes, in logits (one standard deviation)."""


@dataclass(slots=True)
class Walker:
    """One person on the way through waypoints (across, depth, pause)."""

    id: int
    at: Floats
    way: list[tuple[float, float, float]]
    speed_m_s: float
    girth: float
    tallness: float
    pause_s: float = 0.0
    still_s: float = 0.0
    """How long nothing of it has moved."""
    velocity: Floats = field(default_factory=lambda: np.zeros(2))

    def step(self, rng: np.random.Generator) -> bool:
        """Walk on; False once it has left."""
        if self.pause_s > 0.0:
            self.pause_s -= STEP_S
            self.still_s += STEP_S
            self.velocity *= 0.3
            return True
        self.still_s = 0.0
        across, depth, pause_s = self.way[0]
        to = np.array([across, depth]) - self.at
        distance = float(np.hypot(*to))
        if distance < 0.3:
            self.way.pop(0)
            self.pause_s = pause_s
            return bool(self.way)
        wish = to / distance * self.speed_m_s
        self.velocity += (wish - self.velocity) * 0.35 + rng.normal(0.0, 0.06, 2)
        self.at = self.at + self.velocity * STEP_S
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Truth at one time: N people."""

    t: float
    ids: tuple[int, ...]
    boxes: Floats
    """(N, 4) px, not cut at the edges."""
    still_s: Floats
    """(N,) how long each has stood."""
    visible: Floats
    """(N,) part of each that nothing hides and that is in the picture."""
    shown: Floats
    """(N, 4) px, the box around what is visible of each."""


def live(plan: Plan, seed: int) -> list[Moment]:
    """Let a plan happen."""
    rng = np.random.default_rng(seed)
    walkers = _stand(plan, rng)
    next_id = 1 + len(walkers)
    moments: list[Moment] = []
    for step in range(round(plan.seconds / STEP_S)):
        while len(walkers) < plan.people * 0.6 or rng.random() < (plan.people - len(walkers)) * STEP_S * 0.15:
            arrivals = _arrive(plan, rng, next_id, inside=step == 0)
            next_id += len(arrivals)
            walkers += arrivals
        walkers = [walker for walker in walkers if walker.step(rng)]
        moments.append(_moment(plan, walkers, step * STEP_S))
    return moments


def _stand(plan: Plan, rng: np.random.Generator) -> list[Walker]:
    """A group with something to talk about."""
    depth = plan.view.near_m + rng.uniform(0.2, 0.8) * (plan.view.far_m - plan.view.near_m)
    middle = np.array([rng.uniform(-0.6, 0.6) * plan.view.side_m(depth), depth])
    return [
        Walker(number, middle + rng.normal(0.0, 1.0, 2), [], 1.0, 0.6, rng.uniform(0.9, 1.1), plan.seconds + 1.0)
        for number in range(1, plan.standing + 1)
    ]


def _arrive(plan: Plan, rng: np.random.Generator, first_id: int, *, inside: bool) -> list[Walker]:
    count = 1 + (int(rng.integers(1, 3)) if rng.random() < plan.group_share else 0)
    start, end = _edge(plan.view, rng), _edge(plan.view, rng)
    if inside:
        depth = rng.uniform(plan.view.near_m, plan.view.far_m)
        start = (rng.uniform(-0.8, 0.8) * plan.view.side_m(depth), depth)
    middle = []
    for _ in range(rng.integers(0, 3)):
        depth = rng.uniform(plan.view.near_m, plan.view.far_m)
        pause_s = rng.uniform(*plan.wait_s) if rng.random() < plan.wait_share else 0.0
        middle.append((rng.uniform(-0.8, 0.8) * plan.view.side_m(depth), depth, pause_s))
    if plan.signs:
        middle += [(*_beside(plan, rng), pause_s) for pause_s in (0.0, rng.uniform(*plan.wait_s))]
    speed = rng.uniform(0.9, 1.7)
    walkers = []
    for number in range(count):
        shift = rng.normal(0.0, 0.6, 2) if number else np.zeros(2)
        way = [(x + shift[0], z + shift[1], pause) for x, z, pause in [*middle, (*end, 0.0)]]
        walkers.append(
            Walker(
                first_id + number, np.array(start) + shift, way, speed, rng.uniform(0.5, 0.75), rng.uniform(0.9, 1.1)
            )
        )
    return walkers


def _beside(plan: Plan, rng: np.random.Generator) -> tuple[float, float]:
    """A place a step before or behind a sign."""
    sign = plan.signs[int(rng.integers(len(plan.signs)))]
    away_m = rng.uniform(0.4, 1.2) * (1.0 if rng.random() < _BEHIND else -1.0)
    return sign.across_m + rng.normal(0.0, 0.3), sign.depth_m + away_m


def _edge(view: View, rng: np.random.Generator) -> tuple[float, float]:
    """A place just outside the picture."""
    depth = rng.uniform(view.near_m, view.far_m)
    side = 1.0 if rng.random() < 0.5 else -1.0
    return side * (view.side_m(depth) + 0.8), depth


def _moment(plan: Plan, walkers: list[Walker], t: float) -> Moment:
    places = [plan.view.box(float(w.at[0]), float(w.at[1]), w.girth, w.tallness) for w in walkers]
    boxes = np.array(places).reshape(-1, 4)
    visible, shown = _visibility(plan, boxes)
    inside = _inside(boxes, plan.view.size) > 0.3
    ids = tuple(w.id for w, keep in zip(walkers, inside, strict=True) if keep)
    still_s = np.array([w.still_s for w in walkers])
    return Moment(t, ids, boxes[inside], still_s[inside], visible[inside], shown[inside])


def _inside(boxes: Floats, size: tuple[int, int]) -> Floats:
    width = np.minimum(boxes[:, 2], size[0]) - np.maximum(boxes[:, 0], 0.0)
    height = np.minimum(boxes[:, 3], size[1]) - np.maximum(boxes[:, 1], 0.0)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return np.asarray(np.maximum(width, 0.0) * np.maximum(height, 0.0) / area)


def _visibility(plan: Plan, boxes: Floats) -> tuple[Floats, Floats]:
    """Sample 6x14 points of each box and see which of them nearer people, posts or the edge hide."""
    u, v = (grid.ravel() for grid in np.meshgrid(np.linspace(0.08, 0.92, 6), np.linspace(0.04, 0.96, 14)))
    visible, shown = np.ones(len(boxes)), boxes.copy()
    posts = (*plan.posts, *(sign.post(plan.view) for sign in plan.signs))
    for i, (x1, y1, x2, y2) in enumerate(boxes):
        x, y = x1 + u * (x2 - x1), y1 + v * (y2 - y1)
        hidden = (x < 0) | (y < 0) | (x > plan.view.size[0]) | (y > plan.view.size[1])
        for post in posts:
            if y2 < post.foot_y:
                hidden |= (x > post.x1) & (x < post.x2) & (y < post.foot_y) & (y > post.top_y)
        for j, (ox1, oy1, ox2, oy2) in enumerate(boxes):
            if j != i and oy2 > y2:
                margin = 0.12 * (ox2 - ox1)
                hidden |= (x > ox1 + margin) & (x < ox2 - margin) & (y > oy1) & (y < oy2)
        visible[i] = 1.0 - hidden.mean()
        if not hidden.all():
            seen_x, seen_y = x[~hidden], y[~hidden]
            pad_x, pad_y = 0.08 * (x2 - x1), 0.04 * (y2 - y1)
            shown[i] = seen_x.min() - pad_x, seen_y.min() - pad_y, seen_x.max() + pad_x, seen_y.max() + pad_y
    return visible, shown
