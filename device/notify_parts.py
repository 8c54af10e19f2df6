"""Makes the ways to people out of the configuration: addresses, queues, threads. Sends nothing itself."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.config.model import Config
from device.config.notify import NotifyTable
from device.core.arming.standing import Standing
from device.core.digest import Digest
from device.errors import ConfigError
from device.ports import Clock, Pictures
from device.secret_file import secret_path
from device.sinks.notice_queue import NoticeQueue
from device.sinks.notify import Courier, Notifier, still_of
from device.worker import LoopStats

MAX_URLS: Final = 8
"""Addresses of one way: each has a thread."""
STOP_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Notifiers:
    """All ways to people."""

    ways: tuple[Notifier, ...] = ()
    couriers: tuple[Courier, ...] = ()

    def use_state(self, standing: Standing) -> None:
        """How the panel stands now."""
        for way in self.ways:
            way.use_state(standing.in_force)

    def stats(self) -> list[LoopStats]:
        """Figures so far."""
        return [loop.stats() for loop in (*self.ways, *self.couriers)]


@contextlib.contextmanager
def open_notifiers(config: Config, clock: Clock, pictures: Pictures) -> Iterator[Notifiers]:
    """Every way, at work until the block ends; what is not sent by then is sent after the next start.

    Raises:
        ConfigError: a file of URLs cannot be read, or holds none.
        StoreError: a queue cannot be made.
    """
    with contextlib.ExitStack() as stack:
        ways, couriers = list[Notifier](), list[Courier]()
        for table in config.notify:
            own = _couriers(config, table, clock)
            couriers += own
            ways.append(_notifier(config, table, own, clock, pictures))
        loops = (*couriers, *ways)
        for loop in loops:
            loop.start()
            stack.callback(loop.stop, STOP_S)
        # All at once: then each has ended, or nearly, when its turn to be waited for comes.
        for loop in loops:
            stack.callback(loop.ask_to_stop)
        yield Notifiers(tuple(ways), tuple(couriers))


def read_urls(table: NotifyTable) -> list[str]:
    """The addresses of one way.

    Raises:
        ConfigError: the file cannot be read, or holds none, or too many.
    """
    name = f"notify {table.id}: urls_file {table.urls_file}"
    try:
        lines = secret_path(table.urls_file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise ConfigError(f"{name}: cannot be read ({reason})") from error
    urls = [text for line in lines if (text := line.strip()) and not text.startswith("#")]
    if not 1 <= len(urls) <= MAX_URLS:
        raise ConfigError(f"{name}: holds {len(urls)} URLs; 1 to {MAX_URLS} can be")
    for number, url in enumerate(urls, start=1):
        if "://" not in url:
            # Not the text itself: it may be a secret all the same.
            raise ConfigError(f"{name}: URL {number} is none; https://appriseit.com lists how each service writes it")
    return urls


def _couriers(config: Config, table: NotifyTable, clock: Clock) -> list[Courier]:
    urls, made = read_urls(table), []
    for number, url in enumerate(urls, start=1):
        name = f"notify-{table.id}" if len(urls) == 1 else f"notify-{table.id}-{number}"
        made.append(Courier(name, url, NoticeQueue(_folder(config.device.state_dir, table.id, url)), clock))
    return made


def _folder(state_dir: Path, name: str, url: str) -> Path:
    # By what the address is, not where it stands: a line that is added moves no messages to another.
    return state_dir / "notify" / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}"


def _notifier(
    config: Config, table: NotifyTable, couriers: list[Courier], clock: Clock, pictures: Pictures
) -> Notifier:
    pixelated = frozenset(camera.id for camera in config.cameras if camera.pixelate_people)
    return Notifier(
        f"digest-{table.id}",
        couriers,
        digest=Digest(config.device.id, table.gap_s),
        priorities=table.priorities,
        armed_in=table.armed_in,
        still=still_of(pictures, pixelated) if table.still else lambda _: None,
        clock=clock,
    )
