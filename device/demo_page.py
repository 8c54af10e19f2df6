"""The page of the demonstration, with somebody who may use it until it is shown again. Shows nothing else."""

import contextlib
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from device.config.model import Config
from device.config.panel import pins_file
from device.core.arming.standing import Saved
from device.device_health import health_of
from device.guard.codes import Codes
from device.guard.guard import Guard
from device.metrics import figures
from device.outlets import Outlets
from device.page_parts import PageWays, open_page, users_of
from device.ports import Clock, Pictures
from device.web.feed import Feed
from device.web.parts import Figure
from device.web.prometheus import prometheus_text

_NAME: Final = "demo"
_PORT: Final = 8080
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who may use the page; made up anew each time, as there is no default password."""

    name: str
    password: str
    pin: str


class Forgetful:
    """A demonstration begins as it always does, however the last one ended."""

    def load_panel(self) -> None:
        """Nothing."""

    def save_panel(self, saved: Saved, number: int) -> None:
        """Nowhere."""


def free_port() -> int:
    """The usual port, or any other where another program has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for port in (_PORT, 0):
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    return _PORT


def let_in(config: Config) -> Visitor:
    """Somebody with an account and a PIN, in place of whoever had them the last time.

    Raises:
        StoreError: they cannot be written.
    """
    visitor = Visitor(_NAME, secrets.token_hex(5), f"{secrets.randbelow(10_000):04d}")
    users = users_of(config)
    if visitor.name in users.all():
        users.remove(visitor.name)
    users.add(visitor.name, "admin", visitor.password)
    Codes(pins_file(config)).set(visitor.name, visitor.pin)
    return visitor


@contextlib.contextmanager
def open_demo_page(
    config: Config, clock: Clock, outlets: Outlets, guard: Guard, feed: Feed, pictures: Pictures
) -> Iterator[None]:
    """The page, served until the block ends; there is no file to draw into."""
    health = health_of(config.device.state_dir, outlets.store, guard, clock)

    def told() -> list[Figure]:
        return figures(health(), {}, [loop.stats() for loop in (*outlets.first, *outlets.behind, guard)])

    ways = PageWays(
        guard=guard,
        store=outlets.store,
        pictures=pictures,
        feed=feed,
        figures=told,
        metrics=lambda: prometheus_text(told()),
        reload=lambda: None,
        mutable=bool(outlets.pins),
    )
    with open_page(config, clock, ways) as server:
        # Loading it takes a second of CPU, which the first pictures shall have for themselves.
        deadline = clock.monotonic() + _PATIENCE_S
        while server is not None and server.address is None and clock.monotonic() < deadline:
            clock.wait(0.02)
        yield
