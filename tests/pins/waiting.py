"""Waits for what another thread does. Holds no test."""

import threading
from collections.abc import Callable


def soon(true: Callable[[], bool]) -> bool:
    """Whether something becomes true within twenty seconds: machines stall."""
    poll = threading.Event()
    for _ in range(4000):
        if true():
            return True
        poll.wait(0.005)
    return False
