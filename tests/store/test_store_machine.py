"""The store against a model of it, through any order of calls and restarts."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from device.core.event import PRIORITIES, Event, Priority
from device.store.store import Store
from tests.events import make_event


class StoreMachine(RuleBasedStateMachine):
    """Commits, acknowledges, prunes and restarts; the model is two dictionaries and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.state_dir = Path(tempfile.mkdtemp())
        self.store = Store.open(self.state_dir)
        self.rows: dict[int, Event] = {}
        self.waiting: dict[int, Event] = {}
        self.last = 0

    @rule(priority=st.sampled_from(PRIORITIES))
    def commit(self, priority: Priority) -> None:
        """Numbers rise by one, whatever was deleted."""
        event = self.store.commit(make_event(priority=priority))
        assert event.seq == self.last + 1
        self.last = event.seq
        self.rows[self.last] = self.waiting[self.last] = event

    @rule(seq=st.integers(1, 30))
    def acknowledge(self, seq: int) -> None:
        """Any number given out may be acknowledged, waiting or not."""
        if seq <= self.last:
            self.store.acknowledge(seq)
            self.waiting.pop(seq, None)

    @rule(max_rows=st.integers(0, 10))
    def prune(self, max_rows: int) -> None:
        """The bound holds, and no alarm goes while something lesser could have."""
        pruned = self.store.prune(max_rows)
        rest = {event.seq: event for event in self.store.events(limit=1000) if event.seq is not None}
        gone = self.rows.keys() - rest.keys()
        assert len(rest) == min(max_rows, len(self.rows))
        assert pruned.deleted == len(gone)
        assert set(pruned.dropped) == gone & self.waiting.keys()
        if pruned.dropped:
            assert rest.keys() <= self.waiting.keys()
            worst = max(PRIORITIES.index(self.rows[seq].priority) for seq in pruned.dropped)
            assert all(PRIORITIES.index(event.priority) >= worst for event in rest.values())
        self.rows = rest
        self.waiting = {seq: event for seq, event in self.waiting.items() if seq in rest}

    @rule()
    def restart(self) -> None:
        """A restart changes nothing."""
        self.store.close()
        self.store = Store.open(self.state_dir)

    @invariant()
    def agrees_with_the_model(self) -> None:
        """Rows, outbox and order are the model's, and the store checks clean."""
        assert self.store.events(limit=1000) == [self.rows[seq] for seq in sorted(self.rows, reverse=True)]
        assert self.store.outbox_next(limit=1000) == [self.waiting[seq] for seq in sorted(self.waiting)]
        assert self.store.check() == []

    def teardown(self) -> None:
        """Leave no folder behind."""
        self.store.close()
        shutil.rmtree(self.state_dir)


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
