"""One output pin and the thread that drives it. Decides nothing: ``core.output`` says when it is on."""

import threading
from collections.abc import Callable
from typing import Any, Final

import structlog
from gpiozero import DigitalOutputDevice

from device.core.event import Event
from device.core.output import Output, OutputSettings
from device.errors import TransientSinkError
from device.pins.board import pin_errors
from device.worker import Backoff, Loop, LoopStats

log = structlog.get_logger(__name__)

_BACKOFF: Final = Backoff(first_s=0.1, cap_s=2.0)
"""A siren is worth many tries."""
_LONGEST_SLEEP_S: Final = 3600.0


class OutputPin(Loop):
    """Takes events without making the giver wait, and holds the pin at the level that they ask for.

    There is no queue to fill up: an event changes at once what the pin should be, and the thread brings it there. A
    board that refuses is asked again and again, for what the level should be by then. The pin ends off.
    """

    def __init__(
        self,
        name: str,
        pin: int,
        settings: OutputSettings,
        *,
        factory: Any,
        active_high: bool = True,
        clock: Callable[[], float],
    ) -> None:
        """Take a pin by its BCM number, off; the factory, gpiozero's, belongs to the caller.

        Raises:
            ConfigError: there is no such pin, or it is in use.
            FatalSinkError: the board refuses it.
        """
        super().__init__(name, backoff=_BACKOFF)
        self._pin, self._clock = pin, clock
        self.kind = settings.kind
        # What blinks is no news each time.
        self._log = log.debug if settings.pattern or settings.kind in ("buzzer", "status") else log.info
        # Guards what follows: whoever tells of an event, and the thread that drives.
        self._changed = threading.Condition()
        self._output = Output(settings)
        self._news = False
        # The thread's alone.
        self._written = False
        with pin_errors(f"pin {pin}"):
            self._device = DigitalOutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=factory)

    @property
    def is_on(self) -> bool:
        """Whether it is on now."""
        return self._written

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:  # noqa: ARG002 - it never waits
        """Act on an event."""
        with self._changed:
            self._output.hear(event, self._clock())
            self._tell_thread()
        return True

    def mute(self, for_s: float) -> None:
        """Keep silent for so long, where it is a sounder; 0 ends that."""
        with self._changed:
            self._output.mute(self._clock() + for_s)
            self._tell_thread()

    def stats(self) -> LoopStats:
        """Figures so far."""
        return LoopStats(self.name, self._progress, 0, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def _tell_thread(self) -> None:
        self._news = True
        self._changed.notify_all()

    def _step(self) -> bool:
        with self._changed:
            self._news = False
            now = self._clock()
            on, due = self._output.level(now)
            if on == self._written:
                self._changed.wait_for(lambda: self._news or self._stop.is_set(), min(due - now, _LONGEST_SLEEP_S))
                return False
        self._write(on=on)
        return True

    def _write(self, *, on: bool) -> None:
        with pin_errors(f"pin {self._pin}", TransientSinkError):
            if on:
                self._device.on()
            else:
                self._device.off()
        self._written = on
        self._log("output_on" if on else "output_off", name=self.name, pin=self._pin)

    def _wake(self) -> None:
        with self._changed:
            self._tell_thread()

    def _close(self) -> None:
        try:
            if self._written:
                self._write(on=False)
        finally:
            self._device.close()
