"""Compares what a camera sees with what it usually sees. Decides nothing: rules do."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.tamper.look import COLUMNS, ROWS, Grid, Look, alike, look, moved_back, places, shift

EVERY_S: Final = 0.5
"""How often a picture is looked at: tampering lasts."""
_USUAL_S = 120.0
"""Time constant of the usual scene: slower than people, faster than the sun."""
_FIRST_LOOKS = 20
"""Until there were so many, the usual scene is their plain mean."""
_LEAST_LOOKS = 5
"""Before there were so many, nobody knows what is usual."""
_LEAST_PLACES = 6
"""A scene with structure in fewer places is too plain to be recognised."""
_FORMED = 0.08
"""Mean square of the usual form from which a place has structure."""
_DETAILED = 15.0
"""Energy of detail, squared levels, from which a place shows whether the lens is in focus."""
_LEAST_DETAILED = 3
"""Fewer places with detail say nothing of the lens."""
_DETAIL_GROWS_BY = 1.5
"""A place learns at most this factor of its own detail at a time: a passing person must not teach it."""
_PASSED = 0.5
"""A place that has less than so much of its first detail has lost a passer-by."""
_ALIKE = 0.5
"""Likeness from which a place looks as usual."""
_LOST_OF_USUAL = 0.45
"""A place has lost its contrast when so little of the usual is left."""
_SPARED = 0.7
"""Detail is that of the place under which so many of the places lie."""
_MOST_WEIGHT = 3.0
"""One place weighs at most so many times the median."""
_LEAST_LIGHT = 0.5
"""In the dark a scene has less contrast; a dark cloth has none, and shall not pass for the dark."""
_ODD = 0.5
"""Whoever sees fewer of the places as usual, or so much of the contrast gone, learns nothing of the scene."""
_STAYS_S = 300.0
"""A view that has been another one for so long is the usual one from then on."""
_DOUBT_S = 60.0
"""After a switch between day and night, or long darkness, a scene may look quite different for that long."""
_LONG_DARK_S = 60.0
_LEVELS_OFFSET = 10.0
"""Added to levels above black before they are divided: near black their ratio means nothing."""
_COLOURED = 1.5
"""Mean distance of the colours from grey, levels: below it a camera sees by infrared, or the scene is grey."""
_LEAST_SHIFT = 0.015
"""A camera that was turned by less, in fractions of the picture, still does its work."""
_SHIFTED_ALIKE = 0.3
"""So much more of the scene must be found again once the picture is put back."""
_SURE_SHIFT = 0.5
"""A shift by more than this, in fractions of the picture, leaves too little to compare."""

MOST_SHARP: Final = 1000.0
"""Times the usual detail; more is told as that."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look against the usual scene."""

    t: float
    known: int
    """Places in which the scene has structure; 0 while the usual scene is not known or too plain."""
    kept_frac: float
    """Part of them that look as usual, 0..1."""
    lost_frac: float
    """Part of their contrast that is gone, place by place, 0..1, darkness allowed for."""
    steady: bool
    """Whether the picture is the same as a second ago, over most of it."""
    shift: tuple[float, float] | None
    """How far right and down the scene lies from where it was, fractions; None where it is not found elsewhere."""
    sharpness: float | None
    """Detail against the usual, about 1 where all is well; None where the scene has none."""
    dark_frac: float
    mean: float
    usual_mean: float
    doubtful: bool
    """The light has just changed altogether: only a shift is proof of a turned camera."""


