"""Who may not try another PIN."""

from hypothesis import given
from hypothesis import strategies as st

from device.core.arming.lockout import FORGET_S, LONGEST_LOCK_S, MAX_SOURCES, Lockout


def test_each_lock_is_twice_the_one_before() -> None:
    """Two slips are free, then it grows, up to an hour."""
    lockout, t = Lockout((), 0.0), 0.0
    locks = []
    for _ in range(12):
        locks.append(lockout.wrong("page", t))
        t += locks[-1]
    assert locks == [0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_right_pin_forgives() -> None:
    """The next slip is the first one again."""
    lockout = Lockout((), 0.0)
    for t in range(2):
        lockout.wrong("page", float(t))
    lockout.right("page")
    assert [lockout.wrong("page", 5.0), lockout.left_s("page", 5.0)] == [0.0, 0.0]


@given(st.floats(1.0, 1e5))
def test_a_guesser_is_slow(eager_s: float) -> None:
    """Whoever tries as soon as the lock lets him has few tries: bounded by the hour, whatever he does."""
    lockout, t, tries = Lockout((), 0.0), 0.0, 0
    while t < eager_s:
        t += max(lockout.left_s("page", t), 0.01)
        lockout.wrong("page", t)
        tries += 1
    assert tries <= 12 + eager_s / LONGEST_LOCK_S


def test_many_addresses_are_no_way_around() -> None:
    """Beyond so many sources all share one lock, and what is kept is bounded."""
    lockout = Lockout((), 0.0)
    for number in range(1000):
        lockout.wrong(f"page 10.0.{number}", 1.0)
    assert len(lockout.saved(1.0)) == MAX_SOURCES
    assert lockout.left_s("page never seen", 1.0) == LONGEST_LOCK_S


def test_a_day_later_it_is_forgotten() -> None:
    """Old slips make room for new sources."""
    lockout = Lockout((), 0.0)
    for number in range(1000):
        lockout.wrong(f"page 10.0.{number}", 1.0)
    lockout.wrong("late", FORGET_S + LONGEST_LOCK_S + 2.0)
    assert [lock.source for lock in lockout.saved(0.0)] == ["late"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.0, 100.0)), max_size=20), st.floats(0.0, 10.0))
def test_it_is_the_same_after_a_restart(wrongs: list[tuple[str, float]], pause_s: float) -> None:
    """The time left goes on where it was, on a clock that begins anew."""
    lockout, t = Lockout((), 0.0), 0.0
    for source, step in wrongs:
        t += step
        lockout.wrong(source, t)
    again = Lockout(lockout.saved(t), 0.0)
    for source in "abc":
        left, after = lockout.left_s(source, t + pause_s), again.left_s(source, pause_s)
        assert abs(left - after) < 1e-6
        assert after <= LONGEST_LOCK_S
