"""What has happened, found again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.clock import SimulatedClock
from device.core.event import PRIORITIES, Event
from device.core.ids import unix_ms_of, uuid7
from device.core.search import Remark, Search
from device.errors import StoreError
from device.store.book import EventBook
from device.store.store import Store
from tests.events import make_event


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Empty."""
    with closing(Store.open(tmp_path)) as store:
        yield store


@pytest.fixture
def book(store: Store) -> Iterator[EventBook]:
    """A look into it."""
    with closing(EventBook(store, SimulatedClock(wall=1000.0))) as book:
        yield book


def fits(event: Event, search: Search) -> bool:
    """The same question, asked in Python."""
    moment = unix_ms_of(event.id) / 1000
    return (
        event.state != "end"
        and search.kind in (None, event.kind)
        and search.camera in (None, event.camera)
        and (search.priority is None or PRIORITIES.index(event.priority) >= PRIORITIES.index(search.priority))
        and (search.begin is None or moment >= search.begin)
        and (search.end is None or moment < search.end)
        and (search.before_seq is None or (event.seq or 0) < search.before_seq)
    )


_events = st.builds(
    lambda moment, free, **changes: make_event(id=uuid7(moment * 1000, free), **changes),
    moment=st.integers(0, 20),
    free=st.integers(0, 2**70),
    kind=st.sampled_from(["armed", "item_taken"]),
    priority=st.sampled_from(PRIORITIES),
    state=st.sampled_from(["start", "update", "end"]),
    camera=st.sampled_from([None, "aisle", "yard"]),
)
_searches = st.builds(
    Search,
    kind=st.none() | st.sampled_from(["armed", "item_taken"]),
    priority=st.none() | st.sampled_from(PRIORITIES),
    camera=st.none() | st.sampled_from(["aisle", "yard"]),
    begin=st.none() | st.integers(0, 20).map(float),
    end=st.none() | st.integers(0, 20).map(float),
    before_seq=st.none() | st.integers(1, 30),
    limit=st.integers(1, 30),
)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.lists(_events, max_size=25, unique_by=lambda it: it.id), st.lists(_searches, max_size=20))
def test_it_finds_what_fits(
    tmp_path_factory: pytest.TempPathFactory, happened: list[Event], searches: list[Search]
) -> None:
    """All of it, and nothing else, the newest first."""
    folder = tmp_path_factory.mktemp("book")
    with closing(Store.open(folder)) as store, closing(EventBook(store, SimulatedClock())) as book:
        kept = [store.commit(event) for event in happened]
        for search in searches:
            dated = search.begin is not None or search.end is not None
            wanted = [it for it in kept if fits(it, search)]
            wanted.sort(key=lambda it: (it.id if dated else "", it.seq or 0), reverse=True)
            assert book.search(search) == wanted[: search.limit]


@pytest.mark.parametrize(
    "search", [Search(priority="alarm"), Search(priority="warning"), Search(priority="alarm", begin=0.0, end=9.0)]
)
def test_alarms_are_found_by_an_index(
    store: Store, book: EventBook, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever lies around them: no search for alarms reads every row, or sorts them."""
    plans: list[str] = []
    fetch = book._fetch

    def explain(query: str, values: tuple[object, ...]) -> list[Any]:
        plans.append(" ".join(row[3] for row in fetch(f"explain query plan {query}", values)))
        return []

    monkeypatch.setattr(book, "_fetch", explain)
    book.search(search)
    assert plans
    assert all("event_notable" in plan and "TEMP B-TREE" not in plan for plan in plans), plans


def test_a_happening_and_what_is_said_of_it(store: Store, book: EventBook) -> None:
    """The last word counts, and can be taken back; it is on disk."""
    first = store.commit(make_event())
    last = store.commit(replace(first, id=make_event().id, seq=None, state="end"))
    assert book.happening(first.event_id) == [first, last]
    assert book.remark(first.event_id) == Remark()
    book.judge(first.event_id, "true", "anna (page 192.0.2.7)")
    book.judge(first.event_id, "false", "gert (page 192.0.2.7)")
    assert book.remark(first.event_id) == Remark("false", "gert (page 192.0.2.7)")
    with closing(EventBook(store, SimulatedClock())) as other:
        assert other.remark(first.event_id).verdict == "false"
    book.judge(first.event_id, None, "gert")
    assert book.remark(first.event_id) == Remark()


def test_looking_never_waits_for_whoever_writes(store: Store, book: EventBook) -> None:
    """A transaction that is open in the store holds up no search."""
    store.commit(make_event())

    def look_inside(_: sqlite3.Connection) -> None:
        assert len(book.search(Search())) == 1

    store.change(look_inside)


def test_a_look_cannot_write(book: EventBook) -> None:
    """Its connection is for reading alone."""
    with pytest.raises(StoreError, match="cannot be written"):
        book._fetch("delete from event returning seq", ())
