"""The recordings on disk as retention sees them, and the lock that keeps one. Decides nothing."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from device.core.retention import Held
from device.errors import StoreError
from device.recorder.folder_archive import MARK
from device.recorder.growing import sync_folder

LOCKED: Final = "LOCKED"
"""Name of the file in an event's folder that keeps it."""
_EVENT: Final = re.compile(r"[0-9a-f-]{36}")


class Holdings:
    """Everything below ``evidence`` and ``ambient`` of a state directory; may be called from any thread."""

    def __init__(self, state_dir: Path, *, on_deleted: Callable[[str], None] = lambda event_id: None) -> None:  # noqa: ARG005 - most need not know
        """``on_deleted`` is told of each event whose evidence is about to be deleted."""
        self._folder, self._on_deleted = state_dir, on_deleted

    def listed(self) -> list[Held]:
        """What there is now.

        Raises:
            StoreError: it cannot be read.
        """
        try:
            return [*self._evidence(), *self._ambient()]
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror}") from error

    def free_bytes(self) -> int:
        """Room on the disk.

        Raises:
            StoreError: it cannot be told.
        """
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror}") from error

    def delete(self, held: Held) -> None:
        """Take it away.

        Raises:
            StoreError: it cannot be.
        """
        path = self._folder / held.name
        try:
            if held.kind == "evidence":
                # Noted first: what a power cut leaves of the folder then is known to be given up.
                self._on_deleted(path.name)
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from error

    def keep(self, event_id: str, *, locked: bool) -> None:
        """Lock the evidence of an event against retention, or let go of it.

        Raises:
            StoreError: there is none, or the mark cannot be written.
        """
        if not _EVENT.fullmatch(event_id):
            raise StoreError(f"{event_id[:60]!r} is no event")
        folder = self._folder / "evidence" / event_id
        if not folder.is_dir():
            raise StoreError(f"{event_id}: there is no evidence of it here")
        try:
            if locked:
                (folder / LOCKED).touch()
            else:
                (folder / LOCKED).unlink(missing_ok=True)
            sync_folder(folder)
        except OSError as error:
            raise StoreError(f"{folder}: {error.strerror}") from error

    def is_locked(self, event_id: str) -> bool:
        """Whether it is kept whatever happens."""
        return bool(_EVENT.fullmatch(event_id)) and (self._folder / "evidence" / event_id / LOCKED).exists()

    def _evidence(self) -> Iterator[Held]:
        for folder in sorted(self._folder.glob("evidence/*/")):
            files = [(path.name, path.stat()) for path in folder.iterdir()]
            names = {name for name, _ in files}
            yield Held(
                name=folder.relative_to(self._folder).as_posix(),
                kind="evidence",
                size_bytes=sum(stat.st_size for _, stat in files),
                t=max((stat.st_mtime for name, stat in files if name != LOCKED), default=folder.stat().st_mtime),
                locked=LOCKED in names,
                writing=any(name.endswith(MARK) for name in names),
            )

    def _ambient(self) -> Iterator[Held]:
        for piece in sorted(self._folder.glob("ambient/*/*.mp4")):
            stat = piece.stat()
            yield Held(
                name=piece.relative_to(self._folder).as_posix(),
                kind="ambient",
                size_bytes=stat.st_size,
                t=stat.st_mtime,
                writing=piece.with_name(piece.name + MARK).exists(),
            )
