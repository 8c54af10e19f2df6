"""Pictures that have arrived and wait for the pipeline: which one is next, which slots are in use. Knows no process."""

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from device.capture.messages import Picture
from device.capture.mode import Mode
from device.capture.planes import Plane
from device.core.camera_stats import CameraStats
from device.core.frame import Frame
from device.errors import CameraError


@dataclass(frozen=True, slots=True)
class _Waiting:
    frame: Frame
    slot: int
    masks: int


class Inbox:
    """Between the thread that listens to a camera and the one that works on its pictures; all of it is thread-safe."""

    def __init__(self, mode: Mode, on_news: Callable[[], None] = lambda: None) -> None:
        """``on_news`` is called, by whoever brings them, after each picture and after the end."""
        self._mode, self._on_news = mode, on_news
        # Guards everything below; notified when a picture has come or the end.
        self._news = threading.Condition()
        self._waiting: deque[_Waiting] = deque()
        self._masks = 0  # generation of the masks that a picture must have been made with
        self._held: dict[int, int] = {}  # seq -> slot, of pictures handed out; at most as many as there are slots
        self._end: CameraError | None = None
        self._closed = False
        self._seen = 0  # pictures of the source up to the newest one that came, dropped ones too
        self._arrived = 0
        self._handed_out = 0
        self._faults = 0
        self._first_picture_s: float | None = None
        self._last_picture_s: float | None = None
        self._last_change_s: float | None = None
        self._last_t = -math.inf
        self._same_in_a_row = 0

    def put(self, picture: Picture, i420: Plane, now: float) -> list[int]:
        """Take in a picture; the slots of those that it overtakes, free again, or its own if its masks are old.

        None is taken in once closed.
        """
        stamp = picture.stamp
        frame = Frame(stamp.seq, stamp.t, stamp.wall, i420)
        with self._news:
            if self._closed:
                return []
            if picture.masks < self._masks:
                self._arrived += 1
                self._seen = stamp.seq + 1
                return [picture.slot]
            overtaken = []
            if self._mode is Mode.LIVE:
                overtaken = [old.slot for old in self._waiting]
                self._waiting.clear()
            self._waiting.append(_Waiting(frame, picture.slot, picture.masks))
            self._seen = stamp.seq + 1
            self._arrived += 1
            self._faults = picture.faults
            self._count_change(picture, now)
            self._news.notify_all()
        self._on_news()
        return overtaken

    def _count_change(self, picture: Picture, now: float) -> None:
        """Note whether it is another picture than the last; a stamp that stands still is as good as none."""
        self._last_picture_s = now
        if self._first_picture_s is None:
            self._first_picture_s = now
        if picture.changed and picture.stamp.t > self._last_t:
            self._last_change_s, self._same_in_a_row = now, 0
        else:
            self._same_in_a_row += 1
        self._last_t = picture.stamp.t

    def demand(self, masks: int) -> list[int]:
        """From now on no picture made with older masks is handed out; the slots of those that waited, free again."""
        with self._news:
            self._masks = masks
            refused = [old.slot for old in self._waiting if old.masks < masks]
            self._waiting = deque(new for new in self._waiting if new.masks >= masks)
        return refused

    def end(self, reason: CameraError, faults: int | None = None) -> None:
        """No more pictures; the first reason given counts."""
        with self._news:
            self._end = self._end or reason
            if faults is not None:
                self._faults = faults
            self._news.notify_all()
        self._on_news()

    def close(self, reason: CameraError) -> None:
        """Forget what waits: nobody will ask."""
        with self._news:
            self._waiting.clear()
            self._closed = True
            self._end = reason
            self._news.notify_all()

    def get(self, timeout_s: float) -> Frame | None:
        """The next picture; those that came before the end are handed out before it is told.

        Raises:
            CameraError: the end and its reason.
        """
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._end, timeout_s)
            if self._waiting:
                taken = self._waiting.popleft()
                self._held[taken.frame.seq] = taken.slot
                self._handed_out += 1
                return taken.frame
            if self._end is not None:
                raise type(self._end)(str(self._end))  # a new one: a raised exception keeps every traceback
            return None

    def wait(self, timeout_s: float) -> bool:
        """Whether a picture is there now or comes in time; it stays for ``get``.

        Raises:
            CameraError: the end came before any picture.
        """
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._end, timeout_s)
            if not self._waiting and self._end is not None:
                raise type(self._end)(str(self._end))
            return bool(self._waiting)

    def release(self, seq: int) -> int | None:
        """The slot of a picture that was handed out; None if it was given back before."""
        with self._news:
            return self._held.pop(seq, None)

    def stats(self) -> CameraStats:
        """Counts so far."""
        with self._news:
            dropped = self._seen - self._handed_out - len(self._waiting)
            return CameraStats(
                arrived=self._arrived,
                dropped=dropped,
                faults=self._faults,
                last_picture_s=self._last_picture_s,
                last_change_s=self._last_change_s,
                first_picture_s=self._first_picture_s,
                same_in_a_row=self._same_in_a_row,
            )
