"""Everybody who is told, wired together and started and stopped in the right order. Tells nobody itself."""

import sys
from dataclasses import dataclass
from typing import TextIO

from device.board import is_raspberry_pi
from device.config.model import Config, MqttTable
from device.core.event import Event
from device.errors import ConfigError
from device.fanout import Fanout
from device.ports import Clock
from device.sinks.console import ConsoleSink
from device.sinks.gpio import SirenSink, board_pins, mock_pins
from device.sinks.mqtt import MqttRunner
from device.sinks.mqtt_session import Broker
from device.store.sink import StoreSink
from device.store.store import Store
from device.worker import Loop, Worker

STOP_S = 0.5
"""How long one sink may take to finish when the service ends."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Pins first, then the store, then the rest."""

    fanout: Fanout
    store: Store
    first: tuple[Loop, ...]
    """Told by the fanout: pins and the store."""
    behind: tuple[Loop, ...]
    """Told once an event's row is on disk."""

    def start(self) -> None:
        """Start every worker."""
        for loop in (*self.behind, *self.first):
            loop.start()

    def emit(self, event: Event) -> None:
        """Tell everybody."""
        self.fanout.emit(event)

    def stop(self) -> None:
        """Stop from the front to the back, so that what is on its way still arrives; the pins end up safe."""
        for loop in (*self.first, *self.behind):
            loop.stop(STOP_S)
        self.store.close()


def open_outlets(config: Config, clock: Clock, console: TextIO | None = None) -> Outlets:
    """Build everybody who is told.

    Raises:
        ConfigError: a pin, or the broker's password.
        StoreError: the state directory cannot be written.
        SinkError: the board's pins cannot be driven.
    """
    pins = tuple(Worker(sink) for sink in _sirens(config))
    store = Store.open(config.device.state_dir, outbox=config.mqtt is not None)
    behind: list[Worker | MqttRunner] = [Worker(ConsoleSink(console or sys.stdout))]
    if config.mqtt is not None:
        behind.append(
            MqttRunner(store, _broker(config.mqtt, config.device.id), config.device.id, clock=clock.monotonic)
        )
    keeper = Worker(StoreSink(store, behind), capacity=1024)
    return Outlets(Fanout(pins, keeper), store, (*pins, keeper), tuple(behind))


def _sirens(config: Config) -> list[SirenSink]:
    outputs = config.pins.outputs
    if not outputs:
        return []
    factory = board_pins() if _real_pins(config.pins.factory) else mock_pins()
    return [
        SirenSink(output.pin, factory=factory, active_high=output.active_high, max_on_s=output.max_on_s)
        for output in outputs
    ]


def _real_pins(wanted: str) -> bool:
    return wanted == "lgpio" or (wanted == "auto" and is_raspberry_pi())


def _broker(table: MqttTable, device: str) -> Broker:
    try:
        return Broker(
            host=table.host,
            port=table.port,
            username=table.username,
            password_file=table.password_file,
            client_id=f"shopwarden-{device}",
        )
    except ValueError as error:
        raise ConfigError(f"mqtt: {error}") from error
