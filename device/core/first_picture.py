"""Decides whether a service that has just begun works at all. Watches no camera by itself."""

from collections.abc import Sequence

FIRST_PICTURE_S = 10.0
"""How long cameras may take to their first picture."""


class FirstPicture:
    """The wait for the first picture of any camera: with none, the call is most likely wrong."""

    def __init__(self, t: float) -> None:
        """Begin to wait at a time, s."""
        self._begun_t = t
        self.came = False
        """Whether any camera has given a picture, ever."""

    def fault(self, t: float, faults: Sequence[str]) -> str | None:
        """Why there is no use in going on; None where there is, or where that is not known yet.

        Args:
            t: now, s.
            faults: what keeps each camera from giving pictures, empty where it may still come to it.
        """
        if self.came or not faults:
            return None
        known = [fault for fault in faults if fault]
        if len(known) == len(faults):
            return known[0]
        if t - self._begun_t < FIRST_PICTURE_S:
            return None
        return known[0] if known else f"no camera has given a picture for {FIRST_PICTURE_S:g} s; are they there?"
