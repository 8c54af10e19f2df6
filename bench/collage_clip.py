"""What a recording made of real pictures is. Makes none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.cutouts import Picture
from bench.truth_expected import Expected
from device.config.model import Config


@dataclass(frozen=True, slots=True)
class Collage:
    """One recording and what is to be told of it."""

    name: str
    config: Config
    fps: float
    crf: int
    pictures: Callable[[], Iterator[Picture]]
    expected: tuple[Expected, ...]
    kinds: frozenset[str] | None
    """Kinds of events that count; None: every one that is no information."""


def i420(picture: Picture) -> NDArray[np.uint8]:
    """As an encoder takes it."""
    return np.asarray(cv2.cvtColor(np.clip(picture, 0, 255).astype(np.uint8), cv2.COLOR_BGR2YUV_I420), np.uint8)
