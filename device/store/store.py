"""Events on disk and the outbox beside them: one connection, one writer at a time. Does not talk to the broker."""

import json
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from device.core.arming.standing import Saved
from device.core.audit import noted
from device.core.drop_watch import dropped_in
from device.core.event import Event, decode, encode
from device.core.ids import unix_ms_of
from device.core.shedding import Ranges
from device.errors import StoreError
from device.store import audit_rows, outbox_rows
from device.store.check import problems
from device.store.errors import store_errors
from device.store.panel_row import read_panel, write_panel
from device.store.prepare import prepare
from device.store.pruning import ROWS_A_DELETE, Pruned, prune_some

FILE_NAME: Final = "shopwarden.db"
_BUSY_S: Final = 5.0


class Store:
    """The events of one device; may be called from any thread.

    One connection serves all callers, and a lock hands it from one to the next: the worker that commits, the broker's
    runner that acknowledges, readers. A transaction takes a few milliseconds, so nobody waits for long.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, *, outbox: bool, outbox_max_bytes: int | None) -> None:
        """Use ``Store.open``."""
        self.path = path
        self._db = db
        self._outbox, self._max_bytes = outbox, outbox_max_bytes
        # Guards the connection: taken by every public method, from any thread.
        self._lock = threading.Lock()

    @classmethod
    def open(cls, state_dir: Path, *, outbox: bool = True, outbox_max_bytes: int | None = None) -> Self:
        """Open or make the database in a folder; with ``outbox`` every event waits for a broker, up to so many bytes.

        Raises:
            StoreError: the folder cannot be written, or what lies there is no sound database of this program.
        """
        path = state_dir / FILE_NAME
        try:
            state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"state_dir {state_dir}: cannot be made ({error.strerror}): name a folder that can be written"
            ) from error
        with store_errors(path):
            db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            with store_errors(path):
                prepare(db, path)
        except StoreError:
            db.close()
            raise
        return cls(db, path, outbox=outbox, outbox_max_bytes=outbox_max_bytes)

    def commit(self, event: Event) -> Event:
        """Put an event on disk with its outbox row, and return it with its number; it is there when this returns.

        An event that is there already (an earlier try failed after the row was safe) comes back with its first number.
        Where the outbox is full, something of it is given up, perhaps this event: it is on disk all the same.

        Raises:
            StoreError: it is not on disk; trying again may help.
            ValueError: the event breaks its contract; trying again will not help.
        """
        try:
            with store_errors(self.path), self._lock, self._db:
                self._db.execute("begin immediate")
                known = self._db.execute("select seq from event where id = ?", (event.id,)).fetchone()
                if known is not None:
                    return replace(event, seq=known[0])
                stored = replace(event, seq=self._next_seq())
                self._insert(stored)
                outbox_rows.told(self._db, dropped_in(stored))
                if (access := noted(stored)) is not None:
                    at_s = unix_ms_of(stored.id) / 1000
                    audit_rows.write(self._db, access, at_s, clock_synced=stored.clock_synced)
                return stored
        except StoreError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise ValueError(f"no event of version 1: {error.__cause__}") from error
            raise

    def outbox_next(self, after_seq: int = 0, limit: int = 100) -> list[Event]:
        """Events that no broker has acknowledged, in order, from above a number on.

        Raises:
            StoreError: they cannot be read.
        """
        query = "select json from outbox join event using (seq) where seq > ? order by seq limit ?"
        return self._read(query, (after_seq, limit))

    def outbox_size(self) -> int:
        """How many events wait for the broker.

        Raises:
            StoreError: they cannot be counted.
        """
        with store_errors(self.path), self._lock:
            return int(self._db.execute("select count(*) from outbox").fetchone()[0])

    def outbox_bytes(self) -> int:
        """How much waits for the broker, bytes.

        Raises:
            StoreError: it cannot be read.
        """
        with store_errors(self.path), self._lock:
            return outbox_rows.waiting_bytes(self._db)

    def outbox_has_room(self) -> bool:
        """Whether an eighth of the outbox is free, so that what comes next will not drop anything.

        Raises:
            StoreError: it cannot be read.
        """
        return self._max_bytes is None or self.outbox_bytes() <= self._max_bytes * 7 // 8

    def outbox_untold(self, limit: int) -> Ranges:
        """Numbers that were given up and that no event has listed yet, the lowest first; at most so many stretches.

        Raises:
            StoreError: they cannot be read.
        """
        with store_errors(self.path), self._lock:
            return outbox_rows.untold(self._db, limit)

    def outbox_last(self) -> int:
        """The highest number that waits for the broker; 0 where none does.

        Raises:
            StoreError: it cannot be read.
        """
        with store_errors(self.path), self._lock:
            return int(self._db.execute("select coalesce(max(seq), 0) from outbox").fetchone()[0])

    def lately_taken(self, seconds: float) -> list[int]:
        """Numbers of the last events that a broker had, as of ``outbox_rows.lately_taken``.

        Raises:
            StoreError: they cannot be read.
        """
        with store_errors(self.path), self._lock:
            return outbox_rows.lately_taken(self._db, seconds)

    def stored(self, seqs: Sequence[int]) -> list[Event]:
        """Events by their numbers, in order; those that are gone are left out.

        Raises:
            StoreError: they cannot be read.
        """
        query = "select json from event where seq in (select value from json_each(?)) order by seq"
        return self._read(query, (json.dumps(list(seqs)),)) if seqs else []

    def acknowledge(self, *seqs: int) -> None:
        """Note that the broker has these events; a number that is not waiting is passed over.

        Raises:
            StoreError: it was not noted; the events will go out again.
        """
        with store_errors(self.path), self._lock, self._db:
            self._db.execute("begin immediate")
            self._db.executemany("delete from outbox where seq = ?", ((seq,) for seq in seqs))
            query = "update meta set value = max(value, ?) where name = 'sent_seq'"
            self._db.execute(query, (max(seqs, default=0),))

    def events(self, *, before_seq: int | None = None, kind: str | None = None, limit: int = 100) -> list[Event]:
        """The newest events first, of one kind if asked, from below a number on.

        Raises:
            StoreError: they cannot be read.
        """
        query = """
            select json from event where seq < coalesce(?1, 9223372036854775807) and kind = coalesce(?2, kind)
            order by seq desc limit ?3"""
        return self._read(query, (before_seq, kind, limit))

    def happening(self, event_id: str) -> list[Event]:
        """Everything about one happening, in order.

        Raises:
            StoreError: it cannot be read.
        """
        return self._read("select json from event where event_id = ? order by seq", (event_id,))

    def dropped_count(self) -> int:
        """Events that were given up before a broker had them, ever.

        Raises:
            StoreError: it cannot be read.
        """
        with store_errors(self.path), self._lock:
            return int(self._db.execute("select value from meta where name = 'dropped_count'").fetchone()[0])

    def prune(self, max_rows: int) -> Pruned:
        """Delete events until at most so many are left.

        What the broker has goes first, the oldest before the newer, of a tenth of the bound the newest warnings and
        alarms last; only then what waits for it, the lowest priority first.

        Raises:
            StoreError: nothing, or not all of it, was deleted.
        """
        deleted, dropped = 0, list[int]()
        while True:
            # In small transactions, so that an event never waits long behind a large pruning.
            with store_errors(self.path), self._lock, self._db:
                self._db.execute("begin immediate")
                some = prune_some(self._db, max_rows)
            deleted += some.deleted
            dropped += some.dropped
            if some.deleted < ROWS_A_DELETE:
                return Pruned(deleted, tuple(sorted(dropped)))

    def load_panel(self) -> tuple[Saved, int] | None:
        """How the guard stood, with the number of that change; None where nothing was ever saved.

        Raises:
            StoreError: it cannot be read.
        """
        try:
            with store_errors(self.path), self._lock:
                return read_panel(self._db)
        except (ValueError, TypeError) as error:
            raise StoreError(f"store {self.path}: the panel's row is damaged ({error}): restore a backup") from error

    def save_panel(self, saved: Saved, number: int) -> None:
        """Put on disk how the guard stands; an older change never overwrites a newer.

        Raises:
            StoreError: it is not on disk; trying again may help.
        """
        with store_errors(self.path), self._lock, self._db:
            self._db.execute("begin immediate")
            write_panel(self._db, saved, number)

    def change(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Have something else of this package written in one transaction; it is on disk when this returns.

        Raises:
            StoreError: it is not on disk; trying again may help.
        """
        with store_errors(self.path), self._lock, self._db:
            self._db.execute("begin immediate")
            work(self._db)

    def check(self) -> list[str]:
        """What is wrong with the database, a line each; empty when all is well.

        Raises:
            StoreError: it cannot be read at all.
        """
        with store_errors(self.path), self._lock:
            return problems(self._db)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        with store_errors(self.path), self._lock:
            self._db.close()

    def _next_seq(self) -> int:
        # sqlite_sequence remembers the highest number ever given, also of deleted rows.
        row = self._db.execute("select seq from sqlite_sequence where name = 'event'").fetchone()
        return 1 if row is None else int(row[0]) + 1

    def _insert(self, event: Event) -> None:
        text = encode(event)
        self._db.execute(
            "insert into event (seq, id, event_id, kind, priority, state, camera, t_emitted_s, time, json)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.seq, event.id, event.event_id, event.kind, event.priority, event.state, event.camera,
                event.t_emitted, event.time, text,
            ),
        )  # fmt: skip
        if self._outbox:
            outbox_rows.put(self._db, event, len(text.encode("utf-8")))
            if self._max_bytes is not None:
                outbox_rows.shed(self._db, self._max_bytes)

    def _read(self, query: str, values: tuple[object, ...]) -> list[Event]:
        with store_errors(self.path), self._lock:
            rows = self._db.execute(query, values).fetchall()
        try:
            return [decode(row[0]) for row in rows]
        except ValueError as error:
            raise StoreError(f"store {self.path}: a row is no event ({error}): run shopwarden db check") from error
