"""Events as lines for a person at a terminal. Keeps no history."""

from typing import Final, TextIO

from device.core.event import Event, Priority
from device.errors import FatalSinkError

_RESET: Final = "\033[0m"
_DIM: Final = "\033[2m"
_COLOURS: Final[dict[Priority, str]] = {
    "info": _DIM,
    "notice": "",
    "warning": "\033[33m",
    "alarm": "\033[1;31m",
}


def render(event: Event, *, colour: bool = False) -> str:
    """A line with time, priority, kind, place and confidence, then the reasons, indented."""
    place = "/".join(part for part in (event.camera, event.zone) if part)
    state = "" if event.state == "start" else f" ({event.state})"
    head = f"{event.time[11:19]}  {event.priority:<7}  {event.kind + state:<22}  {place:<20}  {event.confidence:.2f}"
    lines = [_clean(head), *(f"          - {_clean(reason)}" for reason in event.reasons)]
    if colour:
        lines[0] = f"{_COLOURS[event.priority]}{lines[0]}{_RESET}"
        lines[1:] = [f"{_DIM}{line}{_RESET}" for line in lines[1:]]
    return "\n".join(lines) + "\n"


class ConsoleSink:
    """Writes every event to a stream that belongs to the caller; coloured on a terminal alone."""

    name = "console"

    def __init__(self, stream: TextIO) -> None:
        """Write to a text stream."""
        self._stream = stream
        self._colour = stream.isatty()
        self._closed = False

    def handle(self, event: Event) -> None:
        """Write an event.

        Raises:
            FatalSinkError: nobody reads the stream any more.
        """
        if self._closed:
            raise FatalSinkError("console: closed")
        text = render(event, colour=self._colour)
        try:
            encoding = self._stream.encoding or "utf-8"
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError) as error:
            raise FatalSinkError(f"console: the output is gone ({error})") from error

    def close(self) -> None:
        """Write no more; the stream stays open."""
        self._closed = True


def _clean(text: str) -> str:
    # Names come from configuration and models: none of them may move the terminal's cursor.
    return "".join(character if character.isprintable() else "?" for character in text)
