"""What the system asks of a running program. Does nothing about it."""

import signal
import threading
from types import FrameType


class Signals:
    """What the system asks of the service."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        """Set by SIGTERM and SIGINT: end."""
        self.reload = threading.Event()
        """Set by SIGHUP: read the configuration again."""

    def listen(self) -> None:
        """Take the signals over; from the main thread."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._reload)

    def _stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the shape of a handler
        self.stop.set()

    def _reload(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the shape of a handler
        self.reload.set()
