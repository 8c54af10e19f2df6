"""An archive without a database: files in a folder, a mark beside each that is not finished. Knows no chain."""

import hashlib
import shutil
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from device.errors import StoreError
from device.ports import BegunFile, FileKind
from device.recorder.growing import sync_folder


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of one file."""

    kind: FileKind
    camera: str
    event_id: str | None
    sha256: str | None = None
    """None until it is finished."""
    size_bytes: int = 0


MARK = ".begun"
"""End of the name of an empty file beside each that is not finished: what another run finds of it."""


class FolderArchive:
    """Implements ``device.ports.Archive`` by files alone; its sums go with the process."""

    def __init__(self, folder: Path, *, capacity: int = 10_000, min_free_bytes: int = 0) -> None:
        """Keep files below this folder, and remember the last ``capacity`` that are finished.

        Nothing is begun where less than ``min_free_bytes`` are left to others: the oldest of what is recorded all the
        time goes for it, evidence never.
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
            self._note(path, name)
            sync_folder(path.parent)
        except OSError as error:
            raise StoreError(f"{path.parent}: {error.strerror}") from error
        with self._lock:
            self._files[name] = Kept(kind, camera, event_id)
        return path

    def make_room(self) -> None:
        """Keep the floor while a file grows.

        Raises:
            StoreError: nothing is left that may give way, or the disk does not answer.
        """
        try:
            if self._min_free_bytes and not self._has_room(self._folder):
                raise StoreError(f"less than {self._min_free_bytes >> 20} MiB are free; delete some recordings")
        except OSError as error:
            raise StoreError(f"{self._folder}: {error.strerror}") from error

    def _note(self, path: Path, name: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._min_free_bytes and not self._has_room(path.parent):
            raise StoreError(f"{name}: less than {self._min_free_bytes >> 20} MiB are free; delete some recordings")
        mark = _mark(path)
        if path.exists() or mark.exists():
            raise StoreError(f"{name}: is there already")
        mark.touch()

    def _has_room(self, folder: Path) -> bool:
        """Whether there is, or is once the oldest pieces have gone."""
        pieces = sorted(self._folder.glob("ambient/*/*.mp4"), key=lambda piece: piece.name, reverse=True)
        while shutil.disk_usage(folder).free < self._min_free_bytes:
            if not pieces:
                return False
            oldest = pieces.pop()
            if not _mark(oldest).exists():
                oldest.unlink(missing_ok=True)
        return True

    def finish(self, name: str) -> None:
        """The file is complete and synced.

        Raises:
            StoreError: it cannot be read, or was never begun.
        """
        path = self._begun(name)
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                size_bytes = file.tell()
            _mark(path).unlink()
        except OSError as error:
            raise StoreError(f"{name}: {error.strerror}") from error
        with self._lock:
            before = self._files.get(name) or _read_off(name)
            self._files[name] = Kept(before.kind, before.camera, before.event_id, sha256, size_bytes)
            if len(self._files) > self._capacity:
                del self._files[next(old for old, it in self._files.items() if it.sha256 is not None)]

    def abandon(self, name: str) -> None:
        """Nothing came of it.

        Raises:
            StoreError: it was never begun, or cannot be taken away.
        """
        path = self._begun(name)
        try:
            path.unlink(missing_ok=True)
            _mark(path).unlink()
        except OSError as error:
            raise StoreError(f"{name}: {error.strerror}") from error
        with self._lock:
            self._files.pop(name, None)

    def unfinished(self) -> tuple[BegunFile, ...]:
        """What was begun and not ended, also by an earlier run."""
        marks = sorted(self._folder.glob(f"*/*/*{MARK}"), key=lambda mark: (mark.stat().st_mtime, mark.name))
        names = [mark.relative_to(self._folder).as_posix().removesuffix(MARK) for mark in marks]
        begun = [(name, _read_off(name)) for name in names]
        return tuple(BegunFile(name, self._folder / name, it.kind, it.event_id) for name, it in begun)

    def seal(self, event_id: str) -> None:
        """All files of an event are finished.

        Raises:
            StoreError: one is not.
        """
        if open_ones := sorted(self._folder.glob(f"evidence/{event_id}/*{MARK}")):
            raise StoreError(f"{event_id}: {open_ones[0].name.removesuffix(MARK)} is not finished")
        with self._lock:
            if event_id not in self._sealed:
                self._sealed.append(event_id)

    def _begun(self, name: str) -> Path:
        path = self._folder / name
        if not _mark(path).exists():
            raise StoreError(f"{name}: was never begun")
        return path


def _mark(path: Path) -> Path:
    return path.with_name(path.name + MARK)


def _read_off(name: str) -> Kept:
    """What a name says of its file."""
    folder, owner, _ = name.split("/", 2)
    if folder == "ambient":
        return Kept("ambient", owner, None)
    return Kept("still" if name.endswith(".jpg") else "clip", "", owner)
