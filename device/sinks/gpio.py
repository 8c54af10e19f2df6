"""The siren on a pin. Decides nothing: an alarm's start switches it on, the alarm's end or its longest time off."""

import importlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, Protocol

import structlog
from gpiozero import DigitalOutputDevice
from gpiozero.exc import GPIOPinInUse, GPIOZeroError, PinInvalidPin
from gpiozero.pins.mock import MockFactory

from device.core.event import Event
from device.errors import ConfigError, FatalSinkError, SinkError, TransientSinkError

log = structlog.get_logger(__name__)

_REMEMBERED: Final = 1024
"""Alarms whose updates do not sound again; more do not last at one time."""


class Timer(Protocol):
    """What ``threading.Timer`` does; a test's rings on demand."""

    def start(self) -> None:
        """Begin to count."""

    def cancel(self) -> None:
        """Do not ring."""


def mock_pins() -> Any:
    """Pins that exist nowhere: for a laptop, the demonstration and tests."""
    return MockFactory()


def board_pins() -> Any:
    """The pins of this board.

    Raises:
        FatalSinkError: this is no board with pins, or its library is missing; the message says which.
    """
    try:
        factory = importlib.import_module("gpiozero.pins.lgpio")
    except ImportError as error:
        raise FatalSinkError(f"gpio: {error}: install python3-lgpio, or use mock pins off the Pi") from error
    with _pin_errors("this board's pins"):
        return factory.LGPIOFactory()


class SirenSink:
    """A siren, or the relay before one, on one pin.

    It sounds while an alarm lasts, ``max_on_s`` at most, counted again from each new alarm: many places forbid a siren
    that sounds for longer. An alarm that has no end, such as a crossed line, sounds for that time. For one happening
    it sounds once.
    """

    def __init__(
        self,
        pin: int,
        *,
        name: str = "siren",
        factory: Any,
        active_high: bool = True,
        max_on_s: float = 180.0,
        timer: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        """Take a pin by its BCM number, silent; the factory, gpiozero's, belongs to the caller.

        Raises:
            ConfigError: there is no such pin, or it is in use.
            FatalSinkError: the board refuses it.
        """
        self.name = name
        self._pin = pin
        self._max_on_s = max_on_s
        self._timer_of = timer or _daemon_timer
        # Guards all below: the worker tells, the timer's thread silences.
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._sounding: set[str] = set()
        self._timer: Timer | None = None
        self._turn = 0
        self._closed = False
        with _pin_errors(f"pin {pin}"):
            self._device = DigitalOutputDevice(pin, active_high=active_high, initial_value=False, pin_factory=factory)

    @property
    def is_on(self) -> bool:
        """Whether it sounds now."""
        with self._lock:
            return not self._closed and bool(self._device.value)

    def handle(self, event: Event) -> None:
        """Sound for a new alarm; fall silent when the last alarm that sounds has ended.

        Raises:
            TransientSinkError: the board refuses; a siren is worth another try.
            FatalSinkError: the sink is closed.
        """
        with self._lock, _pin_errors(f"pin {self._pin}", TransientSinkError):
            if self._closed:
                raise FatalSinkError(f"{self.name}: closed")
            if event.state == "end":
                self._sounding.discard(event.event_id)
                if not self._sounding:
                    self._silence()
            elif event.priority == "alarm" and event.event_id not in self._known:
                self._sound(event.event_id)

    def close(self) -> None:
        """Silence it and let go of the pin."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self._silence()
            finally:
                self._device.close()

    def _sound(self, event_id: str) -> None:
        if not self._device.value:
            log.info("siren_on", name=self.name, pin=self._pin)
        self._device.on()
        self._known[event_id] = None
        self._sounding.add(event_id)
        while len(self._known) > _REMEMBERED:
            forgotten, _ = self._known.popitem(last=False)
            self._sounding.discard(forgotten)
        self._cancel()
        # A timer that rings while it is being cancelled must not silence the alarm after it.
        self._turn += 1
        self._timer = self._timer_of(self._max_on_s, partial(self._time_is_up, self._turn))
        self._timer.start()

    def _silence(self) -> None:
        if self._device.value:
            log.info("siren_off", name=self.name, pin=self._pin)
        self._device.off()
        self._sounding.clear()
        self._cancel()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_is_up(self, turn: int) -> None:
        with self._lock:
            if self._closed or turn != self._turn:
                return
            try:
                with _pin_errors(f"pin {self._pin}"):
                    self._silence()
            except SinkError as error:
                log.error("siren_stuck_on", pin=self._pin, reason=str(error))
                return
        log.info("siren_time_is_up", after_s=self._max_on_s)


def _daemon_timer(delay_s: float, ring: Callable[[], None]) -> Timer:
    timer = threading.Timer(delay_s, ring)
    timer.daemon = True
    return timer


@contextmanager
def _pin_errors(what: str, kind: type[SinkError] = FatalSinkError) -> Iterator[None]:
    """Turn gpiozero's and lgpio's errors into ours.

    Raises:
        ConfigError: the pin's number is wrong or it is in use.
        SinkError: the board refuses; of the kind asked for.
    """
    try:
        yield
    except (PinInvalidPin, GPIOPinInUse) as error:
        raise ConfigError(f"gpio: {what}: {error}: name another pin, by its BCM number") from error
    except (GPIOZeroError, OSError, _lgpio_error()) as error:
        raise kind(f"gpio: {what}: {error}: check the wiring, /dev/gpiochip* and the group gpio") from error


def _lgpio_error() -> type[Exception]:
    # lgpio is there on a board alone, and its errors share no parent with gpiozero's.
    try:
        error: type[Exception] = importlib.import_module("lgpio").error
    except ImportError:
        return OSError
    return error
