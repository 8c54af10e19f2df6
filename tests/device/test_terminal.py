"""A progress line under a scrolling text."""

import io
import threading

from device.sinks.console import ConsoleSink
from device.terminal import ProgressStream
from tests.events import make_event


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def test_a_pipe_gets_plain_lines() -> None:
    """No control character, each progress line a line of its own."""
    out = io.StringIO()
    screen = ProgressStream(out)
    screen.progress("10 pictures")
    screen.write("an event\n")
    screen.progress("20 pictures")
    assert out.getvalue() == "10 pictures\nan event\n20 pictures\n"


def test_a_terminal_keeps_the_progress_line_last() -> None:
    """Each new one takes the place of the old; text goes above it, and it is drawn again below."""
    out = Terminal()
    screen = ProgressStream(out)
    screen.progress("10 pictures")
    screen.write("an event\n")
    assert out.getvalue() == "\r\x1b[K10 pictures\r\x1b[Kan event\n10 pictures"


def test_the_end_leaves_the_last_progress_line_standing() -> None:
    """What is written after it begins on a line of its own, and the line does not come again."""
    out = Terminal()
    screen = ProgressStream(out)
    screen.progress("10 pictures")
    screen.finish("summary\n")
    screen.write("more\n")
    assert out.getvalue() == "\r\x1b[K10 pictures\nsummary\n\r\x1b[Kmore\n"


def test_a_sink_can_write_above_it() -> None:
    """The console writes there as to any stream, in colour on a terminal alone."""
    for out, coloured in ((Terminal(), True), (io.StringIO(), False)):
        screen = ProgressStream(out)
        screen.progress("10 pictures")
        sink = ConsoleSink(screen.as_text())
        sink.handle(make_event(priority="alarm"))
        assert "person_in_zone" in out.getvalue()
        assert ("\x1b[1;31m" in out.getvalue()) == coloured
        assert out.getvalue().endswith("10 pictures") == coloured


def test_several_threads_may_write() -> None:
    """No line is torn."""
    out = io.StringIO()
    screen = ProgressStream(out)
    text = screen.as_text()

    def work(name: str) -> None:
        for _ in range(200):
            text.write(f"{name * 40}\n")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = out.getvalue().splitlines()
    assert len(lines) == 600
    assert {len(set(line)) for line in lines} == {1}
