"""A picture in memory with its boxes, and how both are moved by one matrix. Does not choose matrices."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.card import InputSpec

Matrix = NDArray[np.float64]
"""(3, 3), from px of one picture to px of another; (0, 0) is the outer corner of the first pixel."""

MIN_BOX_PX = 2.0
"""A side under this on the input of the network is nothing to learn from."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture and what is on it."""

    picture: NDArray[np.uint8]
    """(height, width, 3) BGR."""
    boxes: NDArray[np.float32]
    """(n, 4) left, top, right, bottom, px of this picture, edges between pixels."""
    labels: NDArray[np.int32]
    """(n,), or a single one for the whole picture where there are no boxes."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What is drawn on."""

    width: int
    height: int
    pad: tuple[int, int, int]
    """BGR where no picture is."""


def canvas_of(spec: InputSpec) -> Canvas:
    """The input of a network, to draw on; the card names its pad in the order of the card's channels."""
    blue, green, red = spec.pad if spec.channels == "BGR" else spec.pad[::-1]
    return Canvas(spec.width, spec.height, (blue, green, red))


def scaling(x: float, y: float) -> Matrix:
    """Stretch about the corner."""
    return np.diag([x, y, 1.0])


def shifting(x: float, y: float) -> Matrix:
    """Move by px."""
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def render(scene: Scene, matrix: Matrix, canvas: Canvas, min_visible_frac: float) -> Scene:
    """Draw a scene through a matrix; boxes enclose the moved things and are cut at the edge.

    Args:
        scene: what to draw.
        matrix: from its px to those of the canvas.
        canvas: where to.
        min_visible_frac: boxes of which less is left are dropped.
    """
    picture, shrunk = _halve(scene.picture, matrix)
    centres = shifting(-0.5, -0.5) @ shrunk @ shifting(0.5, 0.5)
    drawn = cv2.warpAffine(
        picture, centres[:2], (canvas.width, canvas.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=canvas.pad,
    )  # fmt: skip
    boxes, kept = move_boxes(scene.boxes, matrix, canvas, min_visible_frac)
    labels = scene.labels[kept] if len(scene.boxes) else scene.labels
    return Scene(np.asarray(drawn, dtype=np.uint8), boxes, labels)


def move_boxes(
    boxes: NDArray[np.float32], matrix: Matrix, canvas: Canvas, min_visible_frac: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The boxes around the moved corners, cut to the canvas, and which of the old ones they are."""
    if not len(boxes):
        return boxes, np.zeros(0, dtype=bool)
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2).astype(np.float64)
    moved = corners @ matrix[:2, :2].T + matrix[:2, 2]
    full = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
    limits = np.array([canvas.width, canvas.height] * 2, dtype=np.float64)
    cut = np.clip(full, 0.0, limits)
    sides = cut[:, 2:] - cut[:, :2]
    whole = np.prod(full[:, 2:] - full[:, :2], axis=1)
    kept = (np.prod(sides, axis=1) >= min_visible_frac * whole) & (sides.min(axis=1) >= MIN_BOX_PX)
    return cut[kept].astype(np.float32), kept


def _halve(picture: NDArray[np.uint8], matrix: Matrix) -> tuple[NDArray[np.uint8], Matrix]:
    """A picture no more than twice as fine as it will be drawn, as the device does it, or patterns would alias."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    while scale < 0.5 and min(picture.shape[:2]) >= 4:
        height, width = picture.shape[:2]
        half = (width // 2, height // 2)
        picture = np.asarray(cv2.resize(picture, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        matrix = matrix @ scaling(width / half[0], height / half[1])
        scale *= 2
    return picture, matrix
