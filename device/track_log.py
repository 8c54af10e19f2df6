"""Keeps where everybody was in the last 24 hours, a few bytes a picture: rules can be tried on it. Runs none."""

import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from device.errors import StoreError
from device.pipeline import Step
from device.rounds import Rounds
from device.track_row import Moment, decode_moments, encode_moment

KEPT_S: Final = 24 * 3600.0
SEGMENT_S: Final = 3600.0
MAX_BYTES: Final = 32 * 1024 * 1024
"""Of one camera; the oldest hour goes first."""
MAX_SEGMENT_BYTES: Final = MAX_BYTES // 16
EVERY_S: Final = 0.18
"""Of pictures that nobody looked at no more are kept."""
AFTERWARDS_S: Final = 4.0
"""So long after everybody has gone is kept, too: rules wait that long to believe it."""
WRITE_EVERY_S: Final = 5.0
MAX_PENDING: Final = 4096
"""Pictures that wait for a disk that does not write; the oldest are given up."""


class TrackLog(Rounds):
    """Takes what cameras show and writes it every few seconds, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        """Not yet started; ``folder`` gets a folder for each camera."""
        super().__init__("track-log", every_s=WRITE_EVERY_S)
        self._folder = folder
        self._lock = threading.Lock()
        self._pending: deque[tuple[str, float, bytes]] = deque(maxlen=MAX_PENDING)
        self._kept_t: dict[str, float] = {}
        self._peopled_t: dict[str, float] = {}
        self._segments: dict[str, tuple[Path, float]] = {}

    def note(self, camera: str, step: Step | None) -> Step | None:
        """Keep what is worth it of a picture; the same step, for whoever is next. Waits for no disk."""
        if step is None or step.frame.wall is None:
            return step
        t, looked = step.frame.t, step.detections is not None
        if step.tracks:
            self._peopled_t[camera] = t
        recent = t - self._peopled_t.get(camera, float("-inf")) <= AFTERWARDS_S
        if recent and (looked or t - self._kept_t.get(camera, float("-inf")) >= EVERY_S):
            self._kept_t[camera] = t
            row = encode_moment(Moment(step.frame.wall, t, looked, step.tracks))
            with self._lock:
                self._pending.append((camera, step.frame.wall, row))
        return step

    def look(self) -> object:
        """Write what has come.

        Raises:
            StoreError: the disk does not take it; it is kept for the next time.
        """
        with self._lock:
            rows, self._pending = list(self._pending), deque(maxlen=MAX_PENDING)
        try:
            while rows:
                camera, wall, row = rows[0]
                self._write(camera, wall, row)
                rows.pop(0)
        except OSError as error:
            with self._lock:
                self._pending = deque([*rows, *self._pending], maxlen=MAX_PENDING)
            raise StoreError(f"{self._folder}: tracks cannot be kept ({error.strerror})") from error
        return None

    def _close(self) -> None:
        self.look()

    def _write(self, camera: str, wall: float, row: bytes) -> None:
        path, since = self._segments.get(camera, (None, 0.0))
        if path is None or not 0.0 <= wall - since < SEGMENT_S or _size(path) >= MAX_SEGMENT_BYTES:
            folder = self._folder / camera
            folder.mkdir(parents=True, exist_ok=True)
            _forget(folder, wall)
            path = folder / f"{round(1000 * wall):015d}.tracks"
            self._segments[camera] = (path, wall)
        with path.open("ab") as file:
            file.write(row)


def read_tracks(folder: Path, camera: str, since: float) -> Iterator[Moment]:
    """What is kept of a camera from a time on, Unix s, in order.

    Raises:
        StoreError: it cannot be read.
    """
    for path in _files(folder / camera):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
        yield from (moment for moment in decode_moments(content) if moment.wall >= since)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.tracks"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return MAX_SEGMENT_BYTES


def _forget(folder: Path, wall: float) -> None:
    """Make room: what is too old goes, and then the oldest."""
    files = _files(folder)
    old = f"{max(0, round(1000 * (wall - KEPT_S - SEGMENT_S))):015d}"
    room = MAX_BYTES - MAX_SEGMENT_BYTES
    total = sum(_size(path) for path in files)
    for path in files:
        if path.stem < old or total > room:
            total -= _size(path)
            path.unlink(missing_ok=True)
