"""The sink before the store keeps the labels of time from going back, over a restart too."""

from pathlib import Path

from device.store.sink import StoreSink
from device.store.store import Store
from tests.events import make_event


def test_a_clock_that_begins_at_1970_puts_no_event_before_the_last_one(tmp_path: Path) -> None:
    """The second run has no clock yet: its event carries the last known time, and says that it is not synced."""
    for time in ("2026-05-01T12:00:00.000+00:00", "1970-01-01T00:00:05.000+00:00"):
        store = Store.open(tmp_path)
        StoreSink(store).handle(make_event(time=time, clock_synced=True))
        store.close()

    store = Store.open(tmp_path)
    last, first = store.events()
    store.close()
    assert (last.time, last.clock_synced) == (first.time, False)
    assert first.clock_synced
