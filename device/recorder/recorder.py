"""Says of each event what shows it, and keeps the pictures of its decisive moments. Writes nothing itself."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from device.capture.packet_store import PacketStore
from device.core.event import Event
from device.core.track import Track
from device.pipeline import Step
from device.ports import Archive, Clock, Detector
from device.recorder.camera_recorder import CameraRecorder, Still
from device.recorder.finisher import Finisher, Recorded
from device.recorder.plan import Clip, Happening, Plan, RecordingSettings, StillFile
from device.recorder.shot import Shot, take_shot
from device.worker import Loop

MAX_BEST = 8
"""Happenings of which a best picture is kept at a time; some 3 MB each in full HD."""
BETTER = 0.05
"""By so much a score must rise for another picture to be kept: nobody sees less, and each costs a copy."""


@dataclass(slots=True)
class _Best:
    """The picture in which a happening's things were seen best."""

    score: float
    shot: Shot | None = None
    """None while that is the picture of its start."""


class Recorder:
    """Implements ``camera_recorder.Clips``. Any thread may let it mark events; the pictures' thread shows it each step.

    Neither ever waits for a disk.
    """

    def __init__(
        self,
        packets: Mapping[str, PacketStore | None],
        settings: RecordingSettings,
        archive: Archive,
        clock: Clock,
        *,
        pixelated: Collection[str] = (),
    ) -> None:
        """Get ready.

        Args:
            packets: by camera, where its last seconds are; None where they are not kept.
            settings: what is recorded.
            archive: keeps the books of the files.
            clock: that of the pictures.
            pixelated: cameras of which a still is also kept in a form that may leave the device.
        """
        with_clips = frozenset(camera for camera, store in packets.items() if store is not None)
        # Guards the plan and the best pictures; held for moments, and never while anything is copied or written.
        self._lock = threading.Lock()
        self._plan = Plan(tuple(packets), with_clips, settings, frozenset(pixelated))
        self._best: dict[str, _Best] = {}
        self._finisher = Finisher(archive)
        self._recorders = {
            camera: CameraRecorder(camera, store, archive, self, clock) for camera, store in packets.items()
        }

    @property
    def loops(self) -> tuple[Loop, ...]:
        """Its threads, in the order in which they are to be stopped."""
        return (*self._recorders.values(), self._finisher)

    def recover(self) -> None:
        """Mend what the last run left in the middle; before anything is begun.

        Raises:
            StoreError: it cannot be told what that is.
        """
        self._finisher.recover()

    def mark(self, event: Event) -> Event:
        """The event with the names of what will show it; from here on it is recorded."""
        with self._lock:
            known = self._plan.happenings.get(event.event_id)
            ends = known is not None and not known.over and event.t_end is not None
            best = self._best.pop(event.event_id, _Best(0.0)).shot if ends else None
            marked = self._plan.mark(event, has_best=best is not None)
            known = self._plan.happenings.get(event.event_id)
            files = self._plan.still_files(known, "best", known.cameras[0]) if known is not None and best else ()
        for camera in known.cameras if known is not None else ():
            self._recorders[camera].tell()
        if known is not None and best is not None:
            self._keep(known.cameras[0], known.event_id, files, best)
        return marked

    def show(self, camera: str, step: Step, detector: Detector) -> None:
        """Here is a picture, still in the camera's memory, and what it led to; its events have been marked.

        Raises:
            ModelError: people are to be hidden in it, and the detector failed.
        """
        with self._lock:
            wishes, self._plan.wishes[camera] = self._plan.wishes[camera], []
            better = self._seen_better(self._plan.lasting(camera), step.tracks)
        if not wishes and not better:
            return
        look = step.detections is None and camera in self._plan.pixelated
        shot = take_shot(step, detector.detect(step.frame) if look else None)
        for wish in wishes:
            self._keep(camera, wish.event_id, wish.files, shot)
        with self._lock:
            for best in better:
                best.shot = shot

    def _seen_better(self, lasting: Iterable[Happening], tracks: Sequence[Track]) -> list["_Best"]:
        """Those of which this is the best picture so far; the first one is that of the start. The lock is held."""
        better = []
        for happening in lasting:
            scores = [track.score for track in tracks if track.seen and track.id in happening.tracks]
            best = self._best.get(happening.event_id)
            if not scores or (best is None and len(self._best) >= MAX_BEST):
                continue
            if best is None:
                self._best[happening.event_id] = _Best(max(scores))
            elif max(scores) > best.score + BETTER:
                best.score = max(scores)
                better.append(best)
        return better

    def _keep(self, camera: str, event_id: str, files: Iterable[StillFile], shot: Shot) -> None:
        for file in files:
            self._recorders[camera].keep(Still(file, event_id, shot))

    def no_more_pictures(self) -> None:
        """The guard is about to stop: what ends with it gets no still of its end."""
        with self._lock:
            self._plan.pictures_come = False

    def planned(self, camera: str) -> list[tuple[Clip, float]]:
        """The clips of a camera that are to be recorded now, each with its end as far as is known."""
        with self._lock:
            return [(clip, clip.end_t) for clip in self._plan.clips[camera]]

    def refused(self, camera: str) -> int:
        """Its events that got no clip, as too many wait for the disk."""
        return self._plan.refused[camera]

    def end(self, clip: Clip, end_t: float) -> bool:
        """It was recorded up to there; False where it has become longer meanwhile, else it never will."""
        with self._lock:
            return self._plan.end(clip, end_t)

    def recorded(self, clip: Clip, files: Sequence[Recorded]) -> None:
        """These are all files of a clip, complete and synced."""
        with self._lock:
            done = self._plan.recorded(clip)
            for event_id in done:
                self._best.pop(event_id, None)
        self._finisher.put(files, done)
