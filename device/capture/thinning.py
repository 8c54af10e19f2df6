"""Fewer pictures a second than a source gives. Pure; decides by the pictures' own times."""

_EARLY_FRAC = 0.2
"""A picture may come so much of a step early: else a source of just the wanted rate would lose every second one."""


class Thinning:
    """Picks pictures so that so many a second are left."""

    def __init__(self) -> None:
        self._fps: float | None = None
        self._due: float | None = None

    def takes(self, t: float, fps: float | None) -> bool:
        """Whether the picture of this time is to be taken at that rate; None = all."""
        if fps != self._fps:
            self._fps, self._due = fps, None
        if fps is None:
            return True
        step_s = 1 / fps
        if self._due is not None and t < self._due - _EARLY_FRAC * step_s:
            return False
        # Steps are counted from when a picture was due, not from when it came: else the rate would sink.
        in_step = self._due is not None and t < self._due + step_s
        self._due = (self._due if in_step and self._due is not None else t) + step_s
        return True
