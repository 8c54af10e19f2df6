"""What a shelf looked like, where it differs now, and since when each place has been still. Judges no difference."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device.core.shelf.light import Expected, differs, expect, shifted, span
from device.core.shelf.settings import ShelfSettings
from device.core.shelf.view import Cells, Mask

Times = NDArray[np.float64]
_CROSS = np.ones((3, 3), dtype=np.uint8)
_PROVEN_S = 1.5
"""A cell that looked the same for so long shows the shelf and nobody's arm."""
_LEAST_TRUSTED = 0.12
"""With less of the window in sight the light cannot be told from what is in the way."""
_NOISE_FACTOR = 5.0
_IN_SHADE = 0.3
"""What lies in a shadow is learned so much slower: most shadows pass."""
_SMALL_SWING, _LEAST_SWING = 0.25, 0.05
"""Cells."""
_OF_REST = 0.3
"""How fast it is followed what is left when light and swing are taken off, a look."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One look at the shelf."""

    t: float
    now: Cells
    expected: Cells
    """What the shelf would look like, had nothing happened, in this light."""
    changed: Mask
    """Cells that differ from that, other light aside."""
    raw: Mask
    """The same with what may be other light."""
    still_s: Times
    """How long each cell has not moved."""
    disturbed_since: Times
    """Since when each cell has moved or differed without a break; inf where it does neither."""

    def since(self, area: Mask) -> float:
        """When an area was touched first, s: it need not be all of it."""
        times = self.disturbed_since[area]
        sure = times[np.isfinite(times)]
        return float(np.quantile(sure, 0.3)) if sure.size else self.t

    def moved(self, area: Mask) -> float:
        """When the part of an area that moves most did so last, s: few cells of what resembles the boards."""
        return self.t - float(np.quantile(self.still_s[area], 0.3))

    def lasts(self, least_s: float) -> Mask:
        """Cells that have differed for so long and have not moved.

        That they have not moved does not say it alone: to some cells of whoever walks there light might have been done.
        """
        return np.asarray((self.still_s >= least_s) & (self.t - self.disturbed_since >= least_s))


