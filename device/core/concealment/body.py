"""One look at one person's body: joints, and bags about it. Does not know how they were found."""

from dataclasses import dataclass

from device.core.geometry import Box
from device.core.pose import Pose

BAGS = ("backpack", "handbag", "suitcase")
"""Labels of COCO that a bag in somebody's hands is taken for; which of them says little."""


@dataclass(frozen=True, slots=True)
class Bag:
    """Something that may be a bag."""

    label: str
    score: float
    """0..1; low scores count too, as small detectors hardly see bags."""
    box: Box
    """In fractions of the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """What was seen of somebody's body in one picture."""

    pose: Pose
    bags: tuple[Bag, ...] = ()
    """Best score first."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyLook:
    """A body, whose, and when."""

    track: int
    t: float
    """s on the run's clock."""
    box: Box
    """Of the person, in fractions of the picture."""
    size: tuple[int, int]
    """Width and height of the picture, px."""
    body: Body
