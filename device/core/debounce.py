"""Makes a steady signal of a bouncing contact. Reads no pin."""

import math


class Debounce:
    """One input's level, believed once it has lasted.

    The first level that lasts is where it begins and no change. A wire that drops out for less than ``steady_s``
    changes nothing; a sensor stays active until it has been passive for ``hold_s``.
    """

    def __init__(self, steady_s: float, hold_s: float = 0.0) -> None:
        """``hold_s`` counts where it is the longer of the two."""
        self._on_s, self._off_s = steady_s, max(steady_s, hold_s)
        self.active: bool | None = None
        """What is believed; None before anything is."""
        self._seen: bool | None = None
        self._since = 0.0

    def feed(self, t: float, *, active: bool) -> bool:
        """Note the level at a time, s; True where this changes what is believed."""
        if active != self._seen:
            self._seen, self._since = active, t
        if self._seen == self.active or t < self._since + self._wait_s():
            return False
        first, self.active = self.active is None, self._seen
        return not first

    def due(self) -> float:
        """When to look again at the latest for a change to be noticed in time, s; infinity where nothing is open."""
        if self._seen is None or self._seen == self.active:
            return math.inf
        return self._since + self._wait_s()

    def _wait_s(self) -> float:
        return self._off_s if self.active is not None and not self._seen else self._on_s
