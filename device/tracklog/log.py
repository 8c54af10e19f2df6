"""Keeps what the rules saw in the last 24 hours, some bytes a picture: rules can be tried on it. Runs none."""

import json
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from device.core.track import Track
from device.errors import StoreError
from device.pipeline import Step
from device.rounds import Rounds
from device.tracklog.block import MAX_BLOCK, pack, unpack
from device.tracklog.files import TrackFiles, track_files
from device.tracklog.row import Moment, decode_moments, encode_moment, fits

log = structlog.get_logger(__name__)

EVERY_S: Final = 0.18
"""Of pictures that show nothing new no more are kept while somebody is there,"""
QUIET_S: Final = 1.0
"""and no more than these while nobody is."""
AFTERWARDS_S: Final = 4.0
"""So long after everybody has gone every picture is kept: rules wait that long to believe it."""
FIRST_S: Final = 5.0
"""How often it is looked whether there is a first block to write."""
WRITE_EVERY_S: Final = 60.0
"""A memory card wears out by each write, however small; what a power cut takes away is a minute to try rules on."""
MAX_PENDING: Final = 2 * 1024 * 1024
"""Bytes of a camera that wait for a disk that does not write; the oldest are given up."""
_VERSION: Final = 2


@dataclass(slots=True)
class _Batch:
    """Rows that go into one block."""

    offset: float
    watched: frozenset[str]
    wall: float
    rows: list[bytes] = field(default_factory=list)
    size: int = 0

    def packed(self, run: str) -> bytes:
        said = {"v": _VERSION, "run": run, "offset": self.offset, "watched": sorted(self.watched)}
        head = json.dumps(said, separators=(",", ":")).encode()
        return pack(b"".join((len(head).to_bytes(4, "little"), head, *self.rows)))


@dataclass(slots=True)
class _Lane:
    """What is known of one camera."""

    files: TrackFiles
    pending: deque[_Batch] = field(default_factory=deque)
    kept: Moment | None = None
    passed_over: Moment | None = None
    """The picture before this one, where it was not kept."""
    peopled_t: float = float("-inf")


class TrackLog(Rounds):
    """Takes what cameras show and writes it now and then, in a thread of its own."""

    def __init__(self, folder: Path, *, keeps: bool = True, synced: Callable[[], bool] = lambda: True) -> None:
        """Not yet started; ``folder`` gets a folder for each camera.

        Args:
            folder: where it lies.
            keeps: without it nothing comes of what is noted.
            synced: whether the clock is trusted.
        """
        super().__init__("track-log", every_s=FIRST_S)
        self._folder, self._keeps, self._run_id = folder, keeps, secrets.token_hex(4)
        self._synced = synced
        self._lock = threading.Lock()
        self._lanes: dict[str, _Lane] = {}

    def note(self, camera: str, step: Step | None) -> Step | None:
        """Keep what is worth it of a picture; the same step, for whoever is next. Waits for no disk."""
        if self._keeps and step is not None and step.frame.wall is not None:
            try:
                self._note(camera, step, step.frame.wall)
            except Exception as error:  # noqa: BLE001 - what is kept to try rules on must not end the guard
                self._bugs += 1
                self._tell_bug(error)
        return step

    def _note(self, camera: str, step: Step, wall: float) -> None:
        lane = self._lanes.get(camera)
        if lane is None:
            lane = self._lanes[camera] = _Lane(TrackFiles(self._folder / camera))
        looked = step.detections is not None
        synced = self._synced()
        now = Moment(
            wall, step.frame.t, looked, step.tracks, step.seen, step.bodies, self._run_id, synced, step.uniforms
        )
        before, lane.passed_over = lane.passed_over, now
        if now.tracks:
            lane.peopled_t = now.t
        news = bool(step.events) or _is_news(now, lane)
        if news or _is_due(now, lane):
            # How long somebody has been where they are counts from the picture before.
            kept = (before, now) if before is not None and news and now.tracks else (now,)
            lane.kept, lane.passed_over = now, None
            with self._lock:
                for moment in kept:
                    _add(lane.pending, moment)

    def look(self) -> object:
        """Write what has come.

        Raises:
            StoreError: the disk does not take it; it is kept for the next time.
        """
        trouble = None
        for lane in list(self._lanes.values()):
            with self._lock:
                batches, lane.pending = lane.pending, deque()
            try:
                while batches:
                    lane.files.append(batches[0].packed(self._run_id), batches[0].wall)
                    batches.popleft()
                    self._every_s = WRITE_EVERY_S
            except OSError as error:
                trouble = error
                with self._lock:
                    lane.pending = batches + lane.pending
                    _bound(lane.pending)
        if trouble is not None:
            raise StoreError(f"{self._folder}: tracks cannot be kept ({trouble.strerror})") from trouble
        return None

    def _close(self) -> None:
        try:
            self.look()
        finally:
            for lane in self._lanes.values():
                lane.files.close()


