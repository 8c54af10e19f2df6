"""The motion gate: says where a picture changed and so whether the detector is worth waking. Sees only luma."""

import math
from dataclasses import dataclass

import cv2
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


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """How much change is motion, and how fast the scene is learned again."""

    grid_width: int = 160
    """About so many columns has the grid that change is looked for on; its cells are a whole number of pixels apart."""
    min_change: float = 7.0
    """Grey levels, 0..255, below which nothing counts."""
    noise_factor: float = 4.0
    """A cell has changed when it differs by so many times its own usual difference."""
    min_area_frac: float = 0.0012
    """Part of the picture that must change to open the gate."""
    scene_change_frac: float = 0.5
    """Part of the picture that changes only when light or camera does."""
    hold_s: float = 1.0
    """How long the gate stays open after the last motion."""
    adapt_s: float = 6.0
    """Time constant with which quiet cells follow the picture."""
    absorb_s: float = 12.0
    """Time constant with which changed cells become part of the scene."""
    noise_s: float = 20.0
    """Time constant with which the usual difference of a cell is learned."""

    def __post_init__(self) -> None:
        if self.grid_width < 8 or min(self.adapt_s, self.absorb_s, self.noise_s) <= 0.0 or self.hold_s < 0.0:
            raise ValueError(f"no motion gate can work with {self}")


_SQUARE = np.ones((3, 3), dtype=np.uint8)
_LEAST_NOISE = 0.25
"""Grey levels added to that, so that a cell without any noise can learn, too."""
_NOISE_STEP = 1.5
"""A cell learns at most this factor of its own noise at a time: a passing person must not teach it that it is noisy."""


class MotionGate:
    """Compares each picture with a running background on a small grid; its state never grows."""

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self._settings = settings or MotionSettings()
        self._shape = (0, 0)
        self._background = np.zeros((0, 0), dtype=np.float32)
        self._noise = np.zeros((0, 0), dtype=np.float32)
        self._t = self._t_start = 0.0
        self._level = 0.0  # usual difference of the whole picture's cells: the noise of the sensor
        self._open_until = -math.inf

    def update(self, luma: NDArray[np.uint8], t: float) -> Motion:
        """Compare a (H, W) picture of time t with the scene, then let the scene follow it.

        The first picture, and the first of another size, opens the gate: whoever stands there already must be found.
        """
        now = self._shrink(luma)
        if luma.shape != self._shape:
            return self._begin(luma, now, t)
        settings = self._settings
        difference = np.asarray(cv2.absdiff(now, self._background), dtype=np.float32)
        least = max(settings.min_change, settings.noise_factor * self._level)
        limit = np.maximum(self._noise * np.float32(settings.noise_factor), np.float32(least))
        changed = np.asarray(cv2.compare(difference, limit, cv2.CMP_GT), dtype=np.uint8)
        scene_change = cv2.countNonZero(changed) > settings.scene_change_frac * changed.size
        area_frac = cv2.countNonZero(cv2.morphologyEx(changed, cv2.MORPH_OPEN, _SQUARE)) / changed.size
        if scene_change or area_frac >= settings.min_area_frac:
            self._open_until = t + settings.hold_s
        self._learn(now, difference, changed, t, scene_change=scene_change)
        mask = cv2.medianBlur(changed, 3) > 0
        return Motion(t <= self._open_until, area_frac, mask, scene_change)

    def _shrink(self, luma: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Single pixels on a coarse grid, then a mean over 3x3 of them: far cheaper than a mean over all pixels."""
        step = max(1, round(luma.shape[1] / self._settings.grid_width))
        small = np.ascontiguousarray(luma[::step, ::step])
        return cv2.blur(small, (3, 3)).astype(np.float32)

    def _begin(self, luma: NDArray[np.uint8], now: NDArray[np.float32], t: float) -> Motion:
        self._shape = (luma.shape[0], luma.shape[1])
        self._background = now
        self._noise = np.full_like(now, self._settings.min_change / self._settings.noise_factor)
        self._level = 0.0
        self._t = self._t_start = t
        self._open_until = t + self._settings.hold_s
        return Motion(open=True, area_frac=0.0, mask=np.zeros(now.shape, dtype=np.bool_), scene_change=False)

    def _learn(
        self,
        now: NDArray[np.float32],
        difference: NDArray[np.float32],
        changed: NDArray[np.uint8],
        t: float,
        *,
        scene_change: bool,
    ) -> None:
        gap_s = max(0.0, t - self._t)
        self._t = t
        if scene_change:
            self._background = now
            self._t_start = t
            return
        settings = self._settings
        young = gap_s / max(gap_s, t - self._t_start, 1e-9)  # a plain mean, until there is more than adapt_s of it
        quiet_rate = max(_rate(gap_s, settings.adapt_s), young)
        cv2.accumulateWeighted(now, self._background, quiet_rate, cv2.bitwise_not(changed))
        cv2.accumulateWeighted(now, self._background, _rate(gap_s, settings.absorb_s), changed)
        noise_rate = max(_rate(gap_s, settings.noise_s), min(young, 0.2))
        sample = difference[::5, ::5].ravel()
        middle = float(np.partition(sample, sample.size // 2)[sample.size // 2])
        self._level += noise_rate * (min(middle, _NOISE_STEP * self._level + _LEAST_NOISE) - self._level)
        most = self._noise * np.float32(_NOISE_STEP) + np.float32(_LEAST_NOISE)
        cv2.accumulateWeighted(np.minimum(difference, most), self._noise, noise_rate)


def _rate(gap_s: float, constant_s: float) -> float:
    """Weight of a new value after a gap in an exponential mean with a time constant."""
    return 1.0 - math.exp(-gap_s / constant_s)
