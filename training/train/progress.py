"""Tells how training goes: a bar on a terminal, a line an epoch elsewhere. Does not train."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

_NAMES = {"ap": "AP", "ap50": "AP50"}


class Progress(Protocol):
    """What the loop tells."""

    def say(self, line: str) -> None:
        """A line of its own."""

    def advance(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        """A batch is done."""


class PlainProgress:
    """Lines only: a log is no place for bars."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, line: str) -> None:
        """A line of its own."""
        self._stream.write(line + "\n")
        self._stream.flush()

    def advance(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        """Nothing: the epoch has its line."""


class BarProgress:
    """A bar for the epoch that runs, finished lines above it."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._task = bars.add_task("", total=None)

    def say(self, line: str) -> None:
        """A line of its own."""
        self._bars.console.print(line, highlight=False, markup=False)

    def advance(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        """A batch is done."""
        text = f"epoch {epoch + 1}, loss {loss:.3f}"
        self._bars.update(self._task, completed=batch, total=batches, description=text)


@contextmanager
def open_progress(stream: TextIO) -> Iterator[Progress]:
    """The progress that suits a stream."""
    if not stream.isatty():
        yield PlainProgress(stream)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(file=stream)) as bars:
        yield BarProgress(bars)


def epoch_line(entry: Mapping[str, Any], epochs: int) -> str:
    """One epoch of the history as a line."""
    losses = " ".join(f"{name} {value:.3f}" for name, value in entry["losses"].items())
    line = f"epoch {entry['epoch']}/{epochs} lr {entry['lr']:.2e} {losses}"
    if entry.get("val"):
        line += f" | val {scores_text(entry['val'])}"
    return line + f" | {entry['seconds']:.0f} s"


def scores_text(scores: Mapping[str, float]) -> str:
    """Figures of a validation as words."""
    return " ".join(f"{_NAMES.get(name, name)} {value:.3f}" for name, value in scores.items())
