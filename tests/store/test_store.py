"""Events on disk and their outbox."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from device.core.event import Event
from device.core.ids import uuid7
from device.errors import StoreError
from device.store.store import FILE_NAME, Store
from tests.events import events, make_event


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(tmp_path)
    yield opened
    opened.close()


def break_in(state_dir: Path, *statements: str) -> None:
    """Change the database behind the store's back."""
    db = sqlite3.connect(state_dir / FILE_NAME, isolation_level=None)
    db.execute("pragma ignore_check_constraints = on")
    for statement in statements:
        db.execute(statement)
    db.close()


def seqs(found: list[Event]) -> list[int | None]:
    """The numbers of some events."""
    return [event.seq for event in found]


def test_a_committed_event_has_a_number_and_waits_for_the_broker(store: Store) -> None:
    """Commit numbers from 1, and event and outbox row appear together."""
    first, second = make_event(), make_event()
    assert store.commit(first) == replace(first, seq=1)
    assert store.commit(second) == replace(second, seq=2)
    assert store.outbox_next() == [replace(first, seq=1), replace(second, seq=2)]
    assert store.outbox_size() == 2
    assert store.check() == []


def test_the_outbox_is_read_in_order_and_in_portions(store: Store) -> None:
    """Reading goes on above a number, at most so many at a time."""
    for _ in range(5):
        store.commit(make_event())
    assert seqs(store.outbox_next(limit=2)) == [1, 2]
    assert seqs(store.outbox_next(2, 2)) == [3, 4]
    assert seqs(store.outbox_next(4)) == [5]
    assert store.outbox_next(5) == []


def test_what_the_broker_has_leaves_the_outbox_and_stays_an_event(store: Store) -> None:
    """Acknowledging strikes off the outbox alone, in any order, twice as well."""
    for _ in range(4):
        store.commit(make_event())
    store.acknowledge(3, 1)
    store.acknowledge(3)
    store.acknowledge()
    assert seqs(store.outbox_next()) == [2, 4]
    assert seqs(store.events()) == [4, 3, 2, 1]
    assert store.check() == []


def test_an_event_committed_twice_is_there_once(store: Store) -> None:
    """A second try after a late error gets the number of the first."""
    event = make_event()
    assert store.commit(event) == store.commit(event)
    assert seqs(store.outbox_next()) == [1]


def test_numbers_survive_restart_and_deletion(tmp_path: Path) -> None:
    """No number comes back, not even that of the last event when it was deleted before a restart."""
    first = Store.open(tmp_path)
    for _ in range(3):
        first.commit(make_event())
    first.acknowledge(1, 2, 3)
    assert first.prune(0).deleted == 3
    first.close()
    second = Store.open(tmp_path)
    assert second.commit(make_event()).seq == 4
    assert second.check() == []
    second.close()


def test_without_a_broker_nothing_waits(tmp_path: Path) -> None:
    """A device with no broker keeps its events and fills no outbox."""
    store = Store.open(tmp_path, outbox=False)
    store.commit(make_event())
    assert (store.outbox_size(), len(store.events())) == (0, 1)
    store.close()


def test_events_are_found_by_kind_place_and_happening(store: Store) -> None:
    """Readers get the newest first, a page at a time, and a happening from its start."""
    start = store.commit(make_event(kind="loitering"))
    store.commit(make_event(kind="panic"))
    end = store.commit(make_event(kind="loitering", event_id=start.event_id, state="end", t_end=9.0))
    assert store.happening(start.event_id) == [start, end]
    assert store.events(kind="loitering") == [end, start]
    assert seqs(store.events(limit=2)) == [3, 2]
    assert seqs(store.events(before_seq=2)) == [1]


def test_pruning_gives_up_what_the_broker_has_before_what_waits(store: Store) -> None:
    """The oldest sent rows go first, then waiting ones by priority; drops are named and counted."""
    for priority in ("alarm", "info", "warning", "info", "alarm", "notice"):
        store.commit(make_event(priority=priority))
    store.acknowledge(1, 5)
    pruned = store.prune(5)
    assert (pruned.deleted, pruned.dropped) == (1, ())
    pruned = store.prune(2)
    assert (pruned.deleted, pruned.dropped) == (3, (2, 4))
    assert seqs(store.events()) == [6, 3]
    assert store.dropped_count() == 2
    assert store.check() == []


