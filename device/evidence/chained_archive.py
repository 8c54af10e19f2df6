"""An archive whose events join the chain when they are complete. Keeps no files itself."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from device.errors import StoreError
from device.evidence.ledger import Ledger
from device.ports import Archive, BegunFile, Clock, FileKind
from device.whole_file import replace_file

EVENTS: Final = "events.jsonl"
"""The messages of an event, as they stand beside its clip."""
_NOT_SEALED: Final = ("LOCKED",)


class ChainedArchive:
    """Implements ``device.ports.Archive`` by another one, and a ledger beside it."""

    def __init__(
        self, archive: Archive, ledger: Ledger, state_dir: Path, clock: Clock, messages: Callable[[str], Sequence[str]]
    ) -> None:
        """``messages`` gives all that has been told of an event, a line of JSON each."""
        self._archive, self._ledger, self._folder = archive, ledger, state_dir / "evidence"
        self._clock, self._messages = clock, messages

    def begin(self, name: str, *, kind: FileKind, camera: str, event_id: str | None) -> Path:
        """As the other one."""
        return self._archive.begin(name, kind=kind, camera=camera, event_id=event_id)

    def make_room(self) -> None:
        """As the other one."""
        self._archive.make_room()

    def finish(self, name: str) -> None:
        """As the other one."""
        self._archive.finish(name)

    def abandon(self, name: str) -> None:
        """As the other one."""
        self._archive.abandon(name)

    def unfinished(self) -> tuple[BegunFile, ...]:
        """As the other one."""
        return self._archive.unfinished()

    def seal(self, event_id: str) -> None:
        """Note the event's messages beside its files, and have the chain vouch for all of them.

        Raises:
            StoreError: a file is not finished, or the disk fails.
        """
        self._archive.seal(event_id)
        folder = self._folder / event_id
        if not folder.is_dir():
            # It shows nothing of its own: its clip is another event's, which is sealed with that one.
            return
        lines = "".join(f"{line}\n" for line in self._messages(event_id))
        try:
            replace_file(folder / EVENTS, lines.encode("utf-8"), mode=0o640)
            sums = sums_of(folder)
        except OSError as error:
            raise StoreError(f"{folder}: {error.strerror}") from error
        self._ledger.append("sealed", event_id, sums, label(self._clock))


def sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of an event, by its name.

    Raises:
        OSError: one cannot be read.
    """
    sums = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name not in _NOT_SEALED:
            with path.open("rb") as file:
                sums[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums


def label(clock: Clock) -> str:
    """The time for people, RFC 3339."""
    return datetime.fromtimestamp(clock.wall(), tz=UTC).isoformat(timespec="seconds")
