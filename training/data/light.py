"""Augmentations that change colours: light, sensors, night, infrared and compression. Does not move anything.

Each is a function of its settings and a seed that returns a function of a picture and the draw's number.
"""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.moves import stream

Pixels = NDArray[np.uint8]
Op = Callable[[Pixels, int], Pixels]
"""From a (height, width, 3) BGR picture and the number of the draw to another of its size."""

_LEVELS = np.arange(256, dtype=np.float64)[:, None]
_FIELD_PX = 1024
_FIELD_SIGMA = 32.0


def sometimes(name: str, share: float, seed: int, change: Callable[[Pixels, np.random.Generator], Pixels]) -> Op:
    """Change a share of the pictures; the numbers come from a stream of this name."""
    numbers = stream(seed, name)

    def apply(picture: Pixels, draw: int) -> Pixels:
        rng = numbers(draw)
        return change(picture, rng) if rng.random() < share else picture

    return apply


def brightness(share: float, most_levels: float, seed: int) -> Op:
    """All levels higher or lower."""

    def change(picture: Pixels, rng: np.random.Generator) -> Pixels:
        return _by_table(picture, _LEVELS + rng.uniform(-most_levels, most_levels))

    return sometimes("brightness", share, seed, change)


def contrast(share: float, most: float, seed: int) -> Op:
    """Levels further from or nearer to the mean, by a factor between 1 / most and most."""

    def change(picture: Pixels, rng: np.random.Generator) -> Pixels:
        mean = float(np.mean(cv2.mean(picture)[:3]))
        return _by_table(picture, (_LEVELS - mean) * most ** rng.uniform(-1, 1) + mean)

    return sometimes("contrast", share, seed, change)


def colour(share: float, most: float, seed: int) -> Op:
    """Each channel by a factor of its own between 1 / most and most: another lamp, another white balance."""

    def change(picture: Pixels, rng: np.random.Generator) -> Pixels:
        return _by_table(picture, _LEVELS * most ** rng.uniform(-1, 1, 3))

    return sometimes("colour", share, seed, change)


def blur(share: float, most_px: float, seed: int) -> Op:
    """Out of focus, or moved while the shutter was open."""

    def change(picture: Pixels, rng: np.random.Generator) -> Pixels:
        if rng.random() < 0.5:
            return _pixels(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, max(0.3, most_px))))
        return _pixels(cv2.filter2D(picture, -1, _streak(rng.uniform(1.0, 1.0 + 2 * most_px), rng.uniform(0, np.pi))))

    return sometimes("blur", share, seed, change)


def noise(share: float, most_levels: float, seed: int) -> Op:
    """A sensor short of light: grain of up to so many levels of standard deviation, grey or coloured."""
    field = _noise_field(seed)

    def change(picture: Pixels, rng: np.random.Generator) -> Pixels:
        return _with_noise(picture, field, rng.uniform(1.0, max(1.0, most_levels)), rng)

    return sometimes("noise", share, seed, change)


def night(share: float, seed: int) -> Op:
    """Little light: dark, pale, in the colour of a lamp, with grain."""
    field = _noise_field(seed)

    def change(picture: Pixels, rng: np.random.Generator) -> Pixels:
        pale = rng.uniform(0.2, 0.8)
        grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        mixed = _pixels(cv2.addWeighted(picture, 1 - pale, grey, pale, 0))
        lamp = np.array([[0.8, 1.0, 1.15], [1.15, 1.0, 0.85]])[int(rng.integers(2))]
        dark = 255 * (_LEVELS / 255) ** rng.uniform(1.0, 1.5) * rng.uniform(0.2, 0.55)
        return _with_noise(_by_table(mixed, dark * lamp), field, rng.uniform(2.0, 8.0), rng)

    return sometimes("night", share, seed, change)


def infrared(share: float, seed: int) -> Op:
    """The look of a camera with infrared lamps: no colours, bright in the middle, dark corners, grain."""
    field = _noise_field(seed)

    def change(picture: Pixels, rng: np.random.Generator) -> Pixels:
        # In infrared dyes differ from what the eye sees: the channels are mixed anew each time.
        mixed = cv2.transform(picture, rng.dirichlet((2.0, 2.0, 2.0))[None])
        lit = np.clip(mixed.astype(np.float32) * _spot(picture.shape[:2], rng), 0, 255).astype(np.uint8)
        grey = _pixels(cv2.cvtColor(lit, cv2.COLOR_GRAY2BGR))
        return _with_noise(grey, field, rng.uniform(1.0, 6.0), rng, grey=True)

    return sometimes("infrared", share, seed, change)


def jpeg(share: float, least_quality: int, seed: int) -> Op:
    """Saved as JPEG and read again."""

    def change(picture: Pixels, rng: np.random.Generator) -> Pixels:
        quality = int(rng.integers(least_quality, 91))
        _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return _pixels(cv2.imdecode(packed, cv2.IMREAD_COLOR))

    return sometimes("jpeg", share, seed, change)


def _pixels(picture: object) -> Pixels:
    return np.asarray(picture, dtype=np.uint8)


def _by_table(picture: Pixels, levels: NDArray[np.float64]) -> Pixels:
    """Replace each level; (256, 1) for all channels alike or (256, 3)."""
    table = np.clip(np.round(levels), 0, 255).astype(np.uint8)
    return _pixels(cv2.LUT(picture, table[None] if table.shape[1] == 3 else table))


@lru_cache(maxsize=4)
def _noise_field(seed: int) -> Pixels:
    """One large field of grain around 128; each draw takes a window of it, which costs a tenth of new numbers."""
    numbers = stream(seed, "grain")(0).standard_normal((_FIELD_PX, _FIELD_PX, 3), dtype=np.float32)
    return _pixels(np.clip(128 + _FIELD_SIGMA * numbers, 0, 255))


def _with_noise(
    picture: Pixels, field: Pixels, sigma: float, rng: np.random.Generator, *, grey: bool = False
) -> Pixels:
    height, width = picture.shape[:2]
    if max(height, width) > _FIELD_PX:
        raise ValueError(f"pictures of at most {_FIELD_PX} px get noise: {width}x{height}")
    top, left = int(rng.integers(_FIELD_PX - height + 1)), int(rng.integers(_FIELD_PX - width + 1))
    window = field[top : top + height, left : left + width]
    if grey or rng.random() < 0.5:
        window = np.repeat(window[:, :, :1], 3, axis=2)
    weight = sigma / _FIELD_SIGMA
    return _pixels(cv2.addWeighted(picture, 1.0, window, weight, -128.0 * weight))


def _streak(length_px: float, angle: float) -> NDArray[np.float32]:
    """A kernel of a straight line."""
    reach = int(np.ceil(length_px / 2))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = np.abs(x * np.cos(angle) + y * np.sin(angle))
    across = np.abs(y * np.cos(angle) - x * np.sin(angle))
    kernel = np.clip(length_px / 2 + 0.5 - along, 0, 1) * np.clip(1 - across, 0, 1)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def _spot(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """(height, width): how strongly lamps beside the lens light each pixel."""
    height, width = shape
    x = (np.arange(width, dtype=np.float32) / width - rng.uniform(0.4, 0.6)) ** 2
    y = (np.arange(height, dtype=np.float32) / height - rng.uniform(0.4, 0.6)) ** 2
    falloff = np.exp(-(y[:, None] + x[None]) * rng.uniform(1.0, 5.0))
    return np.asarray(falloff * rng.uniform(0.7, 1.4), dtype=np.float32)
