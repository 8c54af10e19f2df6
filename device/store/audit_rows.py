"""The audit's rows, by a connection of the caller. Begins no transaction."""

import sqlite3
from typing import Final, cast

from device.core.audit import Access, Line, What

MAX_ROWS: Final = 100_000
"""Some 15 MiB: a flood of wrong passwords, slowed by the lock-out, takes years to push anything out."""
_TEXT: Final = 200
"""Characters of a name that somebody may have made up."""


def write(db: sqlite3.Connection, access: Access, at_s: float, *, clock_synced: bool) -> None:
    """Add a line; the oldest go where there are too many."""
    row = (
        max(at_s, 0.0), clock_synced, _short(access.who), access.what, _short(access.about), access.way[:_TEXT],
        access.done,
    )  # fmt: skip
    columns = "at_s, clock_synced, who, what, about, way, done"
    db.execute(f"insert into audit ({columns}) values (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - a constant
    db.execute("delete from audit where n <= (select max(n) from audit) - ?", (MAX_ROWS,))


def forget(db: sqlite3.Connection, before_s: float) -> None:
    """Take away what is older."""
    db.execute("delete from audit where at_s < ?", (before_s,))


def read(db: sqlite3.Connection, *, before: int | None, limit: int) -> list[Line]:
    """The newest lines first, from below a number on."""
    rows = db.execute(
        "select n, at_s, clock_synced, who, what, about, way, done from audit"
        " where n < coalesce(?, 9223372036854775807) order by n desc limit ?",
        (before, limit),
    )
    return [
        Line(
            n=n, at_s=at_s, clock_synced=bool(synced),
            access=Access(what=cast(What, what), way=way, who=who, about=about, done=bool(done)),
        )
        for n, at_s, synced, who, what, about, way, done in rows
    ]  # fmt: skip


def _short(text: str | None) -> str | None:
    return text[:_TEXT] or None if text is not None else None
