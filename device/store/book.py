"""What has happened, for people who look: searches on a connection of their own, and verdicts. Commits no event."""

import sqlite3
import threading
from contextlib import closing
from typing import Any, Final
from urllib.parse import quote

from device.core.event import PRIORITIES, Event, decode
from device.core.ids import uuid7
from device.core.search import Remark, Search, Verdict
from device.errors import StoreError
from device.ports import Clock
from device.store.errors import store_errors
from device.store.store import Store

_NOTABLE: Final = frozenset({"warning", "alarm"})
_BUSY_S: Final = 2.0


class EventBook:
    """May be called from any thread. A search never holds up the store: SQLite's readers do not wait for its writer."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Look into an open store.

        Raises:
            StoreError: it cannot be read.
        """
        self._store, self._clock = store, clock
        # Guards the connection.
        self._lock = threading.Lock()
        with store_errors(store.path):
            self._db = sqlite3.connect(
                f"file:{quote(str(store.path))}?mode=ro", uri=True, timeout=_BUSY_S, isolation_level=None,
                check_same_thread=False,
            )  # fmt: skip

    def search(self, search: Search) -> list[Event]:
        """Events without their ends, newest first.

        Raises:
            StoreError: they cannot be read.
        """
        least = PRIORITIES.index(search.priority) if search.priority else 0
        wanted = PRIORITIES[least:]
        # Each of the notable priorities has its own stretch of an index, and the newest of both are soon merged.
        groups = [(it,) for it in wanted] if set(wanted) <= _NOTABLE else [wanted]
        rows = [row for group in groups for row in self._rows(search, group)]
        by = 0 if search.begin is None and search.end is None else 1
        rows.sort(key=lambda row: row[by], reverse=True)
        return self._events([row[2] for row in rows[: search.limit]])

    def happening(self, event_id: str) -> list[Event]:
        """Everything about one happening, in order.

        Raises:
            StoreError: it cannot be read.
        """
        rows = self._fetch("select json from event where event_id = ? order by seq limit 500", (event_id,))
        return self._events([row[0] for row in rows])

    def remark(self, event_id: str) -> Remark:
        """What people have said of a happening.

        Raises:
            StoreError: it cannot be read.
        """
        rows = self._fetch("select verdict, said_by from verdict where event_id = ?", (event_id,))
        return Remark(rows[0][0], rows[0][1]) if rows else Remark()

    def judge(self, event_id: str, verdict: Verdict | None, by: str) -> None:
        """Note what somebody says of a happening; None takes it back.

        Raises:
            StoreError: it is not on disk.
        """
        said_at = self._clock.wall()

        def write(db: sqlite3.Connection) -> None:
            db.execute("delete from verdict where event_id = ?", (event_id,))
            if verdict is not None:
                db.execute("insert into verdict values (?, ?, ?, ?)", (event_id, verdict, by, said_at))

        self._store.change(write)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        with store_errors(self._store.path), self._lock:
            self._db.close()

    def _rows(self, search: Search, priorities: tuple[str, ...]) -> list[tuple[int, str, str]]:
        dated = search.begin is not None or search.end is not None
        where, values, source = ["state <> 'end'"], list[object](), "event"
        if len(priorities) == 1:
            # In the words of the index, or SQLite does not see that it will do.
            where += [f"priority = '{priorities[0]}'", "priority in ('warning', 'alarm')"]
            source = f"event indexed by event_notable{'_by_time' if dated else ''}"
        elif priorities != PRIORITIES:
            where.append("priority <> 'info'")
        asked = [
            ("kind =", search.kind),
            ("camera =", search.camera),
            ("seq <", search.before_seq),
            ("id >=", _first_id(search.begin)),
            ("id <", _first_id(search.end)),
        ]
        for term, value in asked:
            if value is not None:
                where.append(f"{term} ?")
                values.append(value)
        # The words above are this module's own; what somebody asked for is bound.
        query = (
            f"select seq, id, json from {source} where {' and '.join(where)}"  # noqa: S608
            f" order by {'id' if dated else 'seq'} desc limit ?"
        )
        return self._fetch(query, (*values, search.limit))

    def _fetch(self, query: str, values: tuple[object, ...]) -> list[Any]:
        with store_errors(self._store.path), self._lock, closing(self._db.execute(query, values)) as cursor:
            return cursor.fetchall()

    def _events(self, texts: list[str]) -> list[Event]:
        try:
            return [decode(text) for text in texts]
        except ValueError as error:
            raise StoreError(
                f"store {self._store.path}: a row is no event ({error}): run shopwarden db check"
            ) from error


def _first_id(moment: float | None) -> str | None:
    """The lowest name of a moment, Unix time, s."""
    return None if moment is None else uuid7(max(0, round(moment * 1000)), 0)
