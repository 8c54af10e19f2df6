"""Augmentations that move things: flip, turn, zoom, shift and mosaic. Does not change colours.

Each is a function of its settings and a seed that returns a function of the draw's number alone: the same number gives
the same move, in whatever order and on however many threads.
"""

import hashlib
import math
from collections.abc import Callable

import numpy as np

from device.core.card import InputSpec
from device.detect.preprocess import place_picture
from training.data.scene import Canvas, Matrix, Scene, canvas_of, render, scaling, shifting

Move = Callable[[int], Matrix]
"""From the number of the draw to a matrix about the middle of the canvas, in units of its width and height."""
Fetch = Callable[[int], Scene]
"""From the place of a picture to the picture."""

_STILL: Matrix = np.eye(3)


def stream(seed: int, name: str) -> Callable[[int], np.random.Generator]:
    """Random numbers that depend on the seed, the name of the op and the number of the draw, and on nothing else."""
    word = int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8], "big")
    return lambda draw: np.random.Generator(np.random.Philox(key=np.array([word, draw], dtype=np.uint64)))


def flip(share: float, seed: int) -> Move:
    """Left becomes right in a share of the draws."""
    numbers = stream(seed, "flip")
    return lambda draw: scaling(-1.0, 1.0) if numbers(draw).random() < share else _STILL


def turn(share: float, most_deg: float, aspect: float, seed: int) -> Move:
    """Turned by up to so many degrees; ``aspect`` is the canvas' width over its height."""
    numbers = stream(seed, "turn")

    def move(draw: int) -> Matrix:
        rng = numbers(draw)
        if rng.random() >= share:
            return _STILL
        angle = math.radians(rng.uniform(-most_deg, most_deg))
        sine, cosine = math.sin(angle), math.cos(angle)
        return np.array([[cosine, -sine / aspect, 0.0], [sine * aspect, cosine, 0.0], [0.0, 0.0, 1.0]])

    return move


def zoom(share: float, least: float, most: float, shift_frac: float, seed: int) -> Move:
    """Larger (which crops) or smaller, by a factor that is even in its logarithm, and moved aside."""
    numbers = stream(seed, "zoom")

    def move(draw: int) -> Matrix:
        rng = numbers(draw)
        if rng.random() >= share:
            return _STILL
        factor = math.exp(rng.uniform(math.log(least), math.log(most)))
        return shifting(*rng.uniform(-shift_frac, shift_frac, 2)) @ scaling(factor, factor)

    return move


def letterboxed(scene: Scene, spec: InputSpec) -> Matrix:
    """The matrix that puts a picture where the device puts it."""
    height, width = scene.picture.shape[:2]
    place = place_picture(spec, width, height)
    return shifting(place.left, place.top) @ scaling(place.width / width, place.height / height)


def single(spec: InputSpec, moves: tuple[Move, ...], min_visible_frac: float) -> Callable[[Scene, int], Scene]:
    """One picture in the letterbox, moved."""
    canvas = canvas_of(spec)

    def draw_one(scene: Scene, draw: int) -> Scene:
        matrix = _about_the_middle(canvas, moves, draw) @ letterboxed(scene, spec)
        return render(scene, matrix, canvas, min_visible_frac)

    return draw_one


def mosaic(
    spec: InputSpec, moves: tuple[Move, ...], min_visible_frac: float, seed: int
) -> Callable[[Fetch, int, int, int], Scene]:
    """Four pictures, each filling a quarter of the canvas, around a centre that varies."""
    numbers = stream(seed, "mosaic")

    def draw_four(fetch: Fetch, count: int, first: int, draw: int) -> Scene:
        rng, pad = numbers(draw), canvas_of(spec).pad
        across, down = (int(rng.uniform(0.3, 0.7) * side) for side in (spec.width, spec.height))
        chosen = [first, *(int(place) for place in rng.integers(0, count, 3))]
        corners = [(0, 0, across, down), (across, 0, spec.width, down), (0, down, across, spec.height),
                   (across, down, spec.width, spec.height)]  # fmt: skip
        parts = []
        for number, (place, corner) in enumerate(zip(chosen, corners, strict=True)):
            cell = Canvas(corner[2] - corner[0], corner[3] - corner[1], pad)
            scene = fetch(place)
            matrix = _about_the_middle(cell, moves, 4 * draw + number) @ _covering(scene, cell, rng)
            parts.append((render(scene, matrix, cell, min_visible_frac), corner))
        return _joined(parts, spec)

    return draw_four


def _about_the_middle(canvas: Canvas, moves: tuple[Move, ...], draw: int) -> Matrix:
    """All moves one after the other, in px of the canvas."""
    matrix = scaling(1 / canvas.width, 1 / canvas.height)
    matrix = shifting(-0.5, -0.5) @ matrix
    for move in moves:
        matrix = move(draw) @ matrix
    return scaling(canvas.width, canvas.height) @ shifting(0.5, 0.5) @ matrix


def _covering(scene: Scene, cell: Canvas, rng: np.random.Generator) -> Matrix:
    """The smallest scale at which the picture fills the cell, some part of it in view."""
    height, width = scene.picture.shape[:2]
    scale = max(cell.width / width, cell.height / height)
    spare = (width * scale - cell.width, height * scale - cell.height)
    return shifting(-spare[0] * rng.random(), -spare[1] * rng.random()) @ scaling(scale, scale)


def _joined(parts: list[tuple[Scene, tuple[int, int, int, int]]], spec: InputSpec) -> Scene:
    picture = np.empty((spec.height, spec.width, 3), dtype=np.uint8)
    boxes = []
    for scene, (left, top, right, bottom) in parts:
        picture[top:bottom, left:right] = scene.picture
        boxes.append(scene.boxes + np.array([left, top, left, top], dtype=np.float32))
    return Scene(picture, np.concatenate(boxes), np.concatenate([scene.labels for scene, _ in parts]))
