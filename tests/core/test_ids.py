"""Names of messages."""

import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.ids import FREE_BITS, DerivedIds, RandomIds, unix_ms_of, uuid7


def test_the_example_of_the_rfc() -> None:
    """RFC 9562, appendix A.6, comes out bit for bit."""
    assert uuid7(0x017F22E279B0, 0xCC3 << 62 | 0x18C4DC0C0C07398F) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**FREE_BITS - 1))
def test_every_name_is_a_uuid_of_version_7_with_its_time(unix_ms: int, free: int) -> None:
    """Any time and any bits give version 7 of the RFC's variant, and the time reads back."""
    text = uuid7(unix_ms, free)
    parsed = uuid.UUID(text)
    assert (parsed.version, parsed.variant, str(parsed)) == (7, uuid.RFC_4122, text)
    assert unix_ms_of(text) == unix_ms


@given(st.integers(0, 2**FREE_BITS - 1), st.integers(0, 2**FREE_BITS - 1))
def test_different_bits_give_different_names(a: int, b: int) -> None:
    """No free bit gets lost."""
    assert (uuid7(1, a) == uuid7(1, b)) == (a == b)


@pytest.mark.parametrize(("unix_ms", "free"), [(-1, 0), (2**48, 0), (0, -1), (0, 2**74)])
def test_numbers_that_do_not_fit_are_refused(unix_ms: int, free: int) -> None:
    """A number with too many bits would overwrite its neighbours."""
    with pytest.raises(ValueError, match="48 bits"):
        uuid7(unix_ms, free)


@given(st.lists(st.floats(-1e6, 1e12), max_size=40), st.randoms(use_true_random=False))
def test_random_names_rise_whatever_the_clock_does(moments: list[float], entropy: random.Random) -> None:
    """A clock that stands still or steps back changes neither order nor uniqueness."""
    source = RandomIds(entropy.getrandbits)
    names = [source.next(moment) for moment in moments]
    assert names == sorted(set(names))


def test_a_full_millisecond_runs_over_into_the_next() -> None:
    """Where the free bits are used up the name stays a valid one and still rises."""
    source = RandomIds(lambda bits: 2**bits - 1)
    first, second = source.next(1.0), source.next(1.0)
    assert (unix_ms_of(first), unix_ms_of(second)) == (1000, 1001)


def test_two_replays_name_alike() -> None:
    """Derived names depend on seed, moment and order alone."""
    moments = [0.0, 1.25, 1.25, 946_684_800.0]
    one, two, other = DerivedIds("a"), DerivedIds("a"), DerivedIds("b")
    names = [one.next(moment) for moment in moments]
    assert names == [two.next(moment) for moment in moments]
    assert len(set(names)) == len(names)
    assert not set(names) & {other.next(moment) for moment in moments}
