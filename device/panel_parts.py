"""Makes the guard out of the configuration: panel, PINs, inputs, and what is kept on disk. Judges nothing itself."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from device.board import boot_id
from device.config.model import Config
from device.config.panel import bypassable, panel_settings, pins_file, schedule_of, sensor_settings
from device.config.pins import InputTable
from device.core.arming.panel import Panel
from device.core.arming.sensors import Sensor
from device.core.arming.standing import Saved
from device.core.event import Event
from device.core.ids import RandomIds
from device.core.message import MessageMaker
from device.guard.codes import Codes
from device.guard.guard import Guard, GuardParts
from device.guard.keeper import Keeper, PanelStore
from device.pins.inputs import InputPins, InputSettings
from device.ports import Clock

STOP_S = 0.5
"""How long each thread may take to finish when the service ends."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Whom a guard tells, and where it keeps how things stand."""

    emit: Callable[[Event], None]
    mute: Callable[[float], None]
    store: PanelStore
    factory: Any
    """The pins; gpiozero's."""


@contextlib.contextmanager
def open_guard(config: Config, clock: Clock, ways: Ways) -> Iterator[Guard]:
    """A guard that stands as it did when it was last there, with its inputs; it works until the block ends.

    Raises:
        ConfigError: the file of PINs, an input's pin, or the system's time zone.
        StoreError: how things stood cannot be read.
        SinkError: the board's pins cannot be read.
    """
    codes = Codes(pins_file(config))
    saved, number = ways.store.load_panel() or (Saved(config.arming.state), 0)
    known = bypassable(config)
    kept = Saved(
        saved.armed, saved.phase, tuple(it for it in saved.bypassed if it in known), saved.locks, saved.schedule_to
    )
    panel = Panel(panel_settings(config), schedule_of(config), kept, clock.monotonic(), pins_set=bool(codes))
    keeper = Keeper(ways.store, number)
    guard = Guard(
        GuardParts(
            panel=panel,
            messages=device_messages(config, clock),
            emit=ways.emit,
            clock=clock,
            pins=codes,
            keeper=keeper,
            mute=ways.mute,
            sensors=tuple(Sensor(sensor_settings(table)) for table in config.pins.inputs),
        )
    )
    wired = [wiring(table) for table in config.pins.inputs]
    inputs = InputPins(wired, factory=ways.factory, clock=clock.monotonic, tell=guard.sensed)
    loops = (keeper, guard, *((inputs,) if config.pins.inputs else ()))
    guard.begin()
    for loop in loops:
        loop.start()
    try:
        yield guard
    finally:
        for loop in reversed(loops[1:]):
            loop.stop(STOP_S)
        guard.stop_guarding("the guard was stopped")
        keeper.stop(STOP_S)


def device_messages(config: Config, clock: Clock) -> MessageMaker:
    """For what concerns no camera but the device."""
    ids = RandomIds(secrets.randbits)
    return MessageMaker(device=config.device.id, camera=None, boot_id=boot_id(), ids=ids, clock_synced=clock.synced)


def wiring(table: InputTable) -> InputSettings:
    """How one input is wired."""
    return InputSettings(
        id=table.id,
        pin=table.pin,
        pull=table.pulled,
        active_high=table.is_active_high,
        debounce_s=table.debounce_s,
        hold_s=table.hold_s,
    )
