"""Makes a connection fit for use: whose database it is, how it is kept, its newest version. Reads no events."""

import sqlite3
from contextlib import closing
from pathlib import Path

from device.errors import StoreError
from device.store.upgrade import SCHEMA_VERSION, is_foreign, upgrade, version_of


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Set a connection up, with every upgrade that is missing.

    Raises:
        StoreError: the database is another program's, or of a later version.
        sqlite3.Error: it cannot be used.
    """
    if is_foreign(db):
        raise StoreError(f"store {path}: it belongs to another program: name another state_dir")
    if version_of(db) > SCHEMA_VERSION:
        raise StoreError(
            f"store {path}: it is of version {version_of(db)}, this program knows {SCHEMA_VERSION}: "
            "install the newer Shopwarden or restore a backup"
        )
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute("pragma foreign_keys = on")
    # Bounds the log that a long reader lets grow; SQLite's own limit is none.
    db.execute(f"pragma journal_size_limit = {4 << 20:d}")
    upgrade(db)
    # Most starts follow a power cut: a damaged page is better found now than by the first alarm.
    with closing(db.execute("pragma quick_check(1)")) as rows:
        verdict = rows.fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"it is damaged, move it away or restore a backup: {verdict}")
