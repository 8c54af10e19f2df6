"""A state directory in memory, for a guard whose disk fails at the start: a siren matters more than a store.

What can still be read of the real one goes into it: how the panel stands, PINs, accounts, the page's certificate, the
number of the last event. The key and the chain do not: two chains of one key would vouch for different things. Nothing
is recorded. Once the disk works again, what has happened meanwhile goes to it, and the service starts anew on it.
"""

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from device.config.model import Config
from device.core.arming.standing import Saved
from device.core.event import Event
from device.core.message import MessageMaker
from device.core.stand_in_watch import StandInWatch
from device.errors import StoreError
from device.evidence.device_key import DeviceKey
from device.evidence.ledger import FILE_NAME as CHAIN
from device.evidence.ledger import read_chain
from device.ports import Clock
from device.rounds import Rounds
from device.store.panel_row import read_panel
from device.store.store import FILE_NAME, Store

log = structlog.get_logger(__name__)

_FAILING: Final = frozenset({errno.EROFS, errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EUCLEAN, errno.ENXIO})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SHUT: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_KEPT: Final = ("panel-pins", "web-users", "web-secret", "web-first-code", "web-certificate.pem", "web-certificate.key")
_EVERY_S: Final = 60.0
STOP_S: Final = 1.0
"""How long the telling of the end may take."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """In place of a state directory."""

    real: Config
    config: Config
    """As the real one, but for where state is kept, and without recordings."""
    why: str


def is_failing(error: StoreError, state_dir: Path) -> bool:
    """Whether the disk is at fault, or what lies on it is damaged; not somebody's rights, nor another version."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        if not isinstance(code, int):
            # Our own finding: a page is damaged.
            return type(cause) is sqlite3.DatabaseError
        return code & 0xFF in _DAMAGED or (code & 0xFF in _SHUT and _is_read_only(state_dir))
    if isinstance(cause, OSError):
        return cause.errno in _FAILING
    # A key or a chain that is none.
    return isinstance(cause, ValueError)


@contextlib.contextmanager
def stand_in(config: Config, why: str, environ: Mapping[str, str] = os.environ) -> Iterator[StandIn]:
    """A stand-in for the state directory of a configuration; gone with the block.

    Raises:
        StoreError: there is no memory to write to either.
    """
    log.error("state_cannot_be_used", reason=why, advice="the guard works from memory; mend the disk")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(_folder(environ)))
        _salvage(config.device.state_dir, folder)
        changed = config.model_copy(
            update={
                "device": config.device.model_copy(update={"state_dir": folder}),
                "recording": config.recording.model_copy(update={"priorities": (), "continuous": False}),
                "retention": config.retention.model_copy(update={"min_free_mib": 0}),
            }
        )
        yield StandIn(config, changed, why)


class Recheck(Rounds):
    """Tells of the stand-in, and has the service start anew once the disk works."""

    def __init__(
        self,
        instead: StandIn,
        clock: Clock,
        *,
        emit: Callable[[Event], None],
        messages: MessageMaker,
        works_again: Callable[[], None],
        every_s: float = _EVERY_S,
    ) -> None:
        """Not yet started."""
        super().__init__("disk", every_s=every_s)
        self._instead, self._clock, self._works_again = instead, clock, works_again
        self._emit, self._messages, self._watch = emit, messages, StandInWatch()

    def begin(self) -> None:
        """Tell of it, and start to look."""
        draft = self._watch.begin(self._clock.monotonic(), self._instead.why)
        self._emit(self._messages.make(draft, draft.priority, self._clock.wall()))
        self.start()

    def look(self) -> None:
        """Try the real directory."""
        if (why := trouble_of(self._instead.real.device.state_dir)) is None:
            log.info("state_can_be_used", state_dir=str(self._instead.real.device.state_dir))
            self._works_again()
        elif why != self._instead.why:
            log.warning("state_cannot_be_used_yet", reason=why)

    def _close(self) -> None:
        for draft in self._watch.stop(self._clock.monotonic(), "the service starts anew on its disk"):
            self._emit(self._messages.make(draft, draft.priority, self._clock.wall()))


