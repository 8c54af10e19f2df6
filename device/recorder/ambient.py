"""What a camera sees all the time, in pieces of minutes, for those who want it. Knows no event."""

from collections.abc import Callable
from datetime import UTC, datetime

from device.capture.packet_store import PacketStore
from device.core.packet import EncodedPacket, StreamInfo
from device.errors import ShopwardenError, StoreError, TransientSinkError
from device.ports import Archive
from device.recorder.clip_writer import ClipFile, ClipWriter
from device.recorder.growing import BATCH_BYTES
from device.worker import Backoff, Loop, LoopStats

_NEWS_S = 0.5


class AmbientRecorder(Loop):
    """Writes one camera's packets in large batches, with one sync a piece: a power cut may cost a piece.

    A piece keeps the form in which it was recorded, so nothing is written twice; players and browsers can jump in it.
    """

    def __init__(
        self, camera: str, packets: PacketStore, archive: Archive, *, segment_s: float, wall: Callable[[], float]
    ) -> None:
        """Record a camera.

        Args:
            camera: its id.
            packets: where they come from.
            archive: keeps the books.
            segment_s: a piece ends with the first keyframe after so long.
            wall: Unix time, s, by which pieces are called.
        """
        super().__init__(f"ambient-{camera}", backoff=Backoff(first_s=5.0, cap_s=60.0))
        self._camera, self._packets, self._archive = camera, packets, archive
        self._segment_s, self._wall = segment_s, wall
        self._writer: ClipWriter | None = None
        self._begun_t = 0.0
        self._last_start_s = 0
        self._next: int | None = None

    def stats(self) -> LoopStats:
        """Figures so far."""
        return LoopStats(self.name, self._progress, 0, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def _step(self) -> bool:
        run = self._packets.after(self._next or 0, _NEWS_S)
        if run is None:
            return False
        number = run.next - len(run.packets)
        try:
            for packet in run.packets:
                number += 1
                self._add(run.info, packet)
        except (OSError, ShopwardenError) as error:
            # Another name has another chance.
            self._end()
            raise TransientSinkError(str(error)) from error
        finally:
            self._next = number
        return True

    def _add(self, info: StreamInfo, packet: EncodedPacket) -> None:
        if packet.keyframe and (self._writer is None or packet.t >= self._begun_t + self._segment_s):
            self._end()
            clip = ClipFile(f"ambient/{self._camera}/{self._start()}.mp4", "ambient", self._camera, None)
            self._writer, self._begun_t = ClipWriter(clip, self._archive, batch_bytes=BATCH_BYTES), packet.t
        if packet.keyframe:
            # A piece may last an hour: what it takes is looked at while it grows.
            self._archive.make_room()
        if self._writer is not None:
            self._writer.add(info, packet)

    def _start(self) -> str:
        """The name of a piece that begins now; rises, though the clock may have been set back."""
        self._last_start_s = max(int(self._wall()), self._last_start_s + 1)
        return f"{datetime.fromtimestamp(self._last_start_s, UTC):%Y%m%dT%H%M%SZ}"

    def _end(self) -> None:
        writer, self._writer = self._writer, None
        for recorded in writer.close() if writer is not None else ():
            try:
                self._archive.finish(recorded.name)
            except StoreError as error:
                raise TransientSinkError(f"{recorded.name}: {error}") from error

    def _wake(self) -> None:
        """A wait is short."""

    def _close(self) -> None:
        self._end()
