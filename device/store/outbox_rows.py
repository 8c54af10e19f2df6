"""The outbox's rows and what was given up of them, by the connection of the store. Begins no transaction."""

import sqlite3
from collections.abc import Iterable
from typing import Final

from device.core.event import PRIORITIES, Event
from device.core.ids import unix_ms_of
from device.core.shedding import Ranges, Waiting, least_missed

_MOST_LATELY: Final = 20_000
"""Events that are looked at for what a broker had of late."""
_A_LOOK: Final = 500
"""Rows that are weighed at a time."""


def put(db: sqlite3.Connection, event: Event, size_bytes: int) -> None:
    """Have an event wait for the broker."""
    db.execute("insert into outbox values (?, ?, ?)", (event.seq, PRIORITIES.index(event.priority), size_bytes))


def waiting_bytes(db: sqlite3.Connection) -> int:
    """How much waits."""
    return int(db.execute("select value from meta where name = 'outbox_bytes'").fetchone()[0])


def shed(db: sqlite3.Connection, max_bytes: int) -> list[int]:
    """Give up what exceeds the bound, as ``least_missed`` chooses; the numbers, in that order.

    The events themselves stay: only the broker will never have them.
    """
    gone = list[int]()
    while (surplus := waiting_bytes(db) - max_bytes) > 0:
        rows = db.execute("select seq, rank, size_bytes from outbox order by rank, seq limit ?", (_A_LOOK,))
        chosen = [it.seq for it in least_missed([Waiting(*row) for row in rows], surplus)]
        give_up(db, chosen)
        gone += chosen
    return gone


def give_up(db: sqlite3.Connection, seqs: Iterable[int]) -> None:
    """Have these wait no longer, and note that somebody must be told."""
    for seq in seqs:
        db.execute("delete from outbox where seq = ?", (seq,))
        db.execute("update meta set value = value + 1 where name = 'dropped_count'")
        _note(db, seq)


def untold(db: sqlite3.Connection, limit: int) -> Ranges:
    """What was given up and no event has told of, the lowest numbers first."""
    return tuple(db.execute("select first_seq, last_seq from dropped order by first_seq limit ?", (limit,)))


def told(db: sqlite3.Connection, ranges: Ranges) -> None:
    """An event that lists these is on disk with this transaction."""
    for first, last in ranges:
        # One may have grown at its end since it was read.
        row = db.execute("select last_seq from dropped where first_seq = ?", (first,)).fetchone()
        db.execute("delete from dropped where first_seq = ?", (first,))
        if row is not None and row[0] > last:
            db.execute("insert into dropped values (?, ?)", (last + 1, row[0]))


def _note(db: sqlite3.Connection, seq: int) -> None:
    """Add one number; it joins the stretches that it touches."""
    below = db.execute("select first_seq from dropped where first_seq < ? order by first_seq desc limit 1", (seq,))
    first, last = seq, seq
    if (row := below.fetchone()) is not None:
        touching = "delete from dropped where first_seq = ? and last_seq = ? returning first_seq"
        first = next(iter(db.execute(touching, (row[0], seq - 1)).fetchall()), (seq,))[0]
    above = db.execute("delete from dropped where first_seq = ? returning last_seq", (seq + 1,)).fetchall()
    last = above[0][0] if above else last
    db.execute("insert into dropped values (?, ?)", (first, last))


def lately_taken(db: sqlite3.Connection, seconds: float) -> list[int]:
    """Numbers of events that no longer wait, of the last so many seconds before the newest such, rising.

    By the time in their ids. What a process that has ended was told by the broker, nobody remembers: this stands in
    for it.
    """
    newest = db.execute(
        "select seq, id from event where not exists (select 1 from outbox where outbox.seq = event.seq)"
        " order by seq desc limit 1"
    ).fetchone()
    if newest is None:
        return []
    last, id_ = newest
    # A UUIDv7 begins with its milliseconds, so ids compare as times do.
    begin = f"{max(0, unix_ms_of(id_) - round(seconds * 1000)):012x}"
    rows = db.execute(
        "select seq from event where seq between ? and ? and id >= ?"
        " and not exists (select 1 from outbox where outbox.seq = event.seq) order by seq",
        (last - _MOST_LATELY, last, f"{begin[:8]}-{begin[8:]}"),
    )
    return [seq for (seq,) in rows]
