"""Where something in a drawn scene is at a moment: paths in straight lines. Draws nothing."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Where something stands at a moment: for somebody, the feet."""

    t_s: float
    x_frac: float
    y_frac: float


def rising(path: tuple[Waypoint, ...]) -> bool:
    """Whether a path can be walked: two points or more, at rising times."""
    return len(path) >= 2 and all(after.t_s > before.t_s for before, after in pairwise(path))


def along(path: tuple[Waypoint, ...], t: float) -> Point | None:
    """Where whoever follows a path in straight lines is; None before its first point and after its last."""
    if not path[0].t_s <= t <= path[-1].t_s:
        return None
    after = min(bisect_right([point.t_s for point in path], t), len(path) - 1)
    start, end = path[after - 1], path[after]
    done = (t - start.t_s) / (end.t_s - start.t_s)
    return start.x_frac + done * (end.x_frac - start.x_frac), start.y_frac + done * (end.y_frac - start.y_frac)
