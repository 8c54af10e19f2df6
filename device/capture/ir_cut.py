"""The infrared-cut filter before a lens, moved by one pin. Does not decide when."""

import contextlib
import importlib
from typing import Any

from device.errors import CameraError


class IrCut:
    """A filter that is in while the pin is high, as the usual modules have it: colours by day, infrared by night."""

    def __init__(self, pin: int, factory: Any = None) -> None:
        """Take a pin by its BCM number, the filter in.

        Args:
            pin: BCM number.
            factory: gpiozero's pins; None = those of this board.

        Raises:
            CameraError: there is no such pin, it is in use, or this is no board with pins.
        """
        try:
            gpiozero = importlib.import_module("gpiozero")
            pins = factory or importlib.import_module("gpiozero.pins.lgpio").LGPIOFactory()
            self._device: Any = gpiozero.DigitalOutputDevice(pin, initial_value=True, pin_factory=pins)
        except ImportError as fault:
            raise CameraError(f"ir_cut_pin {pin}: {fault}; install python3-lgpio, or leave ir_cut_pin out") from fault
        except _pin_faults() as fault:
            raise CameraError(f"ir_cut_pin {pin}: {fault}; name a free pin by its BCM number") from fault

    def show(self, *, night: bool) -> None:
        """Filter out at night, in by day."""
        self._device.value = not night

    def close(self) -> None:
        """Let go of the pin; the filter stays where it is."""
        self._device.close()


def _pin_faults() -> tuple[type[Exception], ...]:
    """What a board that refuses raises: gpiozero's tree, and lgpio's, which shares no parent with it."""
    faults: list[type[Exception]] = [OSError, importlib.import_module("gpiozero").GPIOZeroError]
    with contextlib.suppress(ImportError):
        faults.append(importlib.import_module("lgpio").error)
    return tuple(faults)