class Memory:
    """The reference of one shelf and its surroundings."""

    def __init__(self, now: Cells, t: float, settings: ShelfSettings) -> None:
        self._settings = settings
        self._reference = now
        shape = now.shape[:2]
        self._rest = np.zeros_like(now)
        self._rest_swing = np.zeros(2)
        self._swing = np.zeros(2)
        self._still_since: Times = np.full(shape, t)
        self._disturbed_since: Times = np.full(shape, np.inf)
        self._calm_s: Times = np.zeros(shape)
        self._changed: Mask = np.zeros(shape, dtype=np.bool_)
        self._noise = 1.0
        self._t = t

    @property
    def unproven(self) -> Mask:
        """Cells of which it is not sure yet that they show the shelf."""
        return np.asarray(self._calm_s < _PROVEN_S)

    def doubt(self, area: Mask) -> None:
        """Somebody may have stood before an area ever since the first picture: it has not been seen yet."""
        self._calm_s = np.where(area, 0.0, self._calm_s)

    def look(
        self,
        now: Cells,
        t: float,
        hidden: Mask | None = None,
        untrusted: Mask | None = None,
        covered: Mask | None = None,
    ) -> Look | None:
        """Compare; None where too little is in sight.

        Args:
            now: the picture.
            t: its time, s.
            hidden: cells in front of which somebody is known to stand: nothing is learned of them.
            untrusted: cells that say nothing about the light.
            covered: cells of which nothing is proven now, as somebody stands before them.
        """
        gap_s, self._t = max(0.0, t - self._t), t
        trusted = ~self._changed if untrusted is None else ~(self._changed | untrusted)
        if trusted.mean() < _LEAST_TRUSTED:
            # Perhaps the light was switched: what differs now is the best that there is.
            trusted = np.ones_like(trusted)
        found = expect(self._reference, now, trusted)
        if found is None:
            return None
        expected = found.picture
        moving = self._follow(now, found, t)
        shaded, changed = self._differs(now, expected)
        self._changed = changed
        disturbed = changed | moving
        self._disturbed_since = np.where(disturbed, np.minimum(self._disturbed_since, t), np.inf)
        unseen = disturbed if covered is None else disturbed | covered
        self._calm_s = np.where(unseen, np.where(self._calm_s < _PROVEN_S, 0.0, self._calm_s), self._calm_s + gap_s)
        known = disturbed if hidden is None else disturbed | hidden
        self._learn(now, found, known, shaded, gap_s)
        return Look(t, now, expected, changed, shaded, t - self._still_since, self._disturbed_since)

    def accept(self, area: Mask, look: Look) -> None:
        """What stands in an area now, which may be none, belongs there."""
        if not area.any():
            return
        rest = np.where(area[..., None], look.now - look.expected, np.float32(0.0))
        self._reference = (self._reference + rest).astype(np.float32)
        self._rest = (self._rest - rest).astype(np.float32)
        self._changed = self._changed & ~area
        self._disturbed_since = np.where(area, np.inf, self._disturbed_since)

    def _follow(self, now: Cells, found: Expected, t: float) -> Mask:
        """Which cells move: what is left when light and swing are taken off differs from what was left before."""
        settings, expected, rest = self._settings, found.picture, now - found.picture
        limits = (settings.move_change, 0.8 * settings.chroma_change)
        limits = (limits[0] + _NOISE_FACTOR * self._noise, limits[1] + _NOISE_FACTOR * self._noise)
        # Of what stood there and is gone, or is hidden, the rims go on swinging in what is expected.
        swung = float(np.abs(found.swing - self._rest_swing).max())
        more = np.float32(swung) * span(expected) if swung >= _LEAST_SWING else None
        moving = differs(now, expected + self._rest, limits, settings.edge_slack, more)[1]
        self._still_since = np.where(moving, t, self._still_since)
        self._rest = np.where(moving[..., None], rest, self._rest + np.float32(_OF_REST) * (rest - self._rest))
        self._rest_swing += _OF_REST * (found.swing - self._rest_swing)
        return moving

    def _differs(self, now: Cells, expected: Cells) -> tuple[Mask, Mask]:
        settings, noise = self._settings, _NOISE_FACTOR * self._noise
        limits = (settings.luma_change + noise, settings.chroma_change + 0.6 * noise)
        raw, real = differs(now, expected, limits, settings.edge_slack)
        return raw, np.asarray(cv2.morphologyEx(real.astype(np.uint8), cv2.MORPH_OPEN, _CROSS[:2, :2]) > 0)

    def _learn(self, now: Cells, found: Expected, disturbed: Mask, shaded: Mask, gap_s: float) -> None:
        """The reference follows slow light where nothing happens."""
        calm = ~(disturbed | shaded)
        if calm.mean() < _LEAST_TRUSTED:
            return
        error = np.abs(now[..., 0] - found.picture[..., 0])[calm]
        self._noise += 0.05 * (min(4.0, float(np.median(error)) * 1.48) - self._noise)
        rate = np.float32(1.0 - math.exp(-gap_s / self._settings.adapt_s))
        # All of it goes with the light, so that in a slow fade the fit has little left to do. Were what is seen left in
        # its old light, that light would be found each time anew, and what somebody hides would get it again and again.
        light = found.unswung - self._reference
        learned = np.where(shaded, np.float32(_IN_SHADE), np.float32(1.0)) * ~disturbed
        # What is left is learned where the reference has it: added where a picture that swung shows it, it would not
        # become less from look to look, and stripes would grow.
        small = float(np.abs(found.swing).max()) < _SMALL_SWING
        rest = now - (found.unswung if small else found.picture)
        rest *= learned[..., None].astype(np.float32)
        rest = rest if small else shifted(rest, -found.swing)
        self._reference = (self._reference + rate * (light + rest)).astype(np.float32)
        self._follow_camera(found.swing, rate)

    def _follow_camera(self, swing: NDArray[np.float64], rate: np.float32) -> None:
        """A camera swings about where it hangs: where it is seen aside of that for long, it hangs there now."""
        self._swing += rate * (swing - self._swing)
        if float(np.abs(self._swing).max()) >= _SMALL_SWING:
            self._reference = shifted(self._reference, self._swing)
            self._rest_swing -= self._swing
            self._swing = np.zeros(2)
