"""Where the joints of one person are, read from the outputs of a pose network. Does not run it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device.core.card import ModelCard, TensorSpec
from device.core.cutout import Window
from device.core.geometry import Point


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """The joints of one person in one picture."""

    names: tuple[str, ...]
    points: NDArray[np.float32]
    """(N, 2) x, y in fractions of the picture; a point that is out of view may lie beyond it."""
    seen: NDArray[np.float32]
    """(N,) how surely each point is in view, 0..1."""
    presence: float
    """How surely there is a body at all, 0..1; without a box around a person it says little."""

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.points.shape != (count, 2) or self.seen.shape != (count,):
            raise ValueError(f"{count} names, points {self.points.shape}, seen {self.seen.shape}")
        if not np.isfinite(self.points).all():
            raise ValueError("a point is not finite")

    def point(self, name: str) -> Point:
        """One point."""
        x, y = self.points[self.names.index(name)]
        return float(x), float(y)


class PoseReader:
    """Reads the outputs of one pose network."""

    def __init__(self, card: ModelCard) -> None:
        """Remember how.

        Raises:
            ValueError: the card is of no pose network.
        """
        if card.pose is None:
            raise ValueError(f"model {card.name} is a {card.kind}, not a pose network")
        self._names, self._spec = card.labels, card.pose
        self._side = np.array([card.input.width, card.input.height], dtype=np.float32)

    def read(self, output: Callable[[int], NDArray[np.int8]], window: Window, size: tuple[int, int]) -> Pose:
        """The pose in a picture.

        Args:
            output: the network's output of that place.
            window: of the picture, which filled the whole input.
            size: width and height of the picture, px.
        """
        points, seen, presence = (
            _value(output(part.output), part) for part in (self._spec.points, self._spec.seen, self._spec.presence)
        )
        inside = points.reshape(-1, 2) / self._side
        extent = np.array([window.width, window.height], dtype=np.float32)
        origin = np.array([window.left, window.top], dtype=np.float32)
        return Pose(
            names=self._names,
            points=((origin + inside * extent) / np.array(size, dtype=np.float32)).astype(np.float32),
            seen=seen[0],
            presence=float(presence[0, 0]),
        )


def _value(levels: NDArray[np.int8], spec: TensorSpec) -> NDArray[np.float32]:
    return np.asarray((levels.astype(np.float32) - spec.zero_point) * spec.scale, dtype=np.float32)
