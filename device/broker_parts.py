"""Wires commands, states and discovery to the broker. Obeys and shows nothing itself."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from device import __version__
from device.config.model import Config
from device.config.rules import rule_name, rule_tables
from device.core.audit import Access
from device.core.home_assistant import Introduction, introduction, topics
from device.guard.guard import Guard
from device.metrics import CAMERA_METRICS, DEVICE_METRICS
from device.outlets import Outlets, broker_of
from device.ports import Clock, Pictures
from device.remote.desk import Desk, DeskParts
from device.remote.discovery import Discovery
from device.sinks.mqtt_ears import Ear
from device.web.parts import Figure

STOP_S = 0.5


@dataclass(frozen=True, slots=True)
class BrokerWays:
    """Whom the desk asks."""

    guard: Guard
    pictures: Pictures
    figures: Callable[[], Sequence[Figure]]
    clock: Clock
    note: Callable[[Access], None]
    """Writes into the audit."""


@contextlib.contextmanager
def open_desk(config: Config, outlets: Outlets, ways: BrokerWays) -> Iterator[None]:
    """Commands are obeyed and states shown until the block ends; nothing where no broker is configured.

    Raises:
        ConfigError: the broker's address.
    """
    if config.mqtt is None or outlets.broker is None or outlets.board is None:
        yield
        return
    base = topics(config.device.id)
    sirens = [pin for pin in outlets.pins if pin.kind == "siren"]
    zones = [f"{camera.id}/{zone.id}" for camera in config.cameras for zone in camera.zones if zone.kind != "ignore"]
    rules = [f"{camera.id}/{rule_name(table)}" for camera in config.cameras for table in rule_tables(camera)]
    desk = Desk(
        DeskParts(
            base=base,
            board=outlets.board,
            guard=ways.guard,
            pictures=ways.pictures,
            cameras={camera.id: camera.pixelate_people for camera in config.cameras},
            zones=zones,
            rules=rules,
            siren=lambda: any(pin.is_on for pin in sirens),
            figures=lambda: {_key(it.name, it.part): it.value for it in ways.figures()},
            clock=ways.clock,
            note=ways.note,
            private=broker_of(config.mqtt, config.device.id).is_private,
        )
    )
    ears = [Ear(desk.topics, desk.hear)]
    if config.mqtt.discovery:
        found = Introduction(
            device=config.device.id,
            version=__version__,
            cameras=tuple(camera.id for camera in config.cameras),
            zones=tuple(zones),
            rules=tuple(rules),
            figures=dict(_diagnostics(config)),
            sirens=bool(sirens),
        )
        discovery = Discovery(outlets.board, config.mqtt.discovery_prefix, config.device.id, introduction(found))
        ears.append(Ear(discovery.topics, discovery.hear, discovery.connected))
    desk.start()
    outlets.listen(desk)
    outlets.broker.listen(*ears)
    try:
        yield
    finally:
        desk.stop(STOP_S)


def _key(name: str, part: str | None) -> str:
    return f"{part}_{name}" if part else name


def _diagnostics(config: Config) -> Iterator[tuple[str, tuple[str, str]]]:
    """What Home Assistant is told of: the device's figures and each camera's; those of sinks are for the page."""
    for metric in DEVICE_METRICS:
        yield _key(metric.name, None), (metric.text, metric.unit)
    for camera in config.cameras:
        for it in CAMERA_METRICS:
            yield _key(it.name, camera.id), (f"{camera.id}: {it.text}", it.unit)
