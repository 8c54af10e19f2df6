"""Where pins come from, real or mock, and their vendors' errors in our words. Drives none."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gpiozero.exc import GPIOPinInUse, GPIOZeroError, PinInvalidPin
from gpiozero.pins.mock import MockFactory

from device.board import is_raspberry_pi
from device.errors import ConfigError, FatalSinkError, SinkError


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
    with pin_errors("this board's pins"):
        return factory.LGPIOFactory()


def are_real(wanted: str) -> bool:
    """Whether the configuration's ``factory`` means real pins on this machine."""
    return wanted == "lgpio" or (wanted == "auto" and is_raspberry_pi())


def open_factory(wanted: str) -> Any:
    """The pins that the configuration's ``factory`` means; to be closed by the caller.

    Raises:
        FatalSinkError: real pins are wanted and there are none.
    """
    return board_pins() if are_real(wanted) else mock_pins()


@contextmanager
def pin_errors(what: str, kind: type[SinkError] = FatalSinkError) -> Iterator[None]:
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
