"""How log lines look."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from device.log import LEVELS, setup


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def test_a_journal_gets_json() -> None:
    """One object a line, with level and time, also for the libraries' lines and for traces."""
    stream = io.StringIO()
    setup(stream)
    structlog.get_logger("x").warning("sink_retries", sink="mqtt", place="Süd")
    logging.getLogger("library").error("broken %s", "pipe")
    try:
        raise ZeroDivisionError("oops")
    except ZeroDivisionError as error:
        structlog.get_logger("x").error("sink_bug", exc_info=error)
    ours, theirs, trace = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {"event": "sink_retries", "level": "warning", "sink": "mqtt", "place": "Süd"}.items() <= ours.items()
    assert ours["timestamp"].endswith("Z")
    assert {"event": "broken pipe", "level": "error"}.items() <= theirs.items()
    assert "ZeroDivisionError: oops" in trace["exception"]


def test_a_terminal_gets_words() -> None:
    """Readable, in colour, and no JSON."""
    stream = Terminal()
    setup(stream)
    structlog.get_logger("x").info("sink_recovered", sink="mqtt")
    assert "sink_recovered" in stream.getvalue()
    assert "\033[" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


@pytest.mark.parametrize(("level", "lines"), list(zip(LEVELS, (4, 3, 2, 1), strict=True)))
def test_a_level_hides_what_is_below_it(level: str, lines: int) -> None:
    """Each level shows itself and what is above."""
    stream = io.StringIO()
    setup(stream, level)
    log = structlog.get_logger("x")
    for tell in (log.debug, log.info, log.warning, log.error):
        tell("x")
    assert len(stream.getvalue().splitlines()) == lines


def test_the_libraries_chatter_is_hidden() -> None:
    """Of the libraries only warnings and worse show, whatever our own level is; a second setup doubles nothing."""
    stream = io.StringIO()
    setup(stream, "debug")
    setup(stream, "debug")
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("news")
    assert len(stream.getvalue().splitlines()) == 1
