"""Ends recordings away from the cameras' threads: makes them seekable, has them hashed, seals events. Records none."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from device.errors import ShopwardenError, StoreError, TransientSinkError
from device.ports import Archive
from device.recorder.seekable import PART, is_worth_keeping, make_seekable
from device.worker import Backoff, Loop, LoopStats

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file as it was recorded, complete and synced unless it was cut short."""

    name: str
    path: Path
    cut_short: bool = False
    """Whether it was left in the middle by an earlier run."""


@dataclass(slots=True)
class _Job:
    files: deque[Recorded]
    events: deque[str] = field(default_factory=deque)


class Finisher(Loop):
    """Takes finished recordings in order; what fails is tried again, and what follows waits for it."""

    def __init__(self, archive: Archive) -> None:
        """Work for this archive."""
        super().__init__("recorder", backoff=Backoff(first_s=1.0))
        self._archive = archive
        # Guards the queue, which is as long as clips were recorded faster than they could be ended.
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()

    def put(self, files: Sequence[Recorded], events: Sequence[str]) -> None:
        """These files are there, and of these events nothing more will come."""
        with self._changed:
            self._jobs.append(_Job(deque(files), deque(events)))
            self._changed.notify_all()

    def recover(self) -> None:
        """Begin with what the last run left in the middle; before anything new is begun.

        Raises:
            StoreError: it cannot be told what that is.
        """
        left = self._archive.unfinished()
        if not left:
            return
        log.warning("recordings_cut_short", count=len(left), first=left[0].name)
        files = [Recorded(file.name, file.path, cut_short=True) for file in left]
        events = sorted({file.event_id for file in left if file.event_id is not None})
        with self._changed:
            self._jobs.append(_Job(deque(files), deque(events)))

    def stats(self) -> LoopStats:
        """Figures so far."""
        with self._changed:
            queued = len(self._jobs)
        return LoopStats(self.name, self._progress, queued, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def _more(self) -> bool:
        return super()._more() or (not self._out_of_time and bool(self._jobs))

    def _step(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._stop.is_set())
            if not self._jobs:
                return False
            job = self._jobs[0]
        try:
            self._end(job)
        except StoreError as error:
            raise TransientSinkError(str(error)) from error
        with self._changed:
            self._jobs.popleft()
        return True

    def _end(self, job: _Job) -> None:
        while job.files:
            recorded = job.files[0]
            self._end_file(recorded)
            job.files.popleft()
        while job.events:
            self._archive.seal(job.events[0])
            job.events.popleft()

    def _end_file(self, recorded: Recorded) -> None:
        if recorded.cut_short and not _shows_anything(recorded.path):
            self._archive.abandon(recorded.name)
            return
        if recorded.path.suffix == ".mp4":
            try:
                make_seekable(recorded.path)
            except ShopwardenError as error:
                # It plays as it is.
                log.warning("clip_not_seekable", file=recorded.name, reason=str(error))
        self._archive.finish(recorded.name)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _close(self) -> None:
        """What is left is as after a power cut: it plays, and the archive finds it at the next start."""
        if self._jobs:
            log.warning("clips_left_unfinished", count=len(self._jobs))


def _shows_anything(path: Path) -> bool:
    """Whether it is worth keeping; what an earlier run did not end beside it is taken away."""
    try:
        path.with_name(path.name + PART).unlink(missing_ok=True)
        return is_worth_keeping(path)
    except OSError:
        return False