def trouble_of(state_dir: Path) -> str | None:
    """Why a guard cannot work on a state directory; None where it can."""
    try:
        Store.open(state_dir).close()
        DeviceKey.of(state_dir)
        read_chain(state_dir / CHAIN)
    except StoreError as error:
        return str(error)
    return None


def hand_back(instead: StandIn) -> None:
    """Put what has happened meanwhile into the real store; what fails is logged, and stays lost.

    Events get the numbers that they had: the stand-in went on where the real store ended.
    """
    try:
        with (
            closing(Store.open(instead.config.device.state_dir)) as held,
            closing(Store.open(instead.real.device.state_dir, outbox=instead.real.mqtt is not None)) as store,
        ):
            events = sorted(held.events(limit=1_000_000), key=lambda event: event.seq or 0)
            for event in events:
                store.commit(replace(event, seq=None))
            stood, before = held.load_panel(), store.load_panel()
            if stood is not None:
                store.save_panel(stood[0], max(stood[1], before[1] if before else 0) + 1)
            log.info("state_handed_back", events=len(events))
    except StoreError as error:
        log.error("state_not_handed_back", reason=str(error))


@contextlib.contextmanager
def _folder(environ: Mapping[str, str]) -> Iterator[str]:
    """In memory where there is some: the service's own, then what every Linux has."""
    for place in (environ.get("RUNTIME_DIRECTORY"), "/dev/shm", None):  # noqa: S108 - a folder of our own in it
        try:
            with tempfile.TemporaryDirectory(prefix="shopwarden-state-", dir=place, ignore_cleanup_errors=True) as path:
                yield path
                return
        except OSError as error:
            log.warning("no_state_here", place=place or "the usual place", reason=str(error))
    raise StoreError("neither the state directory nor memory can be written")


def _salvage(state_dir: Path, folder: Path) -> None:
    """Take over what can be read."""
    for name in _KEPT:
        with contextlib.suppress(OSError):
            shutil.copyfile(state_dir / name, folder / name)
            (folder / name).chmod(0o600)
    if (state_dir / "models").is_dir():
        (folder / "models").symlink_to(state_dir / "models")
    found = _read_off(state_dir, folder)
    if found is None:
        log.warning("panel_not_known", advice="it stands as the configuration says")
        return
    saved, seq = found

    def go_on(db: sqlite3.Connection) -> None:
        db.execute("insert into sqlite_sequence (name, seq) values ('event', ?)", (seq,))

    with closing(Store.open(folder)) as store:
        store.change(go_on)
        if saved is not None:
            store.save_panel(*saved)


_Found = tuple[tuple[Saved, int] | None, int]
"""How the panel stood with the number of that change, and the number of the last event."""


def _read_off(state_dir: Path, folder: Path) -> _Found | None:
    """How the panel stood and the last number, of a copy: a log that was not merged yet holds the newest."""
    names = [it for it in (FILE_NAME, f"{FILE_NAME}-wal") if (state_dir / it).is_file()]
    size = sum((state_dir / it).stat().st_size for it in names)
    try:
        if size < shutil.disk_usage(folder).free // 2:
            aside = folder / "copy"
            aside.mkdir()
            try:
                for it in names:
                    shutil.copyfile(state_dir / it, aside / it)
                return _rows(f"file:{aside / FILE_NAME}")
            finally:
                shutil.rmtree(aside)
        return _rows(f"file:{state_dir / FILE_NAME}?immutable=1")
    except (OSError, sqlite3.Error, ValueError, TypeError) as error:
        log.warning("store_cannot_be_read", reason=str(error))
        return None


def _rows(uri: str) -> _Found:
    with closing(sqlite3.connect(uri, uri=True)) as db:
        row = db.execute("select seq from sqlite_sequence where name = 'event'").fetchone()
        return read_panel(db), 0 if row is None else int(row[0])


def _is_read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return True
