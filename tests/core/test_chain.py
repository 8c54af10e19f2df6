"""The chain: whatever is changed, taken out or put elsewhere is found and named."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.chain import NOTHING, Link, Signed, differences, faults, read_link, sealed_in


def signed(signature: bytes, text: bytes) -> bool:
    """A signature that only this test makes."""
    return signature == b"by us: " + text[:20]


def chain(count: int) -> list[Signed]:
    """So many sound links."""
    links: list[Signed] = []
    for n in range(1, count + 1):
        before = links[-1].link.digest if links else NOTHING
        link = Link(
            n=n, before=before, kind="sealed", device="shop-1", event_id=f"e{n}", time="2026-01-01T00:00:00+00:00",
            files={"clip.mp4": f"{n:064x}"},
        )  # fmt: skip
        links.append(Signed(link, b"by us: " + link.text[:20]))
    return links


@given(st.integers(0, 8), st.integers(0, 8))
def test_any_stretch_of_a_whole_chain_is_sound(count: int, start: int) -> None:
    """From the first link or from a later one."""
    assert faults(chain(count)[start:], signed) == []


@given(st.integers(2, 8), st.data())
def test_what_is_missing_or_out_of_order_is_named(count: int, data: st.DataObject) -> None:
    """By the number of the link."""
    links = chain(count)
    at = data.draw(st.integers(0, count - 2))
    swapped = [*links[:at], links[at + 1], links[at], *links[at + 2 :]]
    assert any("out of order" in fault for fault in faults(swapped, signed))
    if 0 < at < count - 1:
        assert faults([*links[:at], *links[at + 1 :]], signed) == [
            f"link {at + 2} stands after link {at}: some are missing or out of order"
        ]


@given(st.integers(1, 6), st.data())
def test_a_changed_link_is_found(count: int, data: st.DataObject) -> None:
    """Signed again by somebody else, or even by the key: the one behind it tells."""
    links = chain(count)
    at = data.draw(st.integers(0, count - 1))
    forged = replace(links[at].link, files={"clip.mp4": "f" * 64})
    other = [*links[:at], Signed(forged, b"by them"), *links[at + 1 :]]
    assert f"link {at + 1}: its signature is not the key's" in faults(other, signed)
    ours = [*links[:at], Signed(forged, b"by us: " + forged.text[:20]), *links[at + 1 :]]
    assert (faults(ours, signed) != []) == (at < count - 1)


def test_files_are_held_against_their_link() -> None:
    """Missing, strange, changed."""
    link = replace(chain(1)[0].link, files={"a": "1", "b": "2", "c": "3"})
    assert differences(link, {"a": "1", "b": "2", "c": "3"}) == []
    assert differences(link, {"a": "1", "b": "x", "d": "4"}) == [
        "c is missing",
        "d is not of this event",
        "b was changed",
    ]


def test_an_event_may_be_sealed_again() -> None:
    """The last time counts; a deletion seals nothing."""
    links = chain(3)
    again = Signed(replace(links[2].link, event_id="e1"), b"")
    assert sealed_in([*links, again], "e1") is again
    assert sealed_in([Signed(replace(links[0].link, kind="deleted"), b"")], "e1") is None


def test_a_link_is_read_as_it_was_written() -> None:
    """And whatever is none is refused."""
    link = chain(1)[0].link
    assert read_link(asdict(link)) == link
    document = asdict(link)
    refused: list[Any] = [
        None, [], {}, document | {"n": "1"}, document | {"n": True}, document | {"kind": "x"},
        document | {"files": {"a": 1}}, document | {"files": 3}, document | {"more": 1},
    ]  # fmt: skip
    for wrong in refused:
        with pytest.raises(ValueError, match="no link"):
            read_link(wrong)
