"""Each output pulsed and each input read. Touches no other part."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from gpiozero import DigitalOutputDevice

from device.config.model import Config
from device.config.pins import InputTable, OutputTable
from device.errors import ShopwardenError
from device.panel_parts import wiring
from device.pins.board import are_real, open_factory, pin_errors
from device.pins.inputs import InputPin
from device.ports import Clock
from device.selftest.finding import Finding

PULSE_S: Final = 0.2
"""Long enough to hear a siren and see a relay, short enough for the neighbours."""
_SETTLE_S: Final = 0.01
"""A pin with a resistor of 50 kilohms and a long wire is at its level by then."""


def pins(config: Config, clock: Clock, *, pulse: bool, why_not: str) -> Iterator[Finding]:
    """Every output and every input; ``why_not`` says why outputs are left alone where they are."""
    table = config.pins
    if not table.outputs and not table.inputs:
        yield Finding("pins", "", "skipped", "none is configured")
        return
    if table.factory == "auto" and not are_real(table.factory):
        yield Finding("pins", "", "warning", "this is no Raspberry Pi: pins are mock, nothing will sound")
    try:
        factory = open_factory(table.factory)
    except ShopwardenError as error:
        yield Finding("pins", "", "failed", str(error))
        return
    with contextlib.closing(factory):
        for output in table.outputs:
            yield _output(output, factory, clock) if pulse else _left_alone(output, why_not)
        for input_ in table.inputs:
            yield _input(input_, factory, clock)


def _left_alone(output: OutputTable, why_not: str) -> Finding:
    return Finding("pins", output.id, "skipped", f"{output.kind} on GPIO {output.pin}: not pulsed, {why_not}")


def _output(output: OutputTable, factory: Any, clock: Clock) -> Finding:
    try:
        with (
            pin_errors(f"pin {output.pin}"),
            DigitalOutputDevice(
                output.pin, active_high=output.active_high, initial_value=False, pin_factory=factory
            ) as device,
        ):
            device.on()
            clock.wait(PULSE_S)
            # What the pin really carries: a short circuit pulls it elsewhere.
            high = bool(device.pin.state)
            device.off()
    except ShopwardenError as error:
        return Finding("pins", output.id, "failed", str(error))
    where = f"{output.kind} on GPIO {output.pin}"
    if high is not output.active_high:
        return Finding("pins", output.id, "failed", f"{where}: does not follow: a short circuit?")
    return Finding("pins", output.id, "ok", f"{where}: on for {PULSE_S:g} s; did you hear or see it?")


def _input(table: InputTable, factory: Any, clock: Clock) -> Finding:
    where = f"{table.kind} on GPIO {table.pin}"
    try:
        with contextlib.closing(InputPin(wiring(table), factory, lambda: None)) as pin:
            clock.wait(_SETTLE_S)
            active = pin.is_active()
    except ShopwardenError as error:
        return Finding("pins", table.id, "failed", str(error))
    told = "active" if active else "at rest"
    if active and table.kind in ("panic", "case"):
        return Finding("pins", table.id, "warning", f"{where}: is {told}: is it wired, and is active_high right?")
    return Finding("pins", table.id, "ok", f"{where}: is {told}")
