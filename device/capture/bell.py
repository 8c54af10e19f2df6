"""Wakes whoever waits for any of several cameras. Does not know what the news is."""

import threading


class Bell:
    """Rung by many, heard by one: a ring while nobody waits is heard at the next wait."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """There is news."""
        self._rung.set()

    def wait(self, timeout_s: float) -> None:
        """Wait until it rings, or for so long; what rings from now on is heard by the next wait."""
        self._rung.wait(timeout_s)
        self._rung.clear()
