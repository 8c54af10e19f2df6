"""Messages to people that wait, on disk, so that a restart loses none. Sends nothing."""

import contextlib
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.core.digest import Notice
from device.core.event import PRIORITIES
from device.errors import StoreError
from device.whole_file import replace_file

MAX_WAITING: Final = 50
"""With a picture each, a few MiB."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message in the queue."""

    number: int
    notice: Notice
    put_at: float
    """Unix time, s."""
    still: Path | None


class NoticeQueue:
    """A folder with a file for each message and one for its picture; the least important goes where it is full."""

    def __init__(self, folder: Path) -> None:
        """Go on with what is there; a file that is damaged is thrown away.

        Raises:
            StoreError: the folder cannot be made or read.
        """
        self._folder = folder
        # Guards what follows and the files: one thread puts, another takes.
        self._changed = threading.Condition()
        self.dropped = 0
        """Messages that were given up for want of room."""
        try:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._waiting = {it.number: it for path in sorted(folder.glob("*.json")) if (it := _read(path))}
        except OSError as error:
            raise StoreError(f"{folder}: cannot be made or read ({error.strerror})") from error
        self._next = max(self._waiting, default=0) + 1

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, notice: Notice, jpeg: bytes | None, wall: float) -> None:
        """Take a message; it is on disk when this returns.

        Raises:
            StoreError: it is not; it waits in memory all the same.
        """
        with self._changed:
            number, self._next = self._next, self._next + 1
            path = self._path(number)
            still = path.with_suffix(".jpg") if jpeg is not None else None
            self._waiting[number] = Waiting(number, notice, wall, still)
            self._make_room()
            self._changed.notify_all()
            try:
                if still is not None and jpeg is not None:
                    replace_file(still, jpeg)
                replace_file(path, _text(self._waiting.get(number)))
            except OSError as error:
                raise StoreError(f"{path}: cannot be written ({error.strerror})") from error

    def first(self, timeout_s: float) -> Waiting | None:
        """The oldest, waiting for one no longer than that, or until woken."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(timeout_s)
            return self._waiting[min(self._waiting)] if self._waiting else None

    def done(self, number: int) -> None:
        """This one was sent, or given up."""
        with self._changed:
            self._forget(number)

    def wake(self) -> None:
        """End a wait."""
        with self._changed:
            self._changed.notify_all()

    def _make_room(self) -> None:
        while len(self._waiting) > MAX_WAITING:
            self._forget(min(self._waiting, key=lambda it: (PRIORITIES.index(self._waiting[it].notice.priority), it)))
            self.dropped += 1

    def _forget(self, number: int) -> None:
        self._waiting.pop(number, None)
        for suffix in (".json", ".jpg"):
            # A file that cannot be deleted is sent once more after a restart: better twice than never.
            with contextlib.suppress(OSError):
                self._path(number).with_suffix(suffix).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08d}.json"


def _text(waiting: Waiting | None) -> bytes:
    if waiting is None:
        return b"{}"
    it = waiting.notice
    fields = {"title": it.title, "body": it.body, "priority": it.priority, "camera": it.camera}
    return json.dumps({**fields, "put_at": waiting.put_at}).encode()


def _read(path: Path) -> Waiting | None:
    still = path.with_suffix(".jpg")
    try:
        it = json.loads(path.read_bytes())
        notice = Notice(str(it["title"]), str(it["body"]), it["priority"], it["camera"])
        if notice.priority not in PRIORITIES:
            raise ValueError(notice.priority)
        return Waiting(int(path.stem), notice, float(it["put_at"]), still if still.is_file() else None)
    except (ValueError, KeyError, TypeError):
        path.unlink(missing_ok=True)
        return None
