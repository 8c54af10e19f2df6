"""Says in one line what SQLite's errors mean for a person. Handles none of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from device.errors import StoreError

_DAMAGED: Final = "move it away (the next start makes a new one) or restore a backup"
_ADVICE: Final[dict[int, str]] = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space",
    sqlite3.SQLITE_READONLY: "it cannot be written: check its owner, its rights and whether the disk is read-only",
    sqlite3.SQLITE_PERM: "it cannot be opened: check the folder's owner and rights",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: check the folder's owner and rights",
    sqlite3.SQLITE_BUSY: "another program holds it: end that one",
    sqlite3.SQLITE_LOCKED: "another program holds it: end that one",
    sqlite3.SQLITE_IOERR: "the disk fails: look at the kernel's log and replace the card",
    sqlite3.SQLITE_CORRUPT: f"it is damaged: {_DAMAGED}",
    sqlite3.SQLITE_NOTADB: f"it is no database: {_DAMAGED}",
}


def explain(error: sqlite3.Error) -> str:
    """What is wrong and what to do; SQLite's own words where there is nothing better."""
    code = getattr(error, "sqlite_errorcode", None)
    # The low byte is the kind, the rest its variety.
    advice = _ADVICE.get(code & 0xFF) if isinstance(code, int) else None
    return f"{advice} ({error})" if advice else str(error)


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ``StoreError``, naming the database.

    Raises:
        StoreError: SQLite failed inside the block.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"store {path}: {explain(error)}") from error