def test_alarms_outlive_what_is_less(store: Store) -> None:
    """Of a tenth of the bound the newest warnings and alarms stay while lesser events go, however old they are."""
    worth = ("alarm", "alarm", "warning", *("notice",) * 40)
    for priority in worth:
        store.commit(make_event(priority=priority))
    store.acknowledge(*range(1, len(worth) + 1))
    assert store.prune(20).deleted == 23
    assert seqs(store.events(limit=100)) == [*range(43, 25, -1), 3, 2]
    assert store.prune(1).deleted == 19
    assert seqs(store.events(limit=100)) == [43]


def test_alarms_alone_keep_the_bound_too(store: Store) -> None:
    """Where there is nothing less, the oldest of them go."""
    for _ in range(30):
        store.commit(make_event(priority="alarm"))
    store.acknowledge(*range(1, 31))
    assert store.prune(10).deleted == 20
    assert seqs(store.events(limit=100)) == list(range(30, 20, -1))


def test_pruning_keeps_the_bound_over_many_portions(store: Store) -> None:
    """More rows than one transaction deletes still end at the bound, and nothing below it is touched."""
    for _ in range(1105):
        store.commit(make_event())
    assert len(store.prune(50).dropped) == 1055
    assert seqs(store.events(limit=1000)) == list(range(1105, 1055, -1))
    assert store.prune(50).deleted == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(event=events(committed=False))
def test_any_event_comes_back_as_it_was(store: Store, event: Event) -> None:
    """What the contract allows the store takes and returns."""
    committed = store.commit(replace(event, id=make_event().id))
    assert store.events(limit=1) == [committed]


@pytest.mark.parametrize(
    "changes", [{"camera": ""}, {"kind": ""}, {"priority": "high"}, {"t_emitted": -1.0}, {"confidence": float("nan")}]
)
def test_what_is_no_event_is_refused_for_good(store: Store, changes: dict[str, Any]) -> None:
    """An event that breaks its contract is no fault of the disk, and leaves nothing behind."""
    with pytest.raises(ValueError, match=r"version 1|JSON"):
        store.commit(make_event(**changes))
    assert store.events() == store.outbox_next() == []
    assert store.commit(make_event()).seq == 1


def test_a_full_disk_is_told_and_nothing_is_half_there(tmp_path: Path) -> None:
    """A commit without room raises, leaves no row, and works again once there is room."""
    store = Store.open(tmp_path)
    store.commit(make_event())
    pages = store._db.execute("pragma page_count").fetchone()[0]
    store._db.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(StoreError, match=r"store .*shopwarden\.db: the disk is full: free some space"):
        store.commit(make_event(reasons=("x" * 300_000,)))
    before = store.events()
    store._db.execute("pragma max_page_count = 100000")
    assert store.check() == []
    assert store.commit(make_event()).seq == len(before) + 1
    store.close()


