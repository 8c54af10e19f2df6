"""The seams: what each exchangeable part promises. Holds no code that does anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from device.core.camera_stats import CameraStats
from device.core.card import ModelCard
from device.core.concealment.body import Body
from device.core.detections import Detections
from device.core.event import Event
from device.core.frame import Frame
from device.core.geometry import Box
from device.core.pose import Pose
from device.core.stamp import Stamp


class Clock(Protocol):
    """The only way to learn the time."""

    def monotonic(self) -> float:
        """Seconds that never step: for logic."""

    def wall(self) -> float:
        """Unix time, s: for labels."""

    def synced(self) -> bool:
        """Whether wall time can be believed."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""


class Source(Protocol):
    """Pictures one after another, inside a camera's own process."""

    def open(self) -> tuple[int, int]:
        """Get ready; width and height of the pictures to come, px, both even.

        Raises:
            CameraError: it cannot be opened; the message names the source.
        """

    def grab(self) -> Stamp:
        """Wait for the next picture; it costs no copy until it is asked for.

        Raises:
            EndOfStream: the recording is over.
            CameraError: the source failed.
        """

    def copy_to(self, i420: NDArray[np.uint8]) -> None:
        """Write the grabbed picture, (height * 3 // 2, width) as in ``Frame.i420``, straight to where it is wanted."""

    def faults(self) -> int:
        """Pictures that were damaged or missing so far."""

    def close(self) -> None:
        """Let go of the device; may be called at any time, twice as well."""


class Camera(Protocol):
    """Pictures one after another, as the pipeline gets them from a camera's process."""

    id: str

    def next(self, timeout_s: float) -> Frame | None:
        """The newest picture not yet handed out (or the next one, where every picture counts); None on time-out.

        The picture's pixels stay until ``release``.

        Raises:
            EndOfStream: the recording is over.
            CameraError: the process has died or said why it cannot go on.
        """

    def release(self, frame: Frame) -> None:
        """Give the picture's memory back."""

    def dropped(self) -> int:
        """Pictures that were there and never handed out."""

    def stats(self) -> CameraStats:
        """Counts and times of its pictures so far."""

    def close(self) -> None:
        """End the process, by force if need be; within two seconds, twice as well."""


class Detector(Protocol):
    """Finds things in a picture."""

    card: ModelCard

    def detect(self, frame: Frame) -> Detections:
        """Everything over the detector's floor, best score first.

        Raises:
            ModelError: the interpreter failed.
        """

    def close(self) -> None:
        """Let go of the interpreter."""


class PoseFinder(Protocol):
    """Finds the joints of a person."""

    def pose(self, frame: Frame, person: Box) -> Pose:
        """The joints of the person in that box; it always finds some, so ask only where a detector saw somebody.

        Raises:
            ModelError: the interpreter failed, or this is closed.
        """

    def close(self) -> None:
        """Let go of the interpreter; may be called twice."""


class BodyFinder(Protocol):
    """The second look at a person."""

    def look(self, frame: Frame, person: Box) -> Body:
        """What is to be seen of the person in that box.

        Raises:
            ModelError: an interpreter failed, or this is closed.
        """

    def close(self) -> None:
        """Let go of the interpreters; may be called twice."""


class UniformFinder(Protocol):
    """The look at a person's clothes."""

    def score(self, frame: Frame, person: Box) -> float:
        """How much the person in that box looks like staff, 0..1.

        Raises:
            ModelError: the interpreter failed, or this is closed.
        """

    def close(self) -> None:
        """Let go of the interpreter; may be called twice."""


class Sink(Protocol):
    """Whoever is told. Retry, queueing, dropping and logging belong to ``Worker``."""

    name: str

    def handle(self, event: Event) -> None:
        """Tell it, or say why not.

        Raises:
            TransientSinkError: try again later.
            FatalSinkError: trying again will not help.
        """

    def close(self) -> None:
        """Let go of everything; may be called twice."""


FileKind = Literal["clip", "still", "ambient"]
"""A clip of an event, a picture of it, or a piece of what is recorded all the time."""


@dataclass(frozen=True, slots=True)
class BegunFile:
    """A file that was begun and neither finished nor abandoned."""

    name: str
    """Relative to the state directory."""
    path: Path
    kind: FileKind
    event_id: str | None


class Archive(Protocol):
    """Keeps the books of files that show something: a row before the file, a sum after it. For any thread."""

    def begin(self, name: str, *, kind: FileKind, camera: str, event_id: str | None) -> Path:
        """Note that a file will be written, on disk before this returns, and say where; its folder is there.

        Args:
            name: relative to the state directory, such as ``evidence/<event_id>/clip.mp4``.
            kind: what it is; decides how long it is kept.
            camera: whose pictures.
            event_id: what it shows; None for what is recorded all the time.

        Raises:
            StoreError: it cannot be noted, or the disk has no room for this kind.
            ValueError: the name leads out of the state directory.
        """

    def make_room(self) -> None:
        """Keep the floor while a file grows: the oldest of what is recorded all the time gives way.

        Raises:
            StoreError: there is no more room; whoever can do without should end its file.
        """

    def finish(self, name: str) -> None:
        """The file is complete and synced: its size and SHA-256 are noted.

        Raises:
            StoreError: they cannot be.
        """

    def abandon(self, name: str) -> None:
        """Nothing came of it: row and file go.

        Raises:
            StoreError: they cannot.
        """

    def unfinished(self) -> tuple[BegunFile, ...]:
        """What the last run left in the middle, oldest first: asked once, before anything is begun.

        Whoever asks mends each file and then finishes or abandons it, and seals the events.

        Raises:
            StoreError: it cannot be told.
        """

    def seal(self, event_id: str) -> None:
        """All files of an event are finished: it joins the chain of evidence.

        Raises:
            StoreError: it cannot.
        """


class Pictures(Protocol):
    """The newest picture of each camera for whoever shows it; masks are burned in. May be called by any thread."""

    def jpeg(self, camera: str, *, boxes: bool, pixelated: bool, timeout_s: float) -> bytes | None:
        """One newer than the call, or None where none comes in time; costs nothing while nobody asks.

        Args:
            camera: its id.
            boxes: with what is followed drawn in.
            pixelated: with people made unrecognisable.
            timeout_s: how long to wait.

        Raises:
            KeyError: there is no such camera.
        """