@dataclass(slots=True)
class Damage:
    """What could not be read."""

    stretches: int = 0


def read_tracks(folder: Path, camera: str, since: float, damage: Damage) -> Iterator[Moment]:
    """What is kept of a camera from a time on, Unix s, in order; what is damaged is passed over and counted.

    Raises:
        StoreError: it cannot be read.
    """
    for path in track_files(folder / camera):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # its time was over just now
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
        for block in unpack(content):
            try:
                moments = _opened(block)
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                damage.stretches += 1
                log.debug("track_log_damaged", file=str(path), reason=str(error))
                continue
            yield from (moment for moment in moments if moment.wall >= since)


def _opened(block: bytes | None) -> list[Moment]:
    """What one block holds.

    Raises:
        ValueError: it is damaged.
        KeyError: it lacks something.
        TypeError: something in it is of another sort.
    """
    if block is None:
        raise ValueError("no whole block")
    first = 4 + int.from_bytes(block[:4], "little")
    said: Any = json.loads(block[4:first])
    if said["v"] != _VERSION:
        raise ValueError("of another version")
    watched = frozenset(str(key) for key in said["watched"])
    return decode_moments(block[first:], float(said["offset"]), str(said["run"]), watched)


def _is_news(now: Moment, lane: _Lane) -> bool:
    """Whether a rule may have anything to do with it."""
    if now.seen.news or now.bodies or now.uniforms or lane.kept is None:
        return True
    if not now.tracks:
        return now.t - lane.peopled_t <= AFTERWARDS_S
    return now.looked or not _as_before(now.tracks, lane.kept.tracks)


def _is_due(now: Moment, lane: _Lane) -> bool:
    """Whether none has been kept for a while."""
    return lane.kept is None or now.t - lane.kept.t >= (EVERY_S if now.tracks else QUIET_S)


def _as_before(now: tuple[Track, ...], before: tuple[Track, ...]) -> bool:
    """Whether everybody is where they were."""
    return len(now) == len(before) and all(
        one.id == other.id and one.box == other.box and one.believed == other.believed
        for one, other in zip(now, before, strict=True)
    )


def _add(pending: deque[_Batch], moment: Moment) -> None:
    """Put a moment where it is written with others of its like."""
    last = pending[-1] if pending else None
    if last is None or last.watched != moment.seen.watched or not fits(moment, last.offset) or last.size > MAX_BLOCK:
        last = _Batch(moment.wall - moment.t, moment.seen.watched, moment.wall)
        pending.append(last)
    row = encode_moment(moment, last.offset)
    last.rows.append(row)
    last.size += len(row)
    _bound(pending)


def _bound(pending: deque[_Batch]) -> None:
    """Give up the oldest half of a batch, or all of it, until what waits is bounded."""
    total = sum(batch.size for batch in pending)
    while total > MAX_PENDING:
        first = pending[0]
        gone, first.rows = first.rows[: len(first.rows) // 2 + 1], first.rows[len(first.rows) // 2 + 1 :]
        lost = sum(map(len, gone))
        first.size -= lost
        total -= lost
        if not first.rows:
            pending.popleft()
