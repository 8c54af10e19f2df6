"""Writes one clip, in as many files as it takes. Decides neither when it begins nor when it ends."""

import contextlib
import math
from dataclasses import dataclass

import structlog

from device.core.packet import EncodedPacket, StreamInfo
from device.errors import ShopwardenError, StoreError
from device.ports import Archive, FileKind
from device.recorder.finisher import Recorded
from device.recorder.fragments import Fragments
from device.recorder.growing import GrowingFile

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ClipFile:
    """Whose file it is, and under which name."""

    name: str
    """Relative to the state directory, ending in .mp4; a second file of it is ``NAME_2.mp4``."""
    kind: FileKind
    camera: str
    event_id: str | None

    def part(self, number: int) -> str:
        """Name of the file of that number, from 1."""
        return self.name if number == 1 else f"{self.name.removesuffix('.mp4')}_{number}.mp4"


class ClipWriter:
    """Takes packets in order, from a keyframe on.

    A stream that becomes another one, or a disk that fails, ends a file; the next keyframe begins another.
    """

    def __init__(self, clip: ClipFile, archive: Archive, *, batch_bytes: int | None = None) -> None:
        """Begin nothing yet; ``batch_bytes`` as in ``GrowingFile``."""
        self._clip, self._archive, self._batch_bytes = clip, archive, batch_bytes
        self._fragments: Fragments | None = None
        self._file: GrowingFile | None = None
        self._now: Recorded | None = None
        self._number = 0
        self._head_bytes: int | None = None
        self._done: list[Recorded] = []
        self.next: int | None = None
        """Number of the packet that comes next; None before the first."""
        self.last_t = -math.inf
        """Time of the last packet that was taken in, s."""
        self.syncs = 0
        """How often a disk was told to keep what was written, in the files that are complete."""

    @property
    def size_bytes(self) -> int:
        """Of the file that is being written."""
        return self._file.size_bytes if self._file is not None else 0

    def add(self, info: StreamInfo, packet: EncodedPacket) -> None:
        """Take in the next packet.

        Raises:
            OSError: the disk is full or fails; what is on it stays, and the next keyframe begins another file.
            ShopwardenError: the archive has no room, or the stream cannot be made out.
        """
        try:
            if self._fragments is None or not self._fragments.fits(info, packet):
                if not packet.keyframe:
                    return
                self._end_file()
                self._begin_file(info, packet)
            if self._fragments is not None and self._file is not None:
                piece = self._fragments.add(packet)
                if piece:
                    # The head of the movie comes with the first packet, before any picture.
                    self._head_bytes = self._head_bytes or len(piece)
                    self._file.add(piece)
                self.last_t = packet.t
        except (OSError, ShopwardenError):
            self._give_up_file()
            raise

    def close(self) -> list[Recorded]:
        """End it; all its files, complete and synced."""
        try:
            self._end_file()
        except (OSError, ShopwardenError) as error:
            log.warning("clip_cut_short", file=self._clip.part(self._number), reason=str(error))
            self._give_up_file()
        return self._done

    def _begin_file(self, info: StreamInfo, packet: EncodedPacket) -> None:
        fragments = Fragments(info, packet)
        name, clip = self._clip.part(self._number + 1), self._clip
        path = self._archive.begin(name, kind=clip.kind, camera=clip.camera, event_id=clip.event_id)
        self._number += 1
        self._now, self._head_bytes = Recorded(name, path), None
        self._file, self._fragments = GrowingFile(path, batch_bytes=self._batch_bytes), fragments
        if self._number > 1:
            log.warning("clip_goes_on", camera=clip.camera, file=name, reason="the stream is another one, or was lost")

    def _end_file(self) -> None:
        """Complete the file that is being written, if there is one."""
        if self._fragments is None or self._file is None or self._now is None:
            return
        self._file.add(self._fragments.finish())
        self._file.close()
        self.syncs += self._file.syncs
        self._done.append(self._now)
        self._fragments = self._file = self._now = None

    def _give_up_file(self) -> None:
        """Leave what is on the disk as it is; where that is nothing, nothing was ever begun."""
        file, now = self._file, self._now
        self._fragments = self._file = self._now = None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()
        if now is None:
            return
        if file is not None and file.good_bytes > (self._head_bytes or 0):
            self._done.append(now)
            return
        self._number -= 1
        with contextlib.suppress(StoreError):
            self._archive.abandon(now.name)
