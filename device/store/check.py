"""Proves what the schema cannot say by itself: the store's invariants. Repairs nothing."""

import sqlite3
from collections.abc import Iterator
from typing import Final

from device.core.event import decode
from device.store.panel_row import read_panel

_MOST: Final = 100
"""Lines at most: a database this far gone needs a backup, not a longer list."""

_QUERIES: Final[tuple[tuple[str, str], ...]] = (
    (
        "outbox row {} names no event",
        "select outbox.seq from outbox left join event using (seq) where event.seq is null",
    ),
    (
        "event {} is above the highest number given out",
        "select seq from event where seq > coalesce((select max(seq) from sqlite_sequence where name = 'event'), 0)",
    ),
    (
        "number {} is noted as sent, but was never given out",
        "select value from meta where name = 'sent_seq'"
        " and value > coalesce((select max(seq) from sqlite_sequence where name = 'event'), 0)",
    ),
    (
        "outbox row {} is not as large or not worth what its event is",
        "select outbox.seq from outbox join event using (seq) where size_bytes is not length(cast(json as blob)) or"
        " rank is not case priority when 'info' then 0 when 'notice' then 1 when 'warning' then 2 else 3 end",
    ),
    (
        "the outbox is said to be {} bytes, which it is not",
        "select value from meta where name = 'outbox_bytes'"
        " and value is not (select coalesce(sum(size_bytes), 0) from outbox)",
    ),
    (
        "number {} is noted as dropped, but waits, or was never given out",
        "select first_seq from dropped where exists (select 1 from outbox where seq between first_seq and last_seq)"
        " or last_seq > coalesce((select max(seq) from sqlite_sequence where name = 'event'), 0)",
    ),
    (
        "fact {} is missing in meta",
        "select column1 from (values ('sent_seq'), ('dropped_count'), ('outbox_bytes'))"
        " where column1 not in (select name from meta)",
    ),
)


def problems(db: sqlite3.Connection) -> list[str]:
    """What is wrong, a line each; empty when all is well."""
    found = [str(row[0]) for row in db.execute(f"pragma integrity_check({_MOST:d})") if row[0] != "ok"]
    if found:
        return [" ".join(line.split()) for line in found]
    for text, query in _QUERIES:
        found += [text.format(row[0]) for row in db.execute(query)]
    try:
        read_panel(db)
    except (ValueError, TypeError) as error:
        found.append(f"the panel's row is damaged: {error}")
    found += _bad_rows(db)
    return found[:_MOST]


def _bad_rows(db: sqlite3.Connection) -> Iterator[str]:
    columns = "seq, id, event_id, kind, priority, state, camera, t_emitted_s, time"
    for text, *row in db.execute(f"select json, {columns} from event order by seq"):  # noqa: S608 - constants only
        try:
            event = decode(text)
        except ValueError as error:
            yield f"event {row[0]}: {error}"
            continue
        said = [
            event.seq, event.id, event.event_id, event.kind, event.priority, event.state, event.camera,
            event.t_emitted, event.time,
        ]  # fmt: skip
        if said != row:
            yield f"event {row[0]}: its columns and its json disagree"
