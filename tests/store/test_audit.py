"""Who did what, on disk."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device.clock import SimulatedClock
from device.core.audit import ALL_WHATS, Access
from device.core.event import RuleRef
from device.errors import StoreError
from device.store import audit_rows
from device.store.audit_book import AuditBook, note_beside, read_audit
from device.store.store import Store
from tests.events import make_event

LOGIN = Access(what="login", who="anna", way="page 192.0.2.7")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with closing(Store.open(tmp_path)) as opened:
        yield opened


def accesses(folder: Path) -> list[Access]:
    """What was noted, the oldest first."""
    return [line.access for line in reversed(read_audit(folder))]


def test_what_is_noted_comes_back(store: Store, tmp_path: Path) -> None:
    """Every word, with its time, newest first, a page at a time."""
    book = AuditBook(store, SimulatedClock())
    for what in ALL_WHATS:
        book.note(Access(what=what, way="mqtt", about="x", done=what != "command"))
    assert [it.what for it in accesses(tmp_path)] == list(ALL_WHATS)
    first, second = read_audit(tmp_path, limit=2)
    assert (first.n, second.n) == (len(ALL_WHATS), len(ALL_WHATS) - 1)
    assert read_audit(tmp_path, before=second.n, limit=1)[0].n == second.n - 1
    assert store.check() == []


@pytest.mark.parametrize(
    ("kind", "rule", "data", "wanted"),
    [
        ("armed", "panel.state", {"state": "away", "source": "mqtt", "who": "anna"},
         Access(what="arm", way="mqtt", who="anna", about="away")),
        ("disarmed", "panel.state", {"state": "disarmed", "source": "schedule", "who": None},
         Access(what="disarm", way="schedule")),
        ("health", "panel.command", {"action": "bypass", "done": False, "source": "page 192.0.2.7", "place": "door"},
         Access(what="bypass", way="page 192.0.2.7", about="door", done=False)),
        ("panic", "panel.panic", {"action": "panic", "done": True, "source": "key-1"},
         Access(what="panic", way="key-1")),
    ],
)  # fmt: skip
def test_what_the_panel_tells_is_noted_with_its_event(
    store: Store, tmp_path: Path, kind: str, rule: str, data: dict[str, object], wanted: Access
) -> None:
    """In the same transaction: there is no command without its line, and a second try makes no second line."""
    event = make_event(kind=kind, rule=RuleRef(rule, 1), data=data)
    store.commit(event)
    store.commit(event)
    assert accesses(tmp_path) == [wanted]


def test_other_events_are_none_of_its_business(store: Store, tmp_path: Path) -> None:
    """Nor is a phase of the panel that nobody asked for, nor a rule of the owner's that says 'source'."""
    store.commit(make_event(kind="armed", rule=RuleRef("panel.state", 1), data={"state": "away"}))
    store.commit(make_event(data={"source": "mqtt"}))
    assert accesses(tmp_path) == []


def test_it_is_bounded(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By rows always, and by age once the time can be believed."""
    monkeypatch.setattr(audit_rows, "MAX_ROWS", 3)
    clock = SimulatedClock()
    book = AuditBook(store, clock, max_age_s=100.0)
    for _ in range(5):
        book.note(LOGIN)
    assert [line.n for line in read_audit(tmp_path)] == [5, 4, 3]
    clock.wait(101.0)
    book.note(LOGIN)
    kept = [line.n for line in read_audit(tmp_path)]
    assert kept == ([6] if clock.synced() else [6, 5, 4])


def test_a_command_writes_beside_the_service(store: Store, tmp_path: Path) -> None:
    """Both write into one table; where there is no store nothing is made."""
    store.commit(make_event())
    note_beside(tmp_path, LOGIN, SimulatedClock())
    AuditBook(store, SimulatedClock()).note(LOGIN)
    assert accesses(tmp_path) == [LOGIN, LOGIN]
    note_beside(tmp_path / "elsewhere", LOGIN, SimulatedClock())
    assert not (tmp_path / "elsewhere").exists()


def test_a_disk_that_fails_is_told_or_logged(store: Store, tmp_path: Path) -> None:
    """``note`` raises, so that nobody looks unseen; what must happen in any case happens."""
    book = AuditBook(store, SimulatedClock())
    store.close()
    with pytest.raises(StoreError):
        book.note(LOGIN)
    book.note_if_it_can(LOGIN)
    assert accesses(tmp_path) == []


def test_a_name_that_somebody_made_up_is_cut(store: Store, tmp_path: Path) -> None:
    """However long it is."""
    AuditBook(store, SimulatedClock()).note(
        Access(what="login_refused", way="page", who="x" * 9999, about="", done=False)
    )
    (found,) = accesses(tmp_path)
    assert (len(found.who or ""), found.about) == (200, None)
