"""How good a picture is: exposure, sharpness, noise, movement. Judges nothing: rules and people do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_BANDS, _BAND_ROWS, _COLUMNS = 24, 4, 32
"""What is looked at: so many bands of full rows over the picture, each cut into so many blocks."""
_MASKED = 16
"""Luma of a privacy mask, without any noise."""
_MASK_EDGE_PX = 4
"""A mask covers each pixel that its polygon touches, one more on each side, and those that share their colour."""
_DARK, _BRIGHT = 20, 231
"""Levels at and beyond which a pixel of limited range, 16..235, carries nothing any more."""
_MEAN_TO_SIGMA = math.sqrt(math.pi) / 2.0
"""Mean difference of two pictures with Gaussian noise to the noise of one of them."""
_STILL_QUANTILE = 0.25
"""The quarter of the blocks that changed least shows noise alone, unless nearly everything moves."""
_NOISE_GROWS_BY = 1.5
"""A picture that is new all over must not pass for noise: that grows by this factor a measure, and a little."""
_MOVED_BY = 5.0
"""So many times the noise, and as many levels, differs a block in which something moved."""
_REFERENCE_S = 600.0
"""Time constant of the usual sharpness: longer than whoever stands before the camera, shorter than a day's light."""
_FIRST_LOOKS = 10
"""Until there were so many, the usual sharpness is their plain mean."""


@dataclass(frozen=True, slots=True)
class PictureHealth:
    """Measures of one picture; what a privacy mask blackens is left out of all of them."""

    t: float
    """When the picture was taken, s."""
    mean: float
    """Luma, 16..235 where all is well."""
    dark_frac: float
    """Part of the picture that is black, 0..1."""
    bright_frac: float
    """Part of the picture that is burnt out, 0..1."""
    sharpness: float
    """Energy of fine detail as part of all contrast, noise taken off; comparable within one scene alone."""
    sharpness_ratio: float
    """Sharpness against what is usual for this camera: about 1 where all is well, near 0 out of focus."""
    noise: float | None
    """Standard deviation of a pixel at rest, levels; None at the first picture. 0 from a sensor is no sensor."""
    moved_frac: float | None
    """Part of the picture that differs from the one measured before; None at the first picture."""


class HealthMeter:
    """Measures a picture about once a second; keeps one thin sample and a mean, whatever comes."""

    def __init__(self, every_s: float = 1.0, *, masks: Sequence[Sequence[tuple[float, float]]] = ()) -> None:
        """Begin.

        Args:
            every_s: time between two measures.
            masks: polygons in fractions that may be blackened, now or in another armed state. Black without noise is a
                mask there, and a covered lens anywhere else.
        """
        self._every_s, self._masks = every_s, masks
        self._may_be_masked: NDArray[np.bool_] | None = None
        self._next_t = -math.inf
        self._before: NDArray[np.uint8] | None = None
        self._usual = 0.0
        self._looks = 0
        self._noise: float | None = None
        self._t = 0.0

    def update(self, luma: NDArray[np.uint8], t: float) -> PictureHealth | None:
        """Measure a (H, W) picture of time t; None while the last measure is fresh.

        A picture of another size begins anew.
        """
        if t < self._next_t:
            return None
        self._next_t = t + self._every_s
        sample = _sample(luma)
        if self._before is not None and self._before.shape != sample.shape:
            self._before, self._looks, self._noise, self._may_be_masked = None, 0, None, None
        if self._may_be_masked is None:
            self._may_be_masked = _sample(_covered(self._masks, luma.shape[1], luma.shape[0])) > 0
        health = self._measured(sample, self._may_be_masked & (sample == _MASKED), t)
        self._before, self._t = sample, t
        return health

    def _measured(self, sample: NDArray[np.uint8], masked: NDArray[np.bool_], t: float) -> PictureHealth:
        if masked.all():  # nothing else is there
            masked = np.zeros_like(masked)
        seen = _blocks((~masked).astype(np.uint8)) > 0.0
        blocks = _blocks(sample)[seen]
        moved_frac, at_rest = None, 0.0
        if self._before is not None:
            usual = self._noise
            self._noise, moved_frac = _temporal(sample, self._before, seen, usual)
            at_rest = self._noise if usual is None else min(self._noise, usual)
        sharpness = _sharpness(_filled(sample, seen, float(blocks.mean())), at_rest)
        shown = sample.size - np.count_nonzero(masked)
        dark = np.count_nonzero(sample <= _DARK) - np.count_nonzero(masked)
        return PictureHealth(
            t=t,
            mean=float(blocks.mean()),
            dark_frac=float(dark / shown),
            bright_frac=float(np.count_nonzero(sample >= _BRIGHT) / shown),
            sharpness=sharpness,
            sharpness_ratio=self._against_usual(sharpness, t),
            noise=self._noise,
            moved_frac=moved_frac,
        )

    def _against_usual(self, sharpness: float, t: float) -> float:
        usual = self._usual if self._looks else sharpness
        rate = 1.0 - math.exp(-max(0.0, t - self._t) / _REFERENCE_S)
        self._looks += 1
        self._usual = usual + max(rate, 1.0 / self._looks if self._looks <= _FIRST_LOOKS else 0.0) * (sharpness - usual)
        return sharpness / usual if usual > 0.0 else 1.0


