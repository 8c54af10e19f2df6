"""What troubles a drawn picture: shadows that pass, things, hands on the camera. Draws nothing."""

from dataclasses import dataclass
from typing import Literal

from device.capture.scene_path import Waypoint, rising


@dataclass(frozen=True, slots=True)
class Shade:
    """A shadow, or a patch of sun, that moves along a path."""

    path: tuple[Waypoint, ...]
    size_frac: tuple[float, float] = (0.3, 0.3)
    """Width and height, fractions of the picture."""
    gain: float = 0.7
    """How bright it is inside; below 1 a shadow."""
    soft_frac: float = 0.3
    """How much of its half width is a soft edge."""

    def __post_init__(self) -> None:
        if not rising(self.path) or min(self.size_frac) <= 0.0:
            raise ValueError("a shade needs a size and a path of two points or more, at rising times")
        if not (0.0 <= self.gain <= 3.0 and 0.01 <= self.soft_frac <= 1.0):
            raise ValueError(f"a shade's gain {self.gain} is outside 0..3 or its soft_frac outside 0.01..1")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is brought, stands or rolls: a bag, a trolley, a car, a box."""

    id: int
    path: tuple[Waypoint, ...]
    """Of the middle of its lower edge; it is there from the first point to the last."""
    size_frac: tuple[float, float] = (0.06, 0.1)
    """Width and height, fractions of the picture."""
    kind: Literal["bag", "trolley", "car", "box"] = "bag"
    level: int = 60
    tint: tuple[int, int] = (128, 128)

    def __post_init__(self) -> None:
        if not rising(self.path):
            raise ValueError(f"thing {self.id}: its path needs two points or more, at rising times")
        if self.kind not in ("bag", "trolley", "car", "box") or min(self.size_frac) <= 0.0:
            raise ValueError(f"thing {self.id}: kind is bag, trolley, car or box, and its size more than nothing")
        if not all(32 <= level <= 219 for level in (self.level, *self.tint)):
            raise ValueError(f"thing {self.id}: level or tint is outside 32..219")

    def box_at(self, foot: tuple[float, float]) -> tuple[float, float, float, float]:
        """Where all of it is when the middle of its lower edge is there, fractions."""
        (x, y), (width, height) = foot, self.size_frac
        return x - width / 2, y - height, x + width / 2, y


@dataclass(frozen=True, slots=True)
class Tamper:
    """Something that is done to the camera itself."""

    t_s: float
    until_s: float
    kind: Literal["cover", "turn", "blur"] = "cover"
    level: int = 90
    """Brightness of what covers it."""
    right_frac: float = 0.0
    """How far the scene lies right of where it was, once it is turned."""
    sigma_px: float = 4.0
    """How blurred it is."""

    def __post_init__(self) -> None:
        if self.kind not in ("cover", "turn", "blur") or self.until_s <= self.t_s:
            raise ValueError("a tamper's kind is cover, turn or blur, and it ends after it began")
        if not (32 <= self.level <= 219 and -1.0 < self.right_frac < 1.0 and 0.1 <= self.sigma_px <= 50.0):
            raise ValueError("a tamper's level must be 32..219, right_frac -1..1, sigma_px 0.1..50")