def test_many_threads_share_a_store(store: Store) -> None:
    """Committing and acknowledging from several threads loses and doubles no number."""

    def commit() -> None:
        for _ in range(25):
            committed = store.commit(make_event())
            if committed.seq is not None and committed.seq % 2:
                store.acknowledge(committed.seq)

    threads = [threading.Thread(target=commit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seqs(store.events()) == list(range(100, 0, -1))
    assert seqs(store.outbox_next()) == list(range(2, 101, 2))


def test_the_promises_of_the_disk_are_switched_on(store: Store) -> None:
    """WAL, full synchronisation and foreign keys hold on the store's connection."""
    values = [
        store._db.execute(f"pragma {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    assert values == ["wal", 2, 1]


def test_a_closed_store_says_so(store: Store) -> None:
    """Closing twice is fine; using it afterwards is a StoreError."""
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.commit(make_event())


def test_a_folder_that_cannot_be_made_is_named() -> None:
    """The message names the folder and what to do."""
    with pytest.raises(StoreError, match=r"state_dir /proc/nowhere/x: cannot be made .*: name a folder"):
        Store.open(Path("/proc/nowhere/x"))


def test_a_folder_without_rights_is_named(tmp_path: Path) -> None:
    """Where the database cannot be opened the message says so; a folder in its place stands in for missing rights."""
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StoreError, match=r"shopwarden\.db: it cannot be opened: check"):
        Store.open(tmp_path)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """Any other file under the name is left alone and named."""
    (tmp_path / FILE_NAME).write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(StoreError, match="it is no database: move it away"):
        Store.open(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes().startswith(b"not a database")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """A database without our mark is left alone."""
    break_in(tmp_path, "create table theirs (x)")
    with pytest.raises(StoreError, match="belongs to another program"):
        Store.open(tmp_path)


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """A database of a later version is left alone, with the versions named."""
    Store.open(tmp_path).close()
    break_in(tmp_path, "pragma user_version = 99")
    with pytest.raises(StoreError, match="version 99, this program knows 5: install the newer"):
        Store.open(tmp_path)


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    """Pages overwritten in the middle are found at the start."""
    store = Store.open(tmp_path)
    for _ in range(300):
        store.commit(make_event())
    store.close()
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = b"\xa5" * 8192
    path.write_bytes(data)
    with pytest.raises(StoreError, match=r"it is damaged"):
        Store.open(tmp_path)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("insert into outbox values (77, 0, 1)", "outbox row 77 names no event"),
        ("update outbox set rank = 0", "outbox row 1 is not as large or not worth"),
        ("update meta set value = 1 where name = 'outbox_bytes'", "the outbox is said to be 1 bytes"),
        ("insert into dropped values (1, 1)", "number 1 is noted as dropped, but waits"),
        ("insert into dropped values (8, 9)", "number 8 is noted as dropped"),
        ("update sqlite_sequence set seq = 1", "event 2 is above the highest number given out"),
        ("update meta set value = 50 where name = 'sent_seq'", "number 50 is noted as sent"),
        ("delete from meta where name = 'dropped_count'", "fact dropped_count is missing"),
        ("update event set kind = 'panic' where seq = 2", "event 2: its columns and its json disagree"),
        ("update event set json = '{}' where seq = 2", "CHECK constraint failed in event"),
        ("update event set json = json_remove(json, '$.rule') where seq = 2", "event 2: an event lacks"),
    ],
)
def test_check_finds_what_is_broken(tmp_path: Path, damage: str, found: str) -> None:
    """Each invariant of the store has a line of its own when it is broken."""
    store = Store.open(tmp_path)
    store.commit(make_event())
    store.commit(make_event())
    assert store.check() == []
    break_in(tmp_path, damage)
    assert any(found in line for line in store.check()), store.check()
    store.close()


WRITER = """
import sys
from pathlib import Path
from device.store.store import Store
from tests.events import make_event
store = Store.open(Path(sys.argv[1]))
while True:
    event = store.commit(make_event())
    sys.stdout.write(f"{event.seq} {event.id}\\n")
    sys.stdout.flush()
    if event.seq % 3 == 0:
        store.acknowledge(event.seq)
"""


def test_a_killed_process_loses_no_committed_event(tmp_path: Path) -> None:
    """After SIGKILL in the midst of writing every reported event is there, and the store checks clean."""
    for round_number in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as writer:
            assert writer.stdout is not None
            reported = [writer.stdout.readline().split() for _ in range(20 + 7 * round_number)]
            os.kill(writer.pid, signal.SIGKILL)
        store = Store.open(tmp_path)
        there = {event.id: event.seq for event in store.events(limit=10_000)}
        assert {name: int(seq) for seq, name in reported}.items() <= there.items()
        assert store.check() == []
        assert len(there) == max(seq for seq in there.values() if seq is not None)
        store.close()


def test_what_a_broker_had_of_late(store: Store) -> None:
    """By the time in the ids, back from the newest that no longer waits; what waits is none of it."""
    assert store.lately_taken(10.0) == []
    for ms in (0, 5_000, 20_000, 29_000, 30_000, 31_000):
        store.commit(make_event(id=uuid7(1_790_000_000_000 + ms, ms)))
    assert store.lately_taken(10.0) == []
    store.acknowledge(1, 2, 3, 4, 5)
    assert store.lately_taken(10.0) == [3, 4, 5]
    assert store.lately_taken(1.0) == [4, 5]
    assert store.lately_taken(3600.0) == [1, 2, 3, 4, 5]
