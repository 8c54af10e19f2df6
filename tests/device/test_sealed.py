"""What is sealed is what comes out, or nothing does."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import UsageError
from device.sealed import Opening, Sealing

WORD, CHEAP = "a long word for a test", (1, 64, 1)
CHUNK, TAG = 1 << 20, 16


def sealed(data: bytes, *, step: int = 1 << 18) -> bytes:
    """Data, sealed in pieces."""
    out = io.BytesIO()
    sealing = Sealing(out, WORD, spend=CHEAP)
    for start in range(0, len(data), step):
        sealing.write(data[start : start + step])
    sealing.close()
    return out.getvalue()


def opened(content: bytes, word: str = WORD, *, step: int = -1) -> bytes:
    """What comes out, read in pieces."""
    opening, found = Opening(io.BytesIO(content), word, "file"), b""
    while piece := opening.read(step):
        found += piece
    return found


def content(size: int) -> bytes:
    """Bytes of which no chunk is as another."""
    return b"".join(number.to_bytes(8, "big") for number in range(size // 8 + 1))[:size]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
@pytest.mark.parametrize("step", [-1, 10_240, CHUNK + 3])
def test_a_round_trip(size: int, step: int) -> None:
    """Of any length, in any pieces; and no two files are alike."""
    data = content(size)
    assert opened(sealed(data), step=step) == data
    assert sealed(data) != sealed(data)


HEAD = len(sealed(b"")) - TAG


@given(st.integers(0), st.integers(1, 255))
def test_one_changed_byte_is_found(place: int, change: int) -> None:
    """Wherever it is; a head that asks for more rounds is another key's."""
    whole = bytearray(SHORT)
    whole[place % len(whole)] ^= change
    with pytest.raises(UsageError, match="file: "):
        opened(bytes(whole))


SHORT = sealed(content(100))


@given(st.integers(0, len(SHORT) - 1))
def test_a_file_cut_short_is_found(length: int) -> None:
    """At any length."""
    with pytest.raises(UsageError, match=r"cut short|damaged"):
        opened(SHORT[:length])


def test_chunks_that_are_left_out_swapped_or_cut_off_are_found() -> None:
    """Each chunk is whole by itself: only its place gives it away."""
    whole = sealed(content(3 * CHUNK))
    head, step = whole[:HEAD], CHUNK + TAG
    one, two, three = (whole[HEAD + n * step : HEAD + (n + 1) * step] for n in range(3))
    assert opened(head + one + two + three) == content(3 * CHUNK)
    for wrong in (one + three, two + one + three, one + two, one + two + three + three):
        with pytest.raises(UsageError, match="damaged"):
            opened(head + wrong)


def test_a_passphrase_must_be_long_and_right() -> None:
    """Whoever has the file may try for ever."""
    with pytest.raises(UsageError, match="at least 12"):
        Sealing(io.BytesIO(), "hunter2")
    with pytest.raises(UsageError, match="another passphrase"):
        opened(SHORT, "another long word")


def test_what_is_spent_unless_somebody_asks_for_less() -> None:
    """Three rounds of 64 MiB in four lanes, as the file itself says; they can be read again."""
    out = io.BytesIO()
    sealing = Sealing(out, WORD)
    sealing.write(b"secret")
    sealing.close()
    assert out.getvalue()[HEAD - 12 : HEAD] == b"".join(it.to_bytes(4, "big") for it in (3, 64 << 10, 4))
    assert opened(out.getvalue()) == b"secret"


def test_what_a_file_asks_for_is_bounded() -> None:
    """A hostile head must not take the memory of the machine."""
    hostile = SHORT[: HEAD - 8] + (1 << 31).to_bytes(4, "big") + SHORT[HEAD - 4 :]
    with pytest.raises(UsageError, match="asks for more"):
        opened(hostile)
