"""How often the detector may look. Does not know what it looks for."""


class LookPace:
    """A steady beat of looks that owes nothing after a pause."""

    def __init__(self, max_per_s: float | None) -> None:
        """``None`` looks at every picture, wanted or not."""
        self._gap_s = None if max_per_s is None else 1.0 / max_per_s
        self._next_t = float("-inf")

    def limit(self, per_s: float) -> None:
        """Another rate from now on; where every picture is looked at that stays so."""
        if self._gap_s is not None:
            self._gap_s = 1.0 / per_s

    def due(self, t: float, *, wanted: bool) -> bool:
        """Whether to look at the picture of time ``t``."""
        if self._gap_s is None:
            return True
        # A picture that comes a little before its beat is the one meant: cameras' own clocks jitter.
        if not wanted or t < self._next_t - 0.1 * self._gap_s:
            return False
        late = t - self._next_t >= self._gap_s
        self._next_t = (t if late else self._next_t) + self._gap_s
        return True
