"""When a picture was taken and which one it is. Holds no pixels, so that a camera's process stays small."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stamp:
    """Number and times of one picture."""

    seq: int
    """Number of the picture in its source, from 0; gaps are pictures that were dropped."""
    t: float
    """Monotonic or media time, s, strictly rising."""
    wall: float | None
    """Unix time, s, a label only; None where no clock is to be believed."""
