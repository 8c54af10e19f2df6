"""How the guard stands, on disk."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.core.arming.lockout import Lock
from device.core.arming.standing import PHASES, Saved
from device.core.event import ARMED_STATES
from device.errors import StoreError
from device.store.store import Store

SAVED = st.builds(
    Saved,
    armed=st.sampled_from(ARMED_STATES),
    phase=st.sampled_from(PHASES),
    bypassed=st.lists(st.text(max_size=9), max_size=4).map(tuple),
    locks=st.lists(st.builds(Lock, st.text(max_size=9), st.integers(0, 99), st.floats(0.0, 3600.0))).map(tuple),
    schedule_to=st.none() | st.floats(0.0, 4e9),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with closing(Store.open(tmp_path)) as opened:
        yield opened


def test_nothing_was_saved(store: Store) -> None:
    """A new store knows of no state, so that the configuration's counts."""
    assert store.load_panel() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(saved=SAVED)
def test_it_comes_back_as_it_was(store: Store, saved: Saved) -> None:
    """Whatever a panel can be is the same after a trip to disk, and the store stays sound."""
    known = store.load_panel()
    number = known[1] + 1 if known else 1
    store.save_panel(saved, number)

    assert store.load_panel() == (saved, number)
    assert store.check() == []


def test_an_older_change_never_overwrites_a_newer(store: Store) -> None:
    """A try that comes late does no harm."""
    store.save_panel(Saved("night"), 7)
    store.save_panel(Saved("disarmed"), 6)

    assert store.load_panel() == (Saved("night"), 7)


def test_it_outlives_a_restart(store: Store, tmp_path: Path) -> None:
    """What was saved is there for whoever opens the store next."""
    store.save_panel(Saved("home", bypassed=("door",)), 1)
    store.close()

    with closing(Store.open(tmp_path)) as opened:
        assert opened.load_panel() == (Saved("home", bypassed=("door",)), 1)


def test_a_damaged_row_is_told(store: Store, tmp_path: Path) -> None:
    """The check names it, and reading says what to do."""
    store.save_panel(Saved("home"), 1)
    with closing(sqlite3.connect(tmp_path / "shopwarden.db")) as db, db:
        db.execute("update panel set locks = '[[1]]'")

    assert any("panel" in line for line in store.check())
    with pytest.raises(StoreError, match="panel"):
        store.load_panel()
