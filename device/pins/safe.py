"""Drives every output off when nobody else does any more. Reads nothing of the configuration but its pins."""

import contextlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpiozero import DigitalOutputDevice

from device.errors import ConfigError, ShopwardenError
from device.pins.board import open_factory, pin_errors


@dataclass(frozen=True, slots=True)
class _Wired:
    name: str
    pin: int
    active_high: bool


def make_safe(path: Path) -> list[str]:
    """Switch each output of a configuration file off and let go of it; what was done, a line each.

    The rest of the file may be wrong: this must work when nothing else does. One pin that refuses keeps no other from
    its turn.

    Raises:
        ConfigError: the file cannot be read.
        ShopwardenError: some pins could not be driven; the message names each.
    """
    pins = _pins_table(path)
    outputs = tuple(_outputs(pins))
    if not outputs:
        return []
    faults, done = [], []
    with contextlib.closing(open_factory(str(pins.get("factory", "auto")))) as factory:
        for output in outputs:
            try:
                with pin_errors(f"pin {output.pin}"):
                    DigitalOutputDevice(
                        output.pin, active_high=output.active_high, initial_value=False, pin_factory=factory
                    ).close()
                done.append(f"{output.name} (GPIO {output.pin}) is off")
            except ShopwardenError as error:
                faults.append(f"{output.name}: {error}")
    if faults:
        raise ShopwardenError("\n".join(faults))
    return done


def _pins_table(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}: no pin was touched") from error
    pins = document.get("pins")
    return pins if isinstance(pins, dict) else {}


def _outputs(pins: dict[str, Any]) -> Iterator[_Wired]:
    """Whatever in the table says where an output is, as far as it makes sense."""
    tables = pins.get("outputs")
    for table in tables if isinstance(tables, list) else ():
        pin = table.get("pin") if isinstance(table, dict) else None
        if isinstance(pin, int) and not isinstance(pin, bool):
            yield _Wired(str(table.get("id", f"pin {pin}")), pin, table.get("active_high") is not False)
