"""The files of one camera's track log: an hour each, the oldest go. Knows nothing of what is in them."""

import contextlib
import os
from pathlib import Path
from typing import Final

KEPT_S: Final = 24 * 3600.0
SEGMENT_S: Final = 3600.0
MAX_BYTES: Final = 96 * 1024 * 1024
"""Of one camera, which is the day with three things always in view; the oldest hour goes first."""
MAX_SEGMENT_BYTES: Final = MAX_BYTES // 16
MAX_FILES: Final = 256
"""However often the guard starts anew."""
SUFFIX: Final = ".tracks"


class TrackFiles:
    """Writes to the newest file, which stays open, and makes room."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made with the first block."""
        self._folder = folder
        self._file: int | None = None
        self._since = 0.0
        self._size = 0

    def append(self, block: bytes, wall: float) -> None:
        """Write a block whole, or leave nothing of it.

        Raises:
            OSError: the disk does not take it.
        """
        try:
            file = self._open(wall, len(block))
            self._write(file, block)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """The next block goes to another file."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                os.close(file)

    def _write(self, file: int, block: bytes) -> None:
        try:
            written = 0
            while written < len(block):
                written += os.write(file, block[written:])
        except OSError:
            # What cannot be cut off again is passed over when it is read.
            with contextlib.suppress(OSError):
                os.ftruncate(file, self._size)
            raise
        self._size += len(block)

    def _open(self, wall: float, more: int) -> int:
        fits = 0.0 <= wall - self._since < SEGMENT_S and self._size + more <= MAX_SEGMENT_BYTES
        if self._file is not None and fits and os.fstat(self._file).st_nlink:
            return self._file
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        number = make_room(self._folder, wall) + 1
        # By number, as clocks are set back; the time is for what is too old.
        path = self._folder / f"{number:09d}-{max(0, round(1000 * wall)):015d}{SUFFIX}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._since, self._size = wall, os.fstat(self._file).st_size
        return self._file


def track_files(folder: Path) -> list[Path]:
    """The files, the oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def make_room(folder: Path, wall: float) -> int:
    """What is too old goes, or of a time that is still to come, and then the oldest; the number of the last file.

    Raises:
        OSError: they cannot be listed or taken away.
    """
    files, last = track_files(folder), 0
    sizes = [path.stat().st_size for path in files]
    total, room = sum(sizes), MAX_BYTES - MAX_SEGMENT_BYTES
    for index, (path, size) in enumerate(zip(files, sizes, strict=True)):
        number, stamp = _name(path)
        last = max(last, number)
        # A clock that was a day ahead, or is set back by a day, costs nothing.
        kept = abs(wall - stamp) <= KEPT_S + SEGMENT_S
        if not kept or total > room or len(files) - index >= MAX_FILES:
            total -= size
            path.unlink(missing_ok=True)
    return last


def _name(path: Path) -> tuple[int, float]:
    """Its number and time; of another file neither, so that it goes."""
    number, _, stamp = path.stem.partition("-")
    if not (number.isdecimal() and number.isascii() and stamp.isdecimal() and stamp.isascii()):
        return 0, float("-inf")
    return int(number), int(stamp) / 1000
