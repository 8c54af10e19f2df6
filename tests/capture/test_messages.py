import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.capture.messages import End, Failure, Hello, Message, Note, Picture, encode, read_message
from device.core.stamp import Stamp
from device.errors import CameraError

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=40)
NUMBERS = st.integers(0, 2**32 - 1)
SIZES = st.integers(0, 65535)
TIMES = st.floats(allow_nan=False, allow_infinity=False)
STAMPS = st.builds(Stamp, st.integers(0, 2**60), TIMES, st.none() | TIMES)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Hello, SIZES, SIZES),
    st.builds(Picture, st.integers(0, 255), STAMPS, st.booleans(), NUMBERS, NUMBERS),
    st.builds(End, WORDS, NUMBERS),
    st.builds(Failure, WORDS),
    st.builds(Note, WORDS),
)


def heard(*parts: bytes) -> list[Message]:
    """What comes out of a pipe into which these bytes were put."""
    reader, writer = os.pipe()
    try:
        for part in parts:
            os.write(writer, part)
        os.close(writer)
        messages = []
        while (message := read_message(reader)) is not None:
            messages.append(message)
        return messages
    finally:
        os.close(reader)


@given(st.lists(MESSAGES, max_size=5))
def test_what_is_said_is_heard(messages: list[Message]) -> None:
    """Every message comes out as it went in, in order."""
    assert heard(*map(encode, messages)) == messages


@given(MESSAGES, st.data())
def test_a_message_cut_by_death_is_not_half_heard(message: Message, data: st.DataObject) -> None:
    """What was torn in its header is silence."""
    whole = encode(message)
    header_bytes = len(encode(Hello(1, 1)))
    assert heard(whole[: data.draw(st.integers(0, header_bytes - 1))]) == []


def test_a_long_text_is_cut_to_one_line_that_fits_a_pipe() -> None:
    """A write above PIPE_BUF could be torn by another one."""
    text = "first\nsecond " + "ä" * 5000
    (message,) = heard(encode(Failure(text)))
    assert isinstance(message, Failure)
    assert message.text.startswith("first second ä")
    assert len(encode(Failure(text))) <= 4096


def test_noise_is_no_message() -> None:
    """Another program on the pipe is an error, not a crash."""
    with pytest.raises(CameraError, match="another language"):
        heard(b"\xff" * 100)
