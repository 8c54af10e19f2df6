"""A file that grows by whole pieces, each on the disk before the next or in large batches. Knows no container."""

import contextlib
import os
from pathlib import Path

BATCH_BYTES = 4 << 20
"""An SD card erases this much at a time; smaller writes cost it as much."""


class GrowingFile:
    """Written by one thread; what was written whole stays good, whatever happens after."""

    def __init__(self, path: Path, *, batch_bytes: int | None = None) -> None:
        """Begin it anew.

        Args:
            path: where; its folder is there.
            batch_bytes: write when so many bytes have come together, and sync once, in the end; None: write and sync
                each piece at once.

        Raises:
            OSError: it cannot be begun.
        """
        self._batch_bytes = batch_bytes
        self._waiting = bytearray()
        self._good_bytes = 0
        self._descriptor: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        self.syncs = 0
        """How often the disk was told to keep it."""
        with contextlib.suppress(OSError):
            sync_folder(path.parent)

    @property
    def good_bytes(self) -> int:
        """What was written whole."""
        return self._good_bytes

    @property
    def size_bytes(self) -> int:
        """What has come so far, written or not."""
        return self._good_bytes + len(self._waiting)

    def add(self, piece: bytes) -> None:
        """Append a piece that is of use only as a whole.

        Raises:
            OSError: the disk is full or fails; what was there before is left as it was, and nothing more is taken.
        """
        self._waiting += piece
        if self._batch_bytes is None or len(self._waiting) >= self._batch_bytes:
            self._write()
            if self._batch_bytes is None:
                self._sync()

    def close(self) -> None:
        """Write the rest and sync all; may be called twice.

        Raises:
            OSError: it cannot be; what is good on the disk is left there.
        """
        if self._descriptor is None:
            return
        try:
            self._write()
            self._sync()
        finally:
            self._let_go()

    def _write(self) -> None:
        if self._descriptor is None:
            raise OSError(9, "the file has failed before")
        data = memoryview(bytes(self._waiting))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            # Half a piece is of no use.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._good_bytes)
                self._sync()
            self._let_go()
            raise
        self._good_bytes += len(self._waiting)
        self._waiting.clear()

    def _sync(self) -> None:
        if self._descriptor is not None:
            os.fdatasync(self._descriptor)
            self.syncs += 1

    def _let_go(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        self._waiting.clear()
        if descriptor is not None:
            os.close(descriptor)


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file and have it on the disk.

    Raises:
        OSError: the disk is full or fails.
    """
    file = GrowingFile(path, batch_bytes=len(data) + 1)
    try:
        file.add(data)
    finally:
        file.close()


def sync_folder(folder: Path) -> None:
    """Let the names in a folder be on the disk.

    Raises:
        OSError: they cannot be.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