class Eye:
    """One camera's; its state is a few small grids, whatever comes."""

    def __init__(self, masks: Sequence[Sequence[tuple[float, float]]] = ()) -> None:
        """``masks``: polygons in fractions that may be blackened and so are left out."""
        self._open = _open_places(masks)
        self._size: tuple[int, ...] = (0, 0)
        self._next_t = -math.inf
        self._last: Sight | None = None
        self._recent: deque[Grid] = deque(maxlen=2)
        self._begin()

    def _begin(self) -> None:
        self._looks = 0
        self._t = 0.0
        self._form = self._contrast = self._detail = np.zeros((ROWS, COLUMNS), np.float32)
        self._detail_looks = 0
        self._mean = 0.0
        self._coloured: bool | None = None
        self._odd_since: float | None = None
        self._dark_since: float | None = None
        self._doubt_until = -math.inf
        self._recent.clear()

    def look(self, i420: NDArray[np.uint8], t: float) -> Sight | None:
        """Look at a picture of time t; the same answer for the same t, None between two looks.

        A picture of another size begins anew.
        """
        if self._last is not None and t == self._last.t:
            return self._last
        if t < self._next_t:
            return None
        self._next_t = t + EVERY_S
        height = i420.shape[0] * 2 // 3
        if i420.shape != self._size:
            self._size = i420.shape
            self._begin()
        self._note_colour(i420[height:], t)
        self._last = sight = self._compare(look(i420[:height]), t)
        return sight

    def _compare(self, now: Look, t: float) -> Sight:
        if not self._looks:
            self._form, self._contrast, self._detail, self._mean = now.form, now.contrast, now.detail, now.mean
        known = (places(self._form * self._form) > _FORMED) & self._open
        count = int(np.count_nonzero(known))
        enough = self._looks >= _LEAST_LOOKS and count >= _LEAST_PLACES
        same = alike(now.form, self._form) > _ALIKE
        kept = float(np.mean(same[known])) if count else 1.0
        turned = self._found_elsewhere(now, known, kept) if enough and kept < 2 * _ODD - 0.3 else None
        sharpness = self._sharpness(now, known, same)
        # Rounded, so that what the rules saw can be kept in few bytes and shown to them again.
        sight = Sight(
            t=t,
            known=count if enough else 0,
            kept_frac=round(kept, 4),
            lost_frac=round(self._lost_frac(now, known), 4) if count else 0.0,
            steady=self._is_steady(now),
            # A zero of its own sign would be told as another one.
            shift=None if turned is None else (round(turned[0], 4) + 0.0, round(turned[1], 4) + 0.0),
            sharpness=None if sharpness is None else round(min(sharpness, MOST_SHARP), 4),
            dark_frac=round(now.dark_frac, 4),
            mean=round(now.mean, 2),
            usual_mean=round(self._mean, 2),
            doubtful=t < self._doubt_until,
        )
        self._learn(now, sight)
        return sight

    def _lost_frac(self, now: Look, known: NDArray[np.bool_]) -> float:
        """Part of the contrast that is gone: a weak place, which noise can fill, counts for little."""
        usual = self._contrast[known]
        weight = np.minimum(usual, np.float32(_MOST_WEIGHT) * np.median(usual))
        return float(np.sum(weight[self._has_lost(now)[known]]) / np.maximum(np.sum(weight), np.float32(1e-6)))

    def _has_lost(self, now: Look) -> NDArray[np.bool_]:
        """Where little of the contrast is left; in less light less is expected, in more light no more."""
        light = (max(now.mean - 16.0, 0.0) + _LEVELS_OFFSET) / (max(self._mean - 16.0, 0.0) + _LEVELS_OFFSET)
        expected = self._contrast * np.float32(min(1.0, max(_LEAST_LIGHT, light)))
        return np.asarray(now.contrast < np.float32(_LOST_OF_USUAL) * expected, np.bool_)

    def _is_steady(self, now: Look) -> bool:
        before = self._recent[0] if len(self._recent) == 2 else None
        self._recent.append(now.form)
        if before is None:
            return False
        formed = (places(now.form * now.form) > _FORMED) & self._open
        return not formed.any() or float(np.mean(alike(now.form, before)[formed] > _ALIKE)) > 0.6

    def _found_elsewhere(self, now: Look, known: NDArray[np.bool_], kept: float) -> tuple[float, float] | None:
        by = shift(now.form, self._form)
        if not _LEAST_SHIFT <= max(abs(by[0]), abs(by[1])) <= _SURE_SHIFT:
            return None
        back = moved_back(now.form, by)
        shown = known & (places(np.asarray(back != 0.0, np.float32)) > 0.9)
        if np.count_nonzero(shown) < _LEAST_PLACES:
            return None
        found = float(np.mean(alike(back, self._form)[shown] > _ALIKE))
        return by if found >= max(_ODD, kept + _SHIFTED_ALIKE) else None

    def _sharpness(self, now: Look, known: NDArray[np.bool_], same: NDArray[np.bool_]) -> float | None:
        """By places that look as usual: where somebody stands or has stood there is other detail."""
        detailed = (self._detail > _DETAILED) & known
        seen = detailed & same
        enough = np.count_nonzero(seen) >= max(_LEAST_DETAILED, 0.5 * np.count_nonzero(detailed))
        if not enough or self._detail_looks < _LEAST_LOOKS:
            return None
        detailed = seen
        light = (max(now.mean - 16.0, 0.0) + _LEVELS_OFFSET) / (max(self._mean - 16.0, 0.0) + _LEVELS_OFFSET)
        # A lens out of focus spares no place; where goods went, or somebody, some have less.
        return float(np.quantile(now.detail[detailed] / self._detail[detailed], _SPARED)) / (light * light)

    def _learn(self, now: Look, sight: Sight) -> None:
        if self._is_dark(sight):
            return
        blurred = sight.sharpness is not None and sight.sharpness < _ODD
        if self._looks >= _LEAST_LOOKS and (sight.kept_frac < _ODD or sight.lost_frac > _ODD or blurred):
            self._wait(sight, blurred=blurred)
            return
        self._odd_since = None
        gap_s = max(0.0, sight.t - self._t) if self._looks else 0.0
        self._t = sight.t
        self._looks += 1
        self._detail_looks += 1
        slow = 1.0 - math.exp(-min(gap_s, 2 * EVERY_S) / _USUAL_S)
        rate = np.float32(max(slow, 1.0 / self._looks if self._looks <= _FIRST_LOOKS else 0.0))
        detail_rate = max(rate, np.float32(1.0 / self._detail_looks if self._detail_looks <= _FIRST_LOOKS else 0.0))
        self._form = self._form + rate * (now.form - self._form)
        self._contrast = self._contrast + rate * (now.contrast - self._contrast)
        most = self._detail * np.float32(_DETAIL_GROWS_BY) + np.float32(2.0)
        detail = np.minimum(now.detail, most)
        self._detail = self._detail + detail_rate * (detail - self._detail)
        if self._detail_looks <= _FIRST_LOOKS:
            # Somebody who walked there at first has gone: what is left is the scene's own.
            self._detail = np.where(detail < np.float32(_PASSED) * self._detail, detail, self._detail)
        self._mean += float(rate) * (now.mean - self._mean)

    def _is_dark(self, sight: Sight) -> bool:
        """Whether it is dark, of which nothing is learned; counts how long."""
        if sight.dark_frac > 0.7:
            self._dark_since = sight.t if self._dark_since is None else self._dark_since
            return True
        if self._dark_since is not None and sight.t - self._dark_since > _LONG_DARK_S:
            self._doubt_until = sight.t + _DOUBT_S
        self._dark_since = None
        return False

    def _wait(self, sight: Sight, *, blurred: bool) -> None:
        """Another view than usual: taken for the usual one once it has stayed, unless the camera is covered."""
        self._t = sight.t
        self._odd_since = sight.t if self._odd_since is None else self._odd_since
        patience_s = _DOUBT_S / 2 if sight.doubtful and sight.shift is None and not blurred else _STAYS_S
        if sight.lost_frac <= _ODD and sight.steady and sight.t - self._odd_since >= patience_s:
            self._begin()

    def _note_colour(self, chroma: NDArray[np.uint8], t: float) -> None:
        """A switch between day and night changes sharpness and shades; the structure is as it was."""
        level = float(np.mean(cv2.absdiff(np.ascontiguousarray(chroma[::4, ::4]), np.full_like(chroma[::4, ::4], 128))))
        coloured = level > (_COLOURED * 1.5 if self._coloured is False else _COLOURED)
        if self._coloured is not None and coloured != self._coloured and self._looks >= _LEAST_LOOKS:
            self._doubt_until = t + _DOUBT_S
            if self._last is None or self._last.kept_frac >= _ODD:
                self._detail_looks = 0
        self._coloured = coloured


def _open_places(masks: Sequence[Sequence[tuple[float, float]]]) -> NDArray[np.bool_]:
    """Places that no mask touches."""
    scale = 10
    cover = np.zeros((ROWS * scale, COLUMNS * scale), dtype=np.uint8)
    for mask in masks:
        corners = np.round(np.asarray(mask, np.float32) * np.asarray([COLUMNS * scale, ROWS * scale], np.float32))
        cv2.fillPoly(cover, [corners.astype(np.int32).reshape(-1, 1, 2)], (255,))
        cv2.polylines(cover, [corners.astype(np.int32).reshape(-1, 1, 2)], True, (255,), 3)
    return np.asarray(places(cover.astype(np.float32)) == 0.0, np.bool_)
