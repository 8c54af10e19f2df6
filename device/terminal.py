"""One progress line under a scrolling text, from several threads. Knows nothing of what it shows."""

import io
import threading
from typing import TextIO

_CLEAR = "\r\x1b[K"


class ProgressStream:
    """A terminal keeps the progress line last; anything else gets it as a line of its own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.terminal = stream.isatty()
        # Guards the stream and the line shown on it: sinks write from their workers, progress from the pipeline.
        self._lock = threading.Lock()
        self._line = ""

    def progress(self, line: str) -> None:
        """Show a line in place of the last one."""
        with self._lock:
            self._stream.write(f"{_CLEAR}{line}" if self.terminal else f"{line}\n")
            self._stream.flush()
            self._line = line

    def write(self, text: str) -> None:
        """Let text scroll by above the progress line."""
        with self._lock:
            if self.terminal:
                self._stream.write(f"{_CLEAR}{text}{self._line}")
            else:
                self._stream.write(text)
            self._stream.flush()

    def finish(self, text: str) -> None:
        """Leave the progress line where it stands and write below it, at the end."""
        with self._lock:
            self._stream.write(f"\n{text}" if self.terminal and self._line else text)
            self._stream.flush()
            self._line = ""

    def as_text(self) -> TextIO:
        """The same as a text stream, for a sink or a log."""
        return _Above(self)


class _Above(io.StringIO):
    """Writes above the progress line."""

    encoding = "utf-8"

    def __init__(self, screen: ProgressStream) -> None:
        self._screen = screen

    def isatty(self) -> bool:
        return self._screen.terminal

    def write(self, text: str) -> int:
        self._screen.write(text)
        return len(text)
