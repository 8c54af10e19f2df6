"""Everybody who is told, wired together and started and stopped in the right order. Tells nobody itself."""

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TextIO

import structlog

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

log = structlog.get_logger(__name__)

STOP_S = 0.5
"""How long one sink may take to finish when the service ends."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Pins first, then the store, then the rest."""

    fanout: Fanout
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
        for loop in self.first:
            loop.stop(STOP_S)
        # These wait for nobody, so they end side by side.
        for loop in self.behind:
            loop.ask_to_stop()
        for loop in self.behind:
            loop.stop(STOP_S / len(self.behind))


@contextlib.contextmanager
def open_outlets(config: Config, clock: Clock, console: TextIO | None = None) -> Iterator[Outlets]:
    """Everybody who is told, not yet started; stopped and closed in the end.

    Raises:
        ConfigError: a pin, or the broker's password.
        StoreError: the state directory cannot be written.
        SinkError: the board's pins cannot be driven.
    """
    with contextlib.ExitStack() as stack:
        pins = tuple(Worker(sink) for sink in _sirens(config, stack))
        store = stack.enter_context(
            contextlib.closing(Store.open(config.device.state_dir, outbox=config.mqtt is not None))
        )
        behind: list[Worker | MqttRunner] = [Worker(ConsoleSink(console or sys.stdout))]
        if config.mqtt is not None:
            behind.append(
                MqttRunner(store, _broker(config.mqtt, config.device.id), config.device.id, clock=clock.monotonic)
            )
        keeper = Worker(StoreSink(store, behind), capacity=1024)
        outlets = Outlets(Fanout(pins, keeper), (*pins, keeper), tuple(behind))
        stack.callback(outlets.stop)
        yield outlets


def _sirens(config: Config, stack: contextlib.ExitStack) -> list[SirenSink]:
    """A silent siren on each output; ``stack`` lets go of them."""
    outputs = config.pins.outputs
    if not outputs:
        return []
    real = _real_pins(config.pins.factory)
    if not real and config.pins.factory == "auto":
        log.warning("pins_are_mock", outputs=[output.id for output in outputs], reason="this is no Raspberry Pi")
    factory: Any = board_pins() if real else mock_pins()
    stack.callback(factory.close)
    sirens = []
    for output in outputs:
        siren = SirenSink(
            output.pin, name=output.id, factory=factory, active_high=output.active_high, max_on_s=output.max_on_s
        )
        stack.callback(siren.close)
        sirens.append(siren)
    return sirens


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
