"""Where a thing is and how it moves: foot point, width and height, each by a small Kalman filter. Knows no identity."""

import math

from device.core.geometry import Box
from device.core.tracking.settings import TrackerSettings

_LONGEST_S = 30.0
"""Nothing is expected any further ahead than this."""
_LEAST_HEIGHT, _LEAST_WIDTH = 0.2, 0.02
"""Heights of what was just seen: a thing is taken to be no smaller, so that its noise is never none."""


class Step:
    """What a time does to anything whose pace changes at random and dies away: an Ornstein-Uhlenbeck process."""

    __slots__ = ("at", "cross", "gap_s", "keep", "pace", "reach_s", "t")

    def __init__(self, t: float, gap_s: float, slow_down_s: float) -> None:
        self.t = t
        self.gap_s = gap_s = min(max(gap_s, 0.0), _LONGEST_S)
        self.keep = math.exp(-gap_s / slow_down_s)
        self.reach_s = slow_down_s * (1.0 - self.keep)
        half = 0.5 * slow_down_s * (1.0 - self.keep * self.keep)
        self.at = slow_down_s * slow_down_s * max(0.0, gap_s - 2.0 * self.reach_s + half)
        self.cross = 0.5 * self.reach_s * self.reach_s
        self.pace = half


class Axis:
    """One coordinate that moves at a pace which changes at random and, unseen, dies away."""

    __slots__ = ("at", "at_var", "cross_var", "pace", "pace_var")

    def __init__(self, at: float, at_var: float, pace_var: float) -> None:
        self.at = at
        self.pace = 0.0
        self.at_var = at_var
        self.cross_var = 0.0
        self.pace_var = pace_var

    def advance(self, step: Step, push: float) -> None:
        """Expect it a step later; ``push`` is the variance of its pace per second (heights^2/s^3)."""
        self.at += step.reach_s * self.pace
        carried = self.cross_var + step.reach_s * self.pace_var
        self.at_var += step.reach_s * (self.cross_var + carried) + push * step.at
        self.cross_var = step.keep * carried + push * step.cross
        self.pace *= step.keep
        self.pace_var = step.keep * step.keep * self.pace_var + push * step.pace

    def correct(self, seen: float, seen_var: float) -> None:
        """Take in where it was seen."""
        total = self.at_var + seen_var
        gain, pace_gain = self.at_var / total, self.cross_var / total
        off = seen - self.at
        self.at += gain * off
        self.pace += pace_gain * off
        self.pace_var -= pace_gain * self.cross_var
        self.at_var *= 1.0 - gain
        self.cross_var *= 1.0 - gain

    def stretch(self, factor: float) -> None:
        """Measure it in a unit so many times smaller."""
        self.at *= factor
        self.pace *= factor
        self.shrink(factor * factor)

    def shrink(self, part: float) -> None:
        """Be surer of everything, by one factor."""
        self.at_var *= part
        self.cross_var *= part
        self.pace_var *= part


class Body:
    """The box of one thing over time, in picture heights: x and y of the foot, width, height."""

    __slots__ = ("foot_x", "foot_y", "height", "t", "width")

    def __init__(self, foot_x: float, foot_y: float, width: float, height: float, t: float, s: TrackerSettings) -> None:
        at_var = (s.foot_noise * height) ** 2
        pace_var = (s.first_pace * height) ** 2
        size_var = (s.size_noise * height) ** 2
        self.foot_x = Axis(foot_x, at_var, pace_var)
        self.foot_y = Axis(foot_y, at_var, pace_var * s.depth_pace * s.depth_pace)
        self.width = Axis(width, size_var, 0.0)
        self.height = Axis(height, size_var, 0.0)
        self.t = t

    def advance(self, step: Step, s: TrackerSettings) -> None:
        """Expect it a step later."""
        self.t = step.t
        push = (s.acceleration * self.height.at) ** 2
        self.foot_x.advance(step, push)
        self.foot_y.advance(step, push * s.depth_pace * s.depth_pace)
        drift = (s.size_drift * self.height.at) ** 2 * step.gap_s
        self.width.at_var += drift
        self.height.at_var += drift

    def stretch(self, factor: float) -> None:
        """The picture has become so much wider for its height."""
        self.foot_x.stretch(factor)
        self.width.stretch(factor)

    def hold(self, wander: float) -> None:
        """It stands: so many heights from where it was it may be found, no further."""
        most = (wander * self.height.at) ** 2
        for axis in (self.foot_x, self.foot_y, self.width, self.height):
            if axis.at_var > most:
                axis.shrink(most / axis.at_var)

    def correct(
        self, foot_x: float, foot_y: float, width: float, height: float, trust: float, s: TrackerSettings
    ) -> None:
        """Take in a detected box; ``trust`` 1 is full, less widens the noise."""
        at_var = (s.foot_noise * self.height.at) ** 2 / trust
        size_var = (s.size_noise * self.height.at) ** 2 / trust
        self.foot_x.correct(foot_x, at_var)
        self.foot_y.correct(foot_y, at_var)
        self.width.correct(width, size_var)
        self.height.correct(height, size_var)
        self.height.at = max(self.height.at, _LEAST_HEIGHT * height)
        self.width.at = max(self.width.at, _LEAST_WIDTH * height)

    def pace_square(self) -> float:
        """Mean square of its pace, heights^2/s^2: what is known of it and what is not."""
        x, y, height = self.foot_x, self.foot_y, self.height.at
        return (x.pace * x.pace + y.pace * y.pace + x.pace_var + y.pace_var) / (height * height)

    def ahead(self, t: float, s: TrackerSettings) -> tuple[float, float]:
        """The foot point expected at time t; changes nothing."""
        if t <= self.t:
            return self.foot_x.at, self.foot_y.at
        gap_s = min(t - self.t, _LONGEST_S)
        reach_s = s.slow_down_s * (1.0 - math.exp(-gap_s / s.slow_down_s))
        return self.foot_x.at + reach_s * self.foot_x.pace, self.foot_y.at + reach_s * self.foot_y.pace

    def box(self, t: float, aspect: float, s: TrackerSettings) -> Box:
        """The expected box at time t in fractions of the picture, cut at its edges."""
        x, y = self.ahead(t, s)
        half = self.width.at / 2.0
        x1, y1, x2 = (x - half) / aspect, y - self.height.at, (x + half) / aspect
        if x1 >= 0.0 and y1 >= 0.0 and x2 <= 1.0 and y <= 1.0:
            return (x1, y1, x2, y)
        return (_unit(x1), _unit(y1), _unit(x2), _unit(y))


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))
