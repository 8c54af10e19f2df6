"""Decides from the light whether it is day or night for a camera. Pure; moves no filter, reads no clock."""

from typing import Literal

_HOLD_S = 10.0  # a lorry before the door or a torch is neither night nor day
_SETTLE_S = 15.0  # exposure and white balance take a few seconds after the filter has moved
_LEAST_STAY_S = 60.0
_MOST_STAY_S = 3600.0
_RELAPSE_S = 180.0  # night again so soon: the day was a mistake
_ABOVE_NIGHT = 4.0


class DayNight:
    """Day and night with hysteresis in light and in time.

    Without its infrared filter a camera measures light that nobody sees: its own lamps look like day, day puts the
    filter back, and it is night again. So the light found after the change to night is taken as the night's own, and
    day must be several times brighter. A day that ends at once makes the next night stay twice as long.
    """

    def __init__(self, how: Literal["auto", "day", "night"], night_below_lux: float, day_above_lux: float) -> None:
        self.is_night = how == "night"
        self._is_auto = how == "auto"
        self._night_below_lux = night_below_lux
        self._day_above_lux = day_above_lux
        self._since: float | None = None  # when it became what it is
        self._wish_since: float | None = None  # how long the other has been wished for
        self._night_lux: float | None = None
        self._stay_s = _LEAST_STAY_S

    def update(self, t: float, lux: float | None) -> bool:
        """Whether it has just changed.

        Args:
            t: now, s, monotonic.
            lux: the light as the camera measures it; None where it does not.
        """
        if not self._is_auto or lux is None:
            return False
        if self._since is None:
            self._since = t - _MOST_STAY_S  # at the start it may change at once
        age_s = t - self._since
        if self.is_night and self._night_lux is None and age_s >= _SETTLE_S:
            self._night_lux = lux
        if not self._wishes_change(lux):
            self._wish_since = None
            return False
        if self._wish_since is None:
            self._wish_since = t
        if t - self._wish_since < _HOLD_S or (self.is_night and age_s < self._stay_s):
            return False
        self._change(t, age_s)
        return True

    def _wishes_change(self, lux: float) -> bool:
        if not self.is_night:
            return lux < self._night_below_lux
        return lux > max(self._day_above_lux, _ABOVE_NIGHT * (self._night_lux or 0.0))

    def _change(self, t: float, age_s: float) -> None:
        if not self.is_night:
            relapsed = self._night_lux is not None and age_s < _RELAPSE_S
            self._stay_s = min(_MOST_STAY_S, 2 * self._stay_s) if relapsed else _LEAST_STAY_S
            self._night_lux = None
        self.is_night = not self.is_night
        self._since, self._wish_since = t, None


def light_lux(told_lux: float | None, exposure_s: float | None, gain: float | None) -> float | None:
    """The light of the scene: what the camera tells, or an estimate by what it needs to expose.

    The estimate is that of a light meter, lux = 2.5 N^2 / (exposure x gain), for a lens of f/2 and a gain of 1 as
    ISO 100. Day and night are a factor of a thousand apart: a factor of two does not matter.
    """
    if told_lux is not None:
        return told_lux
    if not exposure_s or not gain:
        return None
    return 10.0 / (exposure_s * gain)
