"""How often a loaded or hot device may look at its pictures. Measures nothing itself, and knows no camera."""

from dataclasses import dataclass

WINDOW_S = 2.0
"""What is judged at once: some looks of a slow detector, and less than a person takes to walk through."""
LEAST_PER_S = 1.0
"""Looks per second and camera that are never gone below: with fewer a person who runs by is not seen twice."""
_BUSY_FRAC, _CALM_FRAC = 0.85, 0.6
"""Parts of the time at work above which pictures begin to wait, and below which there is room."""
_OLD_S = 0.3
"""Mean age of the pictures when their turn comes: beyond it an alarm is late.

Only beside work for more than the calm part of the time: pictures of a camera whose clock was set back look old as
well, and no fewer looks make them younger.
"""
_HOT_C, _COOL_C = 80.0, 75.0
"""A Raspberry Pi slows its processor down from 80 degrees on."""
_DOWN, _UP = 0.7, 1.2
_CALM_S = 10.0
"""Faster again after so long without strain, step by step: down at once, up slowly, or it would swing."""


@dataclass(frozen=True, slots=True)
class BoardState:
    """How the board fares, as far as it tells."""

    temperature_c: float | None = None
    throttled: bool = False
    """Its processor is being slowed down right now, for heat or for want of current."""


@dataclass(frozen=True, slots=True)
class RateChange:
    """Another rate than before."""

    per_s: float
    why: str


class LookRate:
    """Lowers the looks per second before pictures wait, and raises them again when there is room."""

    def __init__(self, most_per_s: float) -> None:
        """Begin at the rate that the configuration asks for."""
        self.most_per_s = self.per_s = most_per_s
        self.why = ""
        """Why it was lowered last: what holds as long as it is slowed, also while it comes back step by step."""
        self._least = min(LEAST_PER_S, most_per_s)
        self._board = BoardState()
        self._hot = False
        self._start_t: float | None = None
        self._busy_s = self._ages_s = 0.0
        self._pictures = 0
        self._calm_since: float | None = None

    @property
    def is_slowed(self) -> bool:
        """Whether it is below what was asked for."""
        return self.per_s < self.most_per_s

    def board(self, state: BoardState) -> None:
        """What the board tells now."""
        self._board = state
        limit = _COOL_C if self._hot else _HOT_C
        self._hot = state.throttled or (state.temperature_c is not None and state.temperature_c >= limit)

    def note(self, t: float, *, busy_s: float, age_s: float) -> RateChange | None:
        """One picture has been worked on, up to time t; a change of the rate that follows from it.

        Args:
            t: now, s.
            busy_s: how long it took.
            age_s: how old the picture was when its turn came.
        """
        if self._start_t is None or t - self._start_t > 10.0 * WINDOW_S:
            self._begin(t - busy_s)  # at first, and after a pause that says nothing about load
        self._busy_s += busy_s
        self._ages_s += age_s
        self._pictures += 1
        if self._start_t is None or t - self._start_t < WINDOW_S:
            return None
        busy_frac, mean_age_s = self._busy_s / (t - self._start_t), self._ages_s / self._pictures
        self._begin(t)
        return self._judge(t, busy_frac, mean_age_s)

    def _begin(self, t: float) -> None:
        self._start_t, self._busy_s, self._ages_s, self._pictures = t, 0.0, 0.0, 0

    def _judge(self, t: float, busy_frac: float, mean_age_s: float) -> RateChange | None:
        strain = self._strain(busy_frac, mean_age_s)
        if strain:
            self._calm_since = None
            return self._change(max(self._least, self.per_s * _DOWN), strain)
        if busy_frac > _CALM_FRAC:
            self._calm_since = None
            return None
        self._calm_since = t if self._calm_since is None else self._calm_since
        if t - self._calm_since < _CALM_S:
            return None
        self._calm_since = t
        return self._change(min(self.most_per_s, self.per_s * _UP), "there is room again")

    def _strain(self, busy_frac: float, mean_age_s: float) -> str:
        """Why to slow down; empty where nothing asks for it."""
        if self._hot:
            if self._board.throttled:
                return "the board is throttled"
            return f"the board is at {self._board.temperature_c or 0.0:.0f} degrees"
        if mean_age_s > _OLD_S and busy_frac > _CALM_FRAC:
            return f"pictures wait for {mean_age_s:.2f} s"
        return f"busy for {busy_frac:.0%} of the time" if busy_frac > _BUSY_FRAC else ""

    def _change(self, per_s: float, why: str) -> RateChange | None:
        if per_s == self.per_s:
            return None
        if per_s < self.per_s:
            self.why = why
        self.per_s = per_s
        return RateChange(per_s, why)
