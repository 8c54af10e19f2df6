"""The audit of the service, and for commands beside it. Decides nothing."""

import getpass
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import structlog

from device.core.audit import Access, Line
from device.errors import StoreError
from device.ports import Clock
from device.store import audit_rows
from device.store.errors import store_errors
from device.store.store import FILE_NAME, Store
from device.store.upgrade import SCHEMA_VERSION, version_of

log = structlog.get_logger(__name__)

_BUSY_S: Final = 5.0
COMMAND_LINE: Final = "command line"


class AuditBook:
    """Notes and reads; may be called from any thread."""

    def __init__(self, store: Store, clock: Clock, *, max_age_s: float | None = None) -> None:
        """Write into an open store; what is older than that goes, once the time can be believed."""
        self._store, self._clock, self._max_age_s = store, clock, max_age_s

    def note(self, access: Access) -> None:
        """Write a line; it is on disk when this returns.

        Raises:
            StoreError: it is not.
        """
        now, synced = self._clock.wall(), self._clock.synced()

        def work(db: sqlite3.Connection) -> None:
            audit_rows.write(db, access, now, clock_synced=synced)
            if synced and self._max_age_s is not None:
                audit_rows.forget(db, now - self._max_age_s)

        self._store.change(work)

    def note_if_it_can(self, access: Access) -> None:
        """Write a line for something that must happen in any case: where the disk fails, the log has it alone."""
        try:
            self.note(access)
        except StoreError as error:
            log.error("audit_not_written", what=access.what, who=access.who, way=access.way, reason=str(error))


def read_audit(state_dir: Path, *, before: int | None = None, limit: int = 100) -> list[Line]:
    """The newest lines first, from below a number on; on a connection of its own that holds up nobody.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """
    path = state_dir / FILE_NAME
    with store_errors(path), closing(_connected(path, "ro")) as db:
        _same_version(db, path)
        return audit_rows.read(db, before=before, limit=limit)


def note_beside(state_dir: Path, access: Access, clock: Clock) -> None:
    """Write a line from a command, whether the service runs or not; before there is a store there is no audit.

    Raises:
        StoreError: it is not on disk.
    """
    path = state_dir / FILE_NAME
    if not path.exists():
        return
    with store_errors(path), closing(_connected(path, "rw")) as db:
        _same_version(db, path)
        db.execute("pragma synchronous = full")
        with db:
            db.execute("begin immediate")
            audit_rows.write(db, access, clock.wall(), clock_synced=clock.synced())


def who_calls() -> str | None:
    """The user of the system who gave a command; None where the system has no name for them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=_BUSY_S, isolation_level=None)


def _same_version(db: sqlite3.Connection, path: Path) -> None:
    if (version := version_of(db)) != SCHEMA_VERSION:
        raise StoreError(
            f"store {path}: it is of version {version}, this program knows {SCHEMA_VERSION}: start the service once"
        )
