"""Brings a database to the version that this program knows, one numbered step at a time. Reads no events."""

import sqlite3
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Final

SCHEMA_VERSION: Final = 5
"""What ``PRAGMA user_version`` says in a database that this program writes."""

APPLICATION_ID: Final = 0x53485057


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one; ``executescript`` would end the transaction around it."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _script(name: str) -> Callable[[sqlite3.Connection], None]:
    """The step that a file beside this one holds."""

    def step(db: sqlite3.Connection) -> None:
        script = resources.files("device.store").joinpath(name).read_text(encoding="utf-8")
        for statement in statements(script):
            db.execute(statement)

    return step


# A new database takes every step too, so there is one way to make a schema; schema.sql is the document of where the
# steps lead, and a test keeps it so.
UPGRADES: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (
    _script("to_1.sql"),
    _script("to_2.sql"),
    _script("to_3.sql"),
    _script("to_4.sql"),
    _script("to_5.sql"),
)
"""Step ``i`` makes version ``i + 1`` of version ``i``."""


def version_of(db: sqlite3.Connection) -> int:
    """The version of a database; 0 for an empty one."""
    return int(db.execute("pragma user_version").fetchone()[0])


def is_foreign(db: sqlite3.Connection) -> bool:
    """Whether the database belongs to another program."""
    if db.execute("pragma application_id").fetchone()[0] == APPLICATION_ID:
        return False
    return bool(db.execute("select count(*) from sqlite_master").fetchone()[0])


def upgrade(db: sqlite3.Connection) -> int:
    """Take the steps that are missing, each in one transaction; return how many there were.

    A process killed between two steps leaves a database of the version in between, and the next start goes on there.
    """
    start = version_of(db)
    for number, step in enumerate(UPGRADES[start:], start=start + 1):
        with db:
            db.execute("begin immediate")
            # Another process may have been faster.
            if version_of(db) == number - 1:
                step(db)
                db.execute(f"pragma user_version = {number:d}")
    return len(UPGRADES) - start
