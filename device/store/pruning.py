"""Which events go when there are too many of them, by the connection of the store. Begins no transaction."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from device.store.outbox_rows import give_up

ROWS_A_DELETE: Final = 500
"""At most so many at a time."""
_KEPT_SHARE: Final = 10
"""So many times smaller than the bound is the number of warnings and alarms that outlive lesser events: their clips are
kept for months, in which a busy shop has passers-by without number. Few enough to be passed over at each pruning."""


_NOTABLE: Final = "priority in ('warning', 'alarm')"
_NEVER: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning took away."""

    deleted: int
    """Rows in all."""
    dropped: tuple[int, ...]
    """Those of them that no broker ever had, by ``seq``."""


def prune_some(db: sqlite3.Connection, max_rows: int) -> Pruned:
    """Delete up to ``ROWS_A_DELETE`` of what exceeds the bound.

    What the broker has goes first, the oldest before the newer and the newest warnings and alarms last; only then what
    waits for it, the lowest priority first.
    """
    count = db.execute("select count(*) from event").fetchone()[0]
    surplus = min(max(count - max_rows, 0), ROWS_A_DELETE)
    if not surplus:
        return Pruned(0, ())
    from_seq = _kept_from(db, max_rows // _KEPT_SHARE)
    lesser = "select seq from event where seq not in (select seq from outbox) and not (seq >= ? and "
    lesser += f"{_NOTABLE}) order by seq limit ?"
    sent = _seqs(db, lesser, from_seq, surplus)
    if len(sent) < surplus:
        rest = "select seq from event where seq not in (select seq from outbox) and seq >= ? and "
        sent += _seqs(db, f"{rest}{_NOTABLE} order by seq limit ?", from_seq, surplus - len(sent))
    waiting = _seqs(db, "select seq from outbox order by rank, seq limit ?", surplus - len(sent))
    give_up(db, waiting)
    db.executemany("delete from event where seq = ?", ((seq,) for seq in (*sent, *waiting)))
    return Pruned(len(sent) + len(waiting), tuple(waiting))


def _kept_from(db: sqlite3.Connection, keep: int) -> int:
    """From which number on warnings and alarms are kept, so that at most so many are."""
    if not keep:
        return _NEVER
    query = f"select seq from event where {_NOTABLE} order by seq desc limit 1 offset ?"  # noqa: S608 - a constant
    row = db.execute(query, (keep - 1,)).fetchone()
    return 0 if row is None else int(row[0])


def _seqs(db: sqlite3.Connection, query: str, *values: int) -> list[int]:
    return [int(seq) for (seq,) in db.execute(query, values)]
