"""The fake archive: files in a folder, and books that are gone with the process. Knows no database and no chain."""

import hashlib
import shutil
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from device.errors import StoreError
from device.ports import BegunFile, FileKind


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of one file."""

    kind: FileKind
    camera: str
    event_id: str | None
    sha256: str | None = None
    """None until it is finished."""
    size_bytes: int = 0


class FolderArchive:
    """Implements ``device.ports.Archive`` for tests and demonstrations; a retention there is not."""

    def __init__(self, folder: Path, *, capacity: int = 10_000, min_free_bytes: int = 0) -> None:
        """Keep files below this folder, and remember the last ``capacity`` that are finished.

        Nothing is begun where less than ``min_free_bytes`` would be left to others.
        """
        self._folder, self._capacity, self._min_free_bytes = folder.resolve(), capacity, min_free_bytes
        self._lock = threading.Lock()  # guards what follows
        self._files: dict[str, Kept] = {}
        self._sealed: deque[str] = deque(maxlen=capacity)

    @property
    def files(self) -> dict[str, Kept]:
        """All files by name."""
        with self._lock:
            return dict(self._files)

    @property
    def sealed(self) -> tuple[str, ...]:
        """The events that are complete, in order."""
        with self._lock:
            return tuple(self._sealed)

    def begin(self, name: str, *, kind: FileKind, camera: str, event_id: str | None) -> Path:
        """Note that a file will be written, and say where.

        Raises:
            StoreError: it cannot be noted.
            ValueError: the name leads out of the folder.
        """
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder) or path == self._folder:
            raise ValueError(f"{name!r} leads out of {self._folder}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._min_free_bytes and shutil.disk_usage(path.parent).free < self._min_free_bytes:
                raise StoreError(f"{name}: less than {self._min_free_bytes >> 20} MiB are free; delete some recordings")
            is_there = path.exists()
        except OSError as error:
            raise StoreError(f"{path.parent}: {error.strerror}") from error
        with self._lock:
            if is_there or name in self._files:
                raise StoreError(f"{name}: is there already")
            self._files[name] = Kept(kind, camera, event_id)
        return path

    def finish(self, name: str) -> None:
        """The file is complete and synced.

        Raises:
            StoreError: it cannot be read, or was never begun.
        """
        try:
            data = (self._folder / name).read_bytes()
        except OSError as error:
            raise StoreError(f"{name}: {error.strerror}") from error
        with self._lock:
            before = self._known(name)
            self._files[name] = Kept(
                before.kind, before.camera, before.event_id, hashlib.sha256(data).hexdigest(), len(data)
            )
            self._forget()

    def abandon(self, name: str) -> None:
        """Nothing came of it.

        Raises:
            StoreError: it was never begun, or cannot be taken away.
        """
        with self._lock:
            self._known(name)
            del self._files[name]
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{name}: {error.strerror}") from error

    def unfinished(self) -> tuple[BegunFile, ...]:
        """What was begun and not ended."""
        with self._lock:
            begun = [(name, it) for name, it in self._files.items() if it.sha256 is None]
        return tuple(BegunFile(name, self._folder / name, it.kind, it.event_id) for name, it in begun)

    def seal(self, event_id: str) -> None:
        """All files of an event are finished.

        Raises:
            StoreError: one is not.
        """
        with self._lock:
            open_ones = [name for name, it in self._files.items() if it.event_id == event_id and it.sha256 is None]
            if open_ones:
                raise StoreError(f"{event_id}: {open_ones[0]} is not finished")
            if event_id not in self._sealed:
                self._sealed.append(event_id)

    def _forget(self) -> None:
        """Keep the books short; the lock is held."""
        if len(self._files) > self._capacity:
            del self._files[next(name for name, it in self._files.items() if it.sha256 is not None)]

    def _known(self, name: str) -> Kept:
        if name not in self._files:
            raise StoreError(f"{name}: was never begun")
        return self._files[name]
