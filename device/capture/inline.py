"""A camera without a process: the source runs where its pictures are used. For tests and small tools."""

import numpy as np
from numpy.typing import NDArray

from device.capture.change import ChangeSense
from device.capture.inbox import Inbox
from device.capture.messages import Picture
from device.capture.mode import Mode
from device.clock import SystemClock
from device.core.camera_stats import CameraStats
from device.core.frame import Frame
from device.core.stamp import Stamp
from device.errors import CameraError, EndOfStream
from device.ports import Clock, Source

_LATE_S = 0.2  # a picture that was due so long ago has been overtaken by others


class InlineCamera:
    """Implements ``device.ports.Camera`` on a source in this very thread.

    What it cannot do is to end a source that hangs; nor does a time-out end a wait for the next picture.
    """

    def __init__(
        self, camera_id: str, source: Source, *, mode: Mode = Mode.LIVE, clock: Clock | None = None, slots: int = 4
    ) -> None:
        self.id = camera_id
        self._source = source
        self._mode = mode
        self._clock = clock or SystemClock()
        self._inbox = Inbox(mode)
        self._sense = ChangeSense()
        self._free = list(range(slots))
        self._shape: tuple[int, int] | None = None
        self._over = False

    def next(self, timeout_s: float) -> Frame | None:
        """The newest picture, in replay the next one; None, after the time-out, while every slot is in use.

        Raises:
            EndOfStream: the recording is over.
            CameraError: the source failed, at the first call also to open.
        """
        if not self._over and not self._free:
            self._clock.wait(timeout_s)
            return None
        if not self._over:
            self._fetch()
        return self._inbox.get(0.0)

    def release(self, frame: Frame) -> None:
        """Allow another picture in this one's place; a second time does nothing."""
        slot = self._inbox.release(frame.seq)
        if slot is not None:
            self._free.append(slot)

    def dropped(self) -> int:
        """Pictures that were there and never handed out."""
        return self._inbox.stats().dropped

    def stats(self) -> CameraStats:
        """Counts and times of the last pictures."""
        return self._inbox.stats()

    def close(self) -> None:
        """Close the source; twice as well."""
        self._over = True
        self._inbox.close(CameraError(f"camera {self.id}: is closed"))
        self._source.close()

    def _fetch(self) -> None:
        """Take one picture from the source to the inbox."""
        try:
            if self._shape is None:
                width, height = self._source.open()
                self._shape = (height * 3 // 2, width)
            stamp = self._grab()
            i420: NDArray[np.uint8] = np.empty(self._shape, np.uint8)
            self._source.copy_to(i420)
        except EndOfStream as end:
            self._end(EndOfStream(f"camera {self.id}: {end}"))
        except CameraError as fault:
            self._end(CameraError(f"camera {self.id}: {fault}"))
        else:
            i420.flags.writeable = False
            picture = Picture(self._free.pop(), stamp, self._sense.differs(i420), self._source.faults())
            self._inbox.put(picture, i420, self._clock.monotonic())

    def _grab(self) -> Stamp:
        stamp = self._source.grab()
        while self._mode is Mode.LIVE and self._clock.monotonic() - stamp.t > _LATE_S:
            stamp = self._source.grab()
        return stamp

    def _end(self, reason: CameraError) -> None:
        self._over = True
        self._inbox.end(reason, self._source.faults())
