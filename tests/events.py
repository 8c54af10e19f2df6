"""Events for tests: one by hand, and any that the contract allows."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from device.core.event import KINDS, PRIORITIES, STATES, Event, EventObject, Evidence, RuleRef
from device.core.ids import DerivedIds, uuid7

BOOT_ID = "00000000-0000-0000-0000-000000000000"
_IDS = DerivedIds("tests")


def make_event(**changes: Any) -> Event:
    """An uncommitted event with names of its own, changed where a test cares."""
    event = Event(
        id=_IDS.next(946_728_000.0), event_id=_IDS.next(946_728_000.0), seq=None, device="shop-1", camera="aisle",
        kind="person_in_zone", priority="warning", state="start", t_start=1.5, t_end=None, t_emitted=2.0,
        time="2000-01-01T12:00:02.000+00:00", clock_synced=True, boot_id=BOOT_ID, confidence=0.87, zone="counter",
        objects=(EventObject(track=3, label="person", score=0.9, box=(0.1, 0.2, 0.3, 0.6)),),
        rule=RuleRef("person_in_zone", 1), reasons=("a person stood in counter", "for 2.0 s"), data={}, links=(),
    )  # fmt: skip
    return replace(event, **changes)


_finite = st.floats(0.0, 1e9, allow_nan=False)
_fraction = st.floats(0.0, 1.0)
_word = st.text(min_size=1, max_size=12)
_uuids = st.builds(uuid7, st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _word,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_word, inner, max_size=3),
    max_leaves=6,
)
_objects = st.builds(
    EventObject,
    track=st.integers(1, 10**6),
    label=_word,
    score=_fraction,
    box=st.tuples(_fraction, _fraction, _fraction, _fraction).map(
        lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
    ),
)
_times = st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "+01:00")


def events(*, committed: bool = True) -> st.SearchStrategy[Event]:
    """Any event that the contract allows."""
    return st.builds(
        Event,
        id=_uuids,
        event_id=_uuids,
        seq=st.integers(1, 2**53) if committed else st.none(),
        device=_word,
        camera=st.none() | _word,
        kind=st.sampled_from(KINDS),
        priority=st.sampled_from(PRIORITIES),
        state=st.sampled_from(STATES),
        t_start=_finite,
        t_end=st.none() | _finite,
        t_emitted=_finite,
        time=_times,
        clock_synced=st.booleans(),
        boot_id=st.just(BOOT_ID),
        confidence=_fraction,
        zone=st.none() | _word,
        objects=st.lists(_objects, max_size=3).map(tuple),
        rule=st.builds(RuleRef, name=_word, version=st.integers(1, 99)),
        reasons=st.lists(_word, max_size=4).map(tuple),
        data=st.dictionaries(_word, _json, max_size=3),
        links=st.lists(_uuids, max_size=3, unique=True).map(tuple),
        evidence=st.builds(Evidence, clip=st.none() | _word, stills=st.lists(_word, max_size=2).map(tuple)),
        late=st.booleans(),
    )
