"""Events as lines for a person."""

import io
from dataclasses import replace

import pytest

from device.errors import FatalSinkError
from device.sinks.console import ConsoleSink, render
from tests.events import make_event


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def test_an_event_is_a_line_and_its_reasons() -> None:
    """Time, priority, kind, place and confidence stand on the first line, each reason on one below."""
    assert render(make_event()).splitlines() == [
        "12:00:02  warning  person_in_zone          aisle/counter         0.87",
        "          - a person stood in counter",
        "          - for 2.0 s",
    ]


def test_what_is_missing_leaves_no_trace() -> None:
    """An event of the device itself has no place; an end says that it is one."""
    text = render(make_event(kind="disarmed", camera=None, zone=None, reasons=(), state="end"))
    assert text.split() == ["12:00:02", "warning", "disarmed", "(end)", "0.87"]


def test_colours_are_for_terminals() -> None:
    """A file gets none; a terminal gets them, with the same words."""
    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        ConsoleSink(stream).handle(make_event(priority="alarm"))
    assert "\033" not in plain.getvalue()
    assert terminal.getvalue().startswith("\033[1;31m12:00:02  alarm")
    assert terminal.getvalue().count("\033[0m") == 3


def test_no_name_moves_the_cursor() -> None:
    """Control characters out of a configuration or a model come out as question marks."""
    text = render(replace(make_event(), zone="a\033[2Jb", reasons=("one\ntwo",)))
    assert "a?[2Jb" in text
    assert "- one?two" in text


def test_a_narrow_encoding_loses_letters_and_nothing_else() -> None:
    """A console that knows ASCII alone still gets its line."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    ConsoleSink(stream).handle(make_event(zone="Süd"))
    assert b"aisle/S?d" in raw.getvalue()


def test_an_output_that_is_gone_is_fatal() -> None:
    """Nobody will open the pipe again."""
    stream = io.StringIO()
    sink = ConsoleSink(stream)
    stream.close()
    with pytest.raises(FatalSinkError, match="the output is gone"):
        sink.handle(make_event())


class Broken(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, _text: str) -> int:
        """Fail."""
        raise BrokenPipeError(32, "Broken pipe")


def test_a_broken_pipe_is_fatal() -> None:
    """The message says that the output is gone."""
    with pytest.raises(FatalSinkError, match=r"console: the output is gone \(.*Broken pipe"):
        ConsoleSink(Broken()).handle(make_event())
