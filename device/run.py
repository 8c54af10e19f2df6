"""The service from start to end: signals, readiness, watchdog, a new configuration on SIGHUP. Chooses no part."""

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import structlog

from device.app import build_detector, open_lanes
from device.clock import SystemClock
from device.config import Config, load_config
from device.errors import UsageError
from device.log import setup
from device.outlets import open_outlets
from device.pipeline import Step
from device.service import Lane, Service
from device.watchdog import Watchdog

log = structlog.get_logger(__name__)


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


def run_until_stopped(path: Path) -> int:
    """Run the service of a configuration file until SIGTERM, SIGINT, or the end of its recordings.

    Raises:
        ShopwardenError: it cannot start, or the detector failed.
    """
    setup(sys.stderr)
    config: Config | None = load_config(path)
    signals, watchdog = Signals(), Watchdog.from_environment(os.environ)
    signals.listen()
    with contextlib.closing(watchdog):
        while config is not None:
            config = _Run(config, path, signals, watchdog).until_over()
        watchdog.stopping()
    return 0


class _Run:
    """The service under one configuration."""

    def __init__(self, config: Config, path: Path, signals: Signals, watchdog: Watchdog) -> None:
        self._config, self._path = config, path
        self._signals, self._watchdog = signals, watchdog
        self._clock = SystemClock()
        self._over = threading.Event()
        self._next: Config | None = None

    def until_over(self) -> Config | None:
        """Guard; returns the configuration to go on with, or None at the end."""
        with contextlib.ExitStack() as stack:
            detector = stack.enter_context(contextlib.closing(build_detector(self._config)))
            outlets = open_outlets(self._config, self._clock)
            stack.callback(outlets.stop)
            lanes = stack.enter_context(open_lanes(self._config, detector, self._clock))
            outlets.start()
            names = [lane.camera.id for lane in lanes]
            self._watchdog.ready(self._clock.monotonic(), f"guards {', '.join(names)}", names)
            log.info("ready", cameras=names, model=detector.card.name, armed=self._config.arming.state)
            Service(lanes, emit=outlets.emit, on_step=self._after, clock=self._clock).run(self._over)
        return self._next

    def _after(self, lane: Lane, step: Step | None) -> None:
        """One turn of one camera is over: feed the watchdog, heed the signals."""
        now = self._clock.monotonic()
        if step is not None:
            looked, why_not = step.detections is not None, step.why_not_looked
            self._watchdog.progress(now, frame=True, inference=looked, why_not=why_not, part=lane.camera.id)
        elif lane.watch.lost:
            self._watchdog.excuse(now, lane.camera.id)
        self._watchdog.tick(now)
        if self._signals.stop.is_set():
            self._over.set()
        elif self._signals.reload.is_set():
            self._signals.reload.clear()
            self._reload()

    def _reload(self) -> None:
        """Go on with the file as it is now; a bad one changes nothing."""
        try:
            self._next = load_config(self._path)
        except UsageError as error:
            log.error("configuration_refused", reason=str(error), advice="the last good one stays in force")
            return
        log.info("configuration_read_again", file=str(self._path))
        self._over.set()