def _sample(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bands of whole rows, at full resolution: fine detail must not be averaged away."""
    height, width = luma.shape[0], luma.shape[1] // _COLUMNS * _COLUMNS
    if width == 0:
        return np.ascontiguousarray(luma)
    starts = np.linspace(0, max(0, height - _BAND_ROWS), _BANDS).astype(np.intp)
    rows = np.minimum(starts[:, None] + np.arange(_BAND_ROWS), height - 1).reshape(-1)
    return luma[rows, :width]


def _blocks(sample: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Means of blocks of the sample."""
    rows, columns = max(1, sample.shape[0] // _BAND_ROWS), min(_COLUMNS, sample.shape[1])
    return np.asarray(cv2.resize(sample.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _covered(masks: Sequence[Sequence[tuple[float, float]]], width: int, height: int) -> NDArray[np.uint8]:
    """Not 0 wherever a mask may be, with some pixels around it: what is masked is grown as well."""
    cover = np.zeros((height, width), dtype=np.uint8)
    for mask in masks:
        corners = np.round(np.asarray(mask, dtype=np.float32) * np.asarray([width, height], dtype=np.float32))
        points = corners.astype(np.int32).reshape(-1, 1, 2)
        cv2.fillPoly(cover, [points], (255,))
        cv2.polylines(cover, [points], True, (255,), 2 * _MASK_EDGE_PX + 1)
    return cover


def _filled(sample: NDArray[np.uint8], seen: NDArray[np.bool_], level: float) -> NDArray[np.uint8]:
    """The sample with a plain level in place of masks, whose edges are no detail of the scene."""
    if seen.all():
        return sample
    tall, wide = sample.shape[0] // seen.shape[0], sample.shape[1] // seen.shape[1]
    pixels = seen.repeat(tall, axis=0).repeat(wide, axis=1)
    return np.where(pixels, sample, np.uint8(round(level)))


def _temporal(
    now: NDArray[np.uint8], before: NDArray[np.uint8], seen: NDArray[np.bool_], usual: float | None
) -> tuple[float, float]:
    """Noise of a pixel, levels, and the part of the picture that moved."""
    difference = _blocks(np.asarray(cv2.absdiff(now, before), dtype=np.uint8))[seen]
    noise = _MEAN_TO_SIGMA * float(np.quantile(difference, _STILL_QUANTILE))
    if usual is None:
        usual = noise
    noise = min(noise, _NOISE_GROWS_BY * usual + 0.25)
    return noise, float(np.mean(difference > _MOVED_BY * (min(noise, usual) + 1.0)))


def _sharpness(sample: NDArray[np.uint8], noise: float) -> float:
    """Squared differences of pixels two apart over twice the variance, both without what the noise adds."""
    if sample.shape[1] < 3:
        return 0.0
    right, left = sample[:, 2:], sample[:, :-2]
    detail = cv2.norm(right, left, cv2.NORM_L2SQR) / right.size - 2.0 * noise * noise
    _, deviation = cv2.meanStdDev(sample)
    contrast = 2.0 * (float(deviation[0, 0]) ** 2 - noise * noise)
    return max(0.0, detail) / contrast if contrast > 1.0 else 0.0
