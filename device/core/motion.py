"""The motion gate: says where a picture changed and so whether the detector is worth waking. Sees only luma."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Where one picture differs from the scene as it has been."""

    open: bool
    """Whether the detector should look."""
    area_frac: float
    """Part of the picture that changed, 0..1."""
    mask: NDArray[np.bool_]
    """(h, w) grid over the picture, True where it changed."""
    scene_change: bool
    """Nearly everything changed at once: light switched, camera moved; says nothing of any one thing."""
