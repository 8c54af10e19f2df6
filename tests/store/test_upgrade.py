"""Numbered upgrades."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device.core.event import encode
from device.store import upgrade as module
from device.store.check import problems
from device.store.upgrade import SCHEMA_VERSION, UPGRADES, is_foreign, statements, upgrade, version_of
from tests.events import make_event


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """An empty database."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        yield opened


def test_there_is_a_step_to_every_version() -> None:
    """The version that this program writes is where its steps lead."""
    assert len(UPGRADES) == SCHEMA_VERSION


def test_an_empty_database_becomes_the_newest(db: sqlite3.Connection) -> None:
    """All steps are taken once, and a second call takes none."""
    assert not is_foreign(db)
    assert upgrade(db) == SCHEMA_VERSION
    assert (version_of(db), is_foreign(db)) == (SCHEMA_VERSION, False)
    assert upgrade(db) == 0


def test_a_step_that_fails_leaves_the_version_before_it(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a step is none: what it made is gone, and the steps before it hold."""

    def broken(db: sqlite3.Connection) -> None:
        db.execute("create table half (x)")
        db.execute("create table half (x)")

    monkeypatch.setattr(module, "UPGRADES", (*UPGRADES, broken))
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        upgrade(db)
    assert version_of(db) == SCHEMA_VERSION
    assert db.execute("select count(*) from sqlite_master where name = 'half'").fetchone() == (0,)


def test_only_the_missing_steps_are_taken(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older database goes on where it stands, and keeps its rows."""
    upgrade(db)
    db.execute("update meta set value = 7 where name = 'sent_seq'")
    monkeypatch.setattr(module, "UPGRADES", (*UPGRADES, lambda db: db.execute("create table later (x)")))
    assert upgrade(db) == 1
    assert version_of(db) == SCHEMA_VERSION + 1
    assert db.execute("select value from meta where name = 'sent_seq'").fetchone() == (7,)


def test_the_schema_is_a_document() -> None:
    """Every column and table is explained: each definition stands under a comment or beside one in its paragraph."""
    text = (Path(module.__file__).parent / "schema.sql").read_text(encoding="utf-8")
    paragraphs = [paragraph for paragraph in text.split("\n\n") if "create table" in paragraph]
    assert len(paragraphs) == 7
    assert all(paragraph.startswith("--") for paragraph in paragraphs)
    assert all(" strict" in statement for statement in statements(text) if "create table" in statement)


def _schema(db: sqlite3.Connection) -> list[tuple[object, ...]]:
    return sorted(db.execute("select type, name, sql from sqlite_master where name not like 'sqlite_%'"))


def test_the_steps_lead_to_what_the_document_says(db: sqlite3.Connection) -> None:
    """Tables, columns and checks are the same by either way, to the letter."""
    upgrade(db)
    text = (Path(module.__file__).parent / "schema.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as documented:
        for statement in statements(text):
            documented.execute(statement)
        assert _schema(db) == _schema(documented)
        assert db.execute("select * from meta").fetchall() == documented.execute("select * from meta").fetchall()


def test_the_first_version_gets_its_panel(db: sqlite3.Connection) -> None:
    """A store of the first release keeps its rows and can say how the guard stands."""
    UPGRADES[0](db)
    db.execute("pragma user_version = 1")
    db.execute("update meta set value = 7 where name = 'sent_seq'")
    assert upgrade(db) == SCHEMA_VERSION - 1
    assert db.execute("select count(*) from panel").fetchone() == (0,)
    assert db.execute("select value from meta where name = 'sent_seq'").fetchone() == (7,)


def test_the_third_version_gets_an_outbox_that_can_be_bounded(db: sqlite3.Connection) -> None:
    """What waits goes on waiting, each row with its worth and its size, and the sum is right."""
    for step in UPGRADES[:3]:
        step(db)
    db.execute("pragma user_version = 3")
    for seq, priority in enumerate(("info", "alarm", "notice"), start=1):
        event = make_event(seq=seq, priority=priority, reasons=("ä" * seq,))
        row = (seq, event.id, event.event_id, event.kind, priority, "start", "aisle", 2.0, event.time, encode(event))
        db.execute("insert into event values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.execute("insert into outbox values (2), (3)")

    assert upgrade(db) == SCHEMA_VERSION - 3
    sizes = [len(text.encode()) for (text,) in db.execute("select json from event where seq > 1 order by seq")]
    assert db.execute("select * from outbox order by seq").fetchall() == [(2, 3, sizes[0]), (3, 1, sizes[1])]
    assert db.execute("select value from meta where name = 'outbox_bytes'").fetchone() == (sum(sizes),)
    assert problems(db) == []


def test_the_fourth_version_gets_its_audit(db: sqlite3.Connection) -> None:
    """An empty one, whose checks hold, and nothing else changes."""
    for step in UPGRADES[:4]:
        step(db)
    db.execute("pragma user_version = 4")
    db.execute("update meta set value = 7 where name = 'sent_seq'")
    assert upgrade(db) == SCHEMA_VERSION - 4
    assert db.execute("select count(*) from audit").fetchone() == (0,)
    assert db.execute("select value from meta where name = 'sent_seq'").fetchone() == (7,)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("insert into audit values (1, 1.0, 1, null, 'login', null, '', 1)")
