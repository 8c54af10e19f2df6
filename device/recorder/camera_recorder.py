"""The recorder's thread of one camera: stills as they come, and the packets of each clip that is planned."""

import contextlib
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from device.capture.packet_store import PacketStore
from device.errors import ShopwardenError, StoreError, TransientSinkError
from device.ports import Archive, Clock
from device.recorder.clip_writer import ClipFile, ClipWriter
from device.recorder.finisher import Recorded
from device.recorder.growing import write_whole
from device.recorder.plan import Clip, StillFile
from device.recorder.shot import Shot
from device.worker import Loop, LoopStats

log = structlog.get_logger(__name__)

MAX_STILLS = 32
"""Pictures that wait to be written; some 3 MB each in full HD."""
_IDLE_S = 0.5
_NEWS_S = 0.2
_LATE_S = 2.0
"""How long a clip's last packets are waited for, where the camera may have stopped."""


@dataclass(frozen=True, slots=True)
class Still:
    """A picture to be written."""

    file: StillFile
    event_id: str
    shot: Shot


class Clips(Protocol):
    """Whoever plans."""

    def planned(self, camera: str) -> list[tuple[Clip, float]]:
        """The clips of a camera that are to be recorded now, each with its end as far as is known."""

    def refused(self, camera: str) -> int:
        """Its events that got no clip, as too many wait for the disk."""

    def end(self, clip: Clip, end_t: float) -> bool:
        """It was recorded up to there; False where it has become longer meanwhile, else it never will."""

    def recorded(self, clip: Clip, files: Sequence[Recorded]) -> None:
        """These are all files of a clip, complete and synced."""


class CameraRecorder(Loop):
    """Writes to the disk what one camera's events are to be shown by; no other camera waits for it."""

    def __init__(self, camera: str, packets: PacketStore | None, archive: Archive, clips: Clips, clock: Clock) -> None:
        """Record a camera; without packets it keeps stills alone."""
        super().__init__(f"recorder-{camera}")
        self._camera, self._packets, self._archive, self._clips, self._clock = camera, packets, archive, clips, clock
        self._news = threading.Event()
        self._stills: deque[Still] = deque()  # appended by the pictures' thread, taken by ours
        self._writers: dict[int, tuple[Clip, ClipWriter]] = {}
        self._seen = 0
        self._dropped = 0
        self._full = False
        self._refused = 0

    def tell(self) -> None:
        """There is something new in the plan."""
        self._news.set()

    def keep(self, still: Still) -> None:
        """Write a picture; where too many wait it is lost, and counted."""
        full = len(self._stills) >= MAX_STILLS
        if full:
            self._dropped += 1
        else:
            self._stills.append(still)
            self._news.set()
        newly_full, self._full = full and not self._full, full
        if newly_full:
            log.warning("stills_dropped", camera=self._camera, reason="too many wait for the disk")

    def stats(self) -> LoopStats:
        """Figures so far: stills that wait, and stills and clips that were lost as too many did."""
        queued, dropped = len(self._stills), self._dropped + self._clips.refused(self._camera)
        return LoopStats(
            self.name, self._progress, queued, dropped, self._failures, self._bugs, self._trouble, self._fatal
        )

    def _step(self) -> bool:
        self._news.clear()
        if (refused := self._clips.refused(self._camera)) > self._refused:
            # Told by the thread that was waited for: it is back.
            log.warning("clips_refused", camera=self._camera, count=refused - self._refused, reason="the disk hung")
            self._refused = refused
        done = self._write_stills()
        planned = self._clips.planned(self._camera)
        if not planned:
            self._news.wait(_IDLE_S)
            return done
        for clip, end_t in planned:
            self._record(clip, end_t)
        self._await_packets()
        return True

    def _await_packets(self) -> None:
        """Until there are packets."""
        if self._packets is None:
            self._news.wait(_NEWS_S)
        elif (run := self._packets.after(self._seen, _NEWS_S)) is not None:
            self._seen = run.next

    def _record(self, clip: Clip, end_t: float) -> None:
        """Bring a clip up to now, and end it when it is time."""
        if id(clip) not in self._writers:
            file = ClipFile(clip.name, "clip", clip.camera, clip.event_id)
            self._writers[id(clip)] = (clip, ClipWriter(file, self._archive))
        writer = self._writers[id(clip)][1]
        whole = self._feed(writer, clip, end_t) or writer.last_t > end_t
        if whole or self._clock.monotonic() > end_t + _LATE_S:
            self._end(clip, writer, end_t)

    def _feed(self, writer: ClipWriter, clip: Clip, end_t: float) -> bool:
        """Write what there is; whether it is all, as what comes is later than the end."""
        if self._packets is None:
            return False
        run = self._packets.since(clip.from_t) if writer.next is None else self._packets.after(writer.next, 0.0)
        if run is None:
            return False
        if run.lost and writer.next is not None:
            log.warning("clip_has_a_gap", camera=self._camera, file=clip.name, reason="the disk was too slow")
        number = run.next - len(run.packets)
        try:
            for packet in run.packets:
                if packet.t > end_t:
                    return True
                number += 1
                writer.add(run.info, packet)
        except (OSError, ShopwardenError) as error:
            raise TransientSinkError(f"{clip.name}: {error}") from error
        finally:
            # What could not be written is not tried again: the ring goes on.
            writer.next = number
        return False

    def _end(self, clip: Clip, writer: ClipWriter, end_t: float) -> None:
        # Stills first: an event is sealed with all that shows it.
        self._write_stills()
        if self._clips.end(clip, end_t):
            del self._writers[id(clip)]
            self._clips.recorded(clip, writer.close())

    def _write_stills(self) -> bool:
        """Write what waits; whether there was any.

        Raises:
            TransientSinkError: one could not be written; it is lost.
        """
        wrote = False
        while self._stills:
            still = self._stills.popleft()
            try:
                self._write_still(still)
            except (OSError, StoreError) as error:
                self._dropped += 1
                with contextlib.suppress(StoreError):
                    self._archive.abandon(still.file.name)
                raise TransientSinkError(f"{still.file.name}: {error}") from error
            wrote = True
        return wrote

    def _write_still(self, still: Still) -> None:
        path = self._archive.begin(still.file.name, kind="still", camera=self._camera, event_id=still.event_id)
        data = still.shot.jpeg(boxes=still.file.boxes, pixelated=still.file.pixelated)
        write_whole(path, data)
        self._archive.finish(still.file.name)

    def _wake(self) -> None:
        self._news.set()

    def _close(self) -> None:
        """End what is being recorded: the guard stops, or reads another configuration."""
        with contextlib.suppress(TransientSinkError):
            self._write_stills()
        for clip, _ in self._clips.planned(self._camera):
            _, writer = self._writers.pop(id(clip), (clip, None))
            self._clips.recorded(clip, writer.close() if writer is not None else ())
