"""What has to go: never what somebody locked, ambient before evidence, and never more than needed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from device.core.retention import Held, RetentionSettings, doomed
from device.core.room_watch import RoomWatch

HELD = st.builds(
    Held,
    name=st.text("abcdef", min_size=1, max_size=6),
    kind=st.sampled_from(["evidence", "ambient"]),
    size_bytes=st.integers(0, 1000),
    t=st.integers(0, 100).map(float),
    locked=st.booleans(),
    writing=st.booleans(),
)
SETTINGS = st.builds(
    RetentionSettings,
    max_bytes=st.none() | st.integers(0, 5000),
    min_free_bytes=st.integers(0, 3000),
    evidence_max_s=st.none() | st.integers(1, 100).map(float),
    ambient_max_s=st.none() | st.integers(1, 100).map(float),
)
MANY = st.lists(HELD, max_size=12, unique_by=lambda it: it.name)


def old(it: Held, settings: RetentionSettings, wall: float) -> bool:
    """By the rule as the page of the configuration says it."""
    most = settings.evidence_max_s if it.kind == "evidence" else settings.ambient_max_s
    return most is not None and wall - it.t > most


@given(MANY, SETTINGS, st.integers(0, 4000), st.none() | st.integers(0, 200).map(float))
def test_the_bounds_hold_or_nothing_more_can_go(
    held: list[Held], settings: RetentionSettings, free_bytes: int, wall: float | None
) -> None:
    """Afterwards there is room and no more than allowed, unless all that is left is locked or being written."""
    gone = doomed(held, settings, free_bytes=free_bytes, wall=wall)
    assert len({it.name for it in gone}) == len(gone)
    assert all(it.may_go for it in gone)
    left = [it for it in held if it not in gone]
    kept = sum(it.size_bytes for it in left)
    free = free_bytes + sum(it.size_bytes for it in gone)
    within = (settings.max_bytes is None or kept <= settings.max_bytes) and free >= settings.min_free_bytes
    assert within or not any(it.may_go for it in left)
    if wall is not None:
        assert not any(it.may_go and old(it, settings, wall) for it in left)


@given(MANY, SETTINGS, st.integers(0, 4000))
def test_evidence_outlives_what_is_recorded_all_the_time(
    held: list[Held], settings: RetentionSettings, free_bytes: int
) -> None:
    """Where it is about room alone, and of either kind the oldest goes first."""
    gone = doomed(held, settings, free_bytes=free_bytes, wall=None)
    left = [it for it in held if it.may_go and it not in gone]
    if any(it.kind == "evidence" for it in gone):
        assert not any(it.kind == "ambient" for it in left)
    for kind in ("evidence", "ambient"):
        youngest_gone = max((it.t for it in gone if it.kind == kind), default=-1.0)
        assert all(it.t >= youngest_gone for it in left if it.kind == kind)


@given(MANY, SETTINGS, st.integers(0, 4000), st.randoms())
def test_the_order_of_the_list_does_not_matter(
    held: list[Held], settings: RetentionSettings, free_bytes: int, random: object
) -> None:
    """Two looks at one disk decide alike."""
    shuffled = sorted(held, key=lambda it: hash((id(random), it.name)))
    asked = {"free_bytes": free_bytes, "wall": 100.0}
    assert doomed(shuffled, settings, **asked) == doomed(held, settings, **asked)  # type: ignore[arg-type]


def test_no_more_goes_than_must() -> None:
    """The newest stay, and a clock that is not trusted makes nothing old."""
    held = [Held(name=str(t), kind="ambient", size_bytes=100, t=float(t)) for t in range(10)]
    gone = doomed(held, RetentionSettings(max_bytes=750), free_bytes=0, wall=None)
    assert [it.name for it in gone] == ["0", "1", "2"]
    aged = RetentionSettings(ambient_max_s=5.0)
    assert doomed(held, aged, free_bytes=0, wall=None) == []
    assert [it.name for it in doomed(held, aged, free_bytes=0, wall=9.0)] == ["0", "1", "2", "3"]
    locked = [replace(it, locked=True) for it in held]
    assert doomed(locked, replace(aged, max_bytes=0), free_bytes=0, wall=9.0) == []


def test_no_room_is_told_once_and_so_is_its_end() -> None:
    """As a health event, from the moment at which nothing more could be deleted."""
    watch = RoomWatch()
    assert watch.look(1.0, free_bytes=100, min_free_bytes=100) == ()
    (start,) = watch.look(2.0, free_bytes=99, min_free_bytes=100)
    assert (start.kind, start.state, start.priority) == ("health", "start", "warning")
    assert watch.look(3.0, free_bytes=50, min_free_bytes=100) == ()
    (end,) = watch.look(4.0, free_bytes=100, min_free_bytes=100)
    assert (end.state, end.happening) == ("end", start.happening)
    assert watch.stop(5.0, "over") == ()
