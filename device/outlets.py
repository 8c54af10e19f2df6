"""Everybody who is told, wired together and started and stopped in the right order. Tells nobody itself."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import structlog

from device.config.model import Config, MqttTable
from device.config.panel import output_settings
from device.core.event import Event
from device.core.message import MessageMaker
from device.errors import ConfigError
from device.fanout import Fanout, Listener
from device.pins.board import are_real, open_factory
from device.pins.output import OutputPin
from device.ports import Clock
from device.sinks.console import ConsoleSink
from device.sinks.mqtt import MqttRunner
from device.sinks.mqtt_board import Board
from device.sinks.mqtt_session import Broker, Tls
from device.store.drop_teller import DropTeller
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
    pins: tuple[OutputPin, ...]
    store: Store
    factory: Any
    """Where the pins come from, for inputs too; gpiozero's."""
    listen: Callable[[Listener], None]
    """Has one more hear of what is on disk."""
    broker: MqttRunner | None = None
    """The way to the broker, where there is one."""
    board: Board | None = None
    """What the broker should know beside events."""

    def start(self) -> None:
        """Start every worker."""
        for loop in (*self.behind, *self.first):
            loop.start()

    def emit(self, event: Event) -> None:
        """Tell everybody."""
        self.fanout.emit(event)

    def mute(self, for_s: float) -> None:
        """Silence what makes noise for so long; 0 ends that."""
        for pin in self.pins:
            pin.mute(for_s)

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
def open_outlets(
    config: Config, clock: Clock, console: TextIO | None = None, also: Sequence[Listener] = ()
) -> Iterator[Outlets]:
    """Everybody who is told, not yet started; stopped and closed in the end.

    Args:
        config: who there is.
        clock: the time.
        console: where events are written as lines; None for standard output.
        also: told of what is on disk as well; whoever owns them starts and stops them.

    Raises:
        ConfigError: a pin, or the broker's password.
        StoreError: the state directory cannot be written.
        SinkError: the board's pins cannot be driven.
    """
    with contextlib.ExitStack() as stack:
        factory = _factory(config)
        stack.callback(factory.close)
        pins = _pins(config, factory, clock, stack)
        store = stack.enter_context(contextlib.closing(Store.open(config.device.state_dir, **_outbox(config.mqtt))))
        behind: list[Worker | MqttRunner] = [Worker(ConsoleSink(console or sys.stdout))]
        broker = board = None
        if config.mqtt is not None:
            board = Board()
            broker = MqttRunner(
                store,
                broker_of(config.mqtt, config.device.id),
                config.device.id,
                clock=clock.monotonic,
                board=board,
            )
            behind.append(broker)
        book = StoreSink(store, [*behind, *also])
        keeper = Worker(book, capacity=1024)
        outlets = Outlets(
            Fanout(pins, keeper), (*pins, keeper), tuple(behind), pins, store, factory, book.listen, broker, board
        )
        stack.callback(outlets.stop)
        yield outlets


@contextlib.contextmanager
def open_teller(store: Store, clock: Clock, emit: Callable[[Event], None], messages: MessageMaker) -> Iterator[Loop]:
    """What the outbox gives up is told, until the block ends."""
    teller = DropTeller(store, clock, emit=emit, messages=messages)
    teller.start()
    try:
        yield teller
    finally:
        teller.stop(STOP_S)


def _outbox(table: MqttTable | None) -> dict[str, Any]:
    """How events wait for a broker, where there is one."""
    return {"outbox": False} if table is None else {"outbox_max_bytes": table.outbox_max_mib << 20}


def _factory(config: Config) -> Any:
    """The board's pins, or mock ones, which somebody who has wired something must learn."""
    pins = config.pins
    wired = [table.id for table in pins.outputs] + [table.id for table in pins.inputs]
    if not wired:
        # A machine without pins needs none.
        return open_factory("mock")
    if pins.factory == "auto" and not are_real(pins.factory):
        log.warning("pins_are_mock", pins=wired, reason="this is no Raspberry Pi")
    return open_factory(pins.factory)


def _pins(config: Config, factory: Any, clock: Clock, stack: contextlib.ExitStack) -> tuple[OutputPin, ...]:
    """Each output, off; ``stack`` lets go of those that were made, also where one cannot be."""
    made: list[OutputPin] = []
    for table in config.pins.outputs:
        pin = OutputPin(
            table.id,
            table.pin,
            output_settings(table),
            factory=factory,
            active_high=table.active_high,
            clock=clock.monotonic,
        )
        stack.callback(pin.stop, STOP_S)
        made.append(pin)
    return tuple(made)


def broker_of(table: MqttTable, device: str) -> Broker:
    """Where the broker is and who we are to it.

    Raises:
        ConfigError: its address is none.
    """
    try:
        return Broker(
            host=table.host,
            port=table.port,
            username=table.username,
            password_file=table.password_file,
            client_id=f"shopwarden-{device}",
            resend_s=table.resend_s,
            tls=Tls(table.ca_file, table.cert_file, table.key_file) if table.uses_tls else None,
        )
    except ValueError as error:
        raise ConfigError(f"mqtt: {error}") from error
