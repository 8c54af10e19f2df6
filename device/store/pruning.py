"""Which events go when there are too many of them, by the connection of the store. Begins no transaction."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from device.store.outbox_rows import give_up

ROWS_A_DELETE: Final = 500
"""At most so many at a time."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning took away."""

    deleted: int
    """Rows in all."""
    dropped: tuple[int, ...]
    """Those of them that no broker ever had, by ``seq``."""


def prune_some(db: sqlite3.Connection, max_rows: int) -> Pruned:
    """Delete up to ``ROWS_A_DELETE`` of what exceeds the bound.

    What the broker has goes first, the oldest before the newer; only then what waits for it, the lowest priority first.
    """
    count = db.execute("select count(*) from event").fetchone()[0]
    surplus = min(max(count - max_rows, 0), ROWS_A_DELETE)
    sent = _seqs(db, "select seq from event where seq not in (select seq from outbox) order by seq limit ?", surplus)
    waiting = _seqs(db, "select seq from outbox order by rank, seq limit ?", surplus - len(sent))
    give_up(db, waiting)
    db.executemany("delete from event where seq = ?", ((seq,) for seq in (*sent, *waiting)))
    return Pruned(len(sent) + len(waiting), tuple(waiting))


def _seqs(db: sqlite3.Connection, query: str, limit: int) -> list[int]:
    return [int(seq) for (seq,) in db.execute(query, (limit,))]
