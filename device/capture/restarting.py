"""A camera that is started again whenever it fails, hangs or stands still. Raises no alarm: it says why it is down."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from device.capture.back_off import HEALTHY_S, STALL_S, back_off_s, standstill_s
from device.core.camera_stats import CameraStats
from device.core.event import ArmedState
from device.core.frame import Frame
from device.core.frozen_watch import is_alive, is_frozen
from device.errors import CameraError, EndOfStream
from device.ports import Camera, Clock

log = structlog.get_logger(__name__)

_NOTHING = CameraStats(0, 0, 0, None, None)


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a camera, whichever process runs it."""

    armed: ArmedState
    """The armed state, whose private areas are blackened."""
    fps: float | None = None
    """Pictures a second that are wanted; None = as many as the camera has."""


class OneCamera(Camera, Protocol):
    """A camera that lives until it fails, and can be told what holds."""

    def use_masks(self, name: str) -> None:
        """Blacken by this set of extra masks, one for each armed state, from now on."""

    def set_rate(self, fps: float | None) -> None:
        """Take so many pictures a second from now on."""

    def has_ended(self) -> bool:
        """Whether nothing of it is left, asked once it has been closed: until then it may hold its device."""


@dataclass(slots=True)
class _Closing:
    camera: OneCamera
    thread: threading.Thread
    told: bool = False


@dataclass(frozen=True, slots=True)
class _Down:
    since: float
    reason: str
    failures: int
    retry_at: float


class RestartingCamera:
    """Implements ``device.ports.Camera`` over cameras that ``start`` makes, one after another.

    While it is down ``next`` gives None; only the end of a recording is passed on. Sequence numbers go on from one
    camera to the next. A camera that will not end is ended by a thread of its own: only its successor waits for it, for
    ever if need be, or each try would leave another process behind.
    """

    def __init__(
        self,
        camera_id: str,
        start: Callable[[Standing], OneCamera],
        *,
        clock: Clock,
        can_freeze: bool = False,
        standing: Standing,
        rates: Mapping[ArmedState, float] | None = None,
        stall_s: float = STALL_S,
        chance: Callable[[], float] | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            camera_id: name of the camera.
            start: makes one camera, on which the given holds.
            clock: for silence and back-off.
            can_freeze: whether the same picture again and again is a fault: not with drawn scenes and recordings.
            standing: what holds at first.
            rates: pictures a second in some armed states; in the others as many as the camera has.
            stall_s: a camera without pictures for so long hangs.
            chance: 0..1, so that cameras do not start in step.
        """
        self.id = camera_id
        self._start, self._clock, self._can_freeze, self._stall_s = start, clock, can_freeze, stall_s
        self._chance = chance or random.SystemRandom().random
        self._standing, self._rates = standing, dict(rates or {})
        # Guards the camera that runs together with what holds: whoever arms is another thread.
        self._swap = threading.Lock()
        self._camera: OneCamera | None = None
        self._closing: _Closing | None = None
        self._down: _Down | None = None
        self._streak = 0  # failures with no healthy time between them
        self._standstills = 0  # restarts for a picture that stood still, with no other picture between them
        self._up_since: float | None = None
        self._alive_at = clock.monotonic()  # last picture, or the last start
        self._next_seq = self._base_seq = 0
        self._before = _NOTHING  # counts of all cameras up to the last one that ended
        self._held: dict[int, tuple[Camera, Frame]] = {}  # as many as the pipeline holds
        self._closed = False

    @property
    def down_since(self) -> float | None:
        """Monotonic time of the last picture before the failure that has not been overcome; None while all is well."""
        return self._down.since if self._down else None

    @property
    def reason(self) -> str | None:
        """Why it is down."""
        return self._down.reason if self._down else None

    @property
    def failures(self) -> int:
        """Failures in a row, pictures between them too few to count as health; 0 while it works."""
        return self._down.failures if self._down else 0

    def next(self, timeout_s: float) -> Frame | None:
        """The next picture; None on time-out and while the camera is down.

        Raises:
            EndOfStream: the recording is over.
            CameraError: this camera has been closed.
        """
        if self._closed:
            raise CameraError(f"camera {self.id}: is closed")
        try:
            camera = self._running(timeout_s)
            frame = camera.next(timeout_s) if camera else None
        except EndOfStream:
            raise
        except CameraError as fault:
            self._fail(str(fault))
            return None
        if camera is None:
            return None
        handed_out = self._handed_out(camera, frame) if frame is not None else None
        self._judge(camera)
        return handed_out

    def release(self, frame: Frame) -> None:
        """Give the picture's memory back, to the camera that it came from."""
        camera, inner = self._held.pop(frame.seq, (None, None))
        if camera is not None and inner is not None:
            camera.release(inner)

    def use_state(self, armed: ArmedState) -> None:
        """Let the private areas and the rate of this armed state hold, also after a restart; from any thread.

        Once this has returned, no picture is handed out that was made with the masks before.
        """
        with self._swap:
            before, self._standing = self._standing, Standing(armed, self._rates.get(armed))
            if self._camera is None:
                return
            self._camera.use_masks(armed)
            if self._standing.fps != before.fps:
                self._camera.set_rate(self._standing.fps)

    def dropped(self) -> int:
        """Pictures that were there and never handed out, of all cameras so far."""
        return self.stats().dropped

    def stats(self) -> CameraStats:
        """Counts of all cameras so far; times of the last one."""
        return self._before if self._camera is None else _added(self._before, self._camera.stats())

    def close(self) -> None:
        """Close the camera that runs; twice as well."""
        self._closed = True
        self._stop()
        if self._closing is not None:
            self._closing.thread.join()
        self._held.clear()

    def _running(self, timeout_s: float) -> OneCamera | None:
        """The camera, started again if it is time to."""
        if self._camera is not None:
            return self._camera
        if self._closing is not None:
            # A device has one user: its next one comes when the last one has gone.
            if not self._has_gone(self._closing, timeout_s):
                return None
            self._closing = None
        wait_s = self._down.retry_at - self._clock.monotonic() if self._down else 0.0
        if wait_s > 0:
            self._clock.wait(min(wait_s, timeout_s))
            return None
        self._alive_at = self._clock.monotonic()
        self._base_seq = self._next_seq
        with self._swap:
            self._camera = self._start(self._standing)
        return self._camera

    def _has_gone(self, closing: _Closing, timeout_s: float) -> bool:
        closing.thread.join(timeout_s)
        if closing.thread.is_alive():
            return False
        if closing.camera.has_ended():
            return True
        if not closing.told:
            closing.told = True
            why = "its process cannot be ended, a driver hangs; unplug the camera or start the device again"
            log.error("camera_stuck", camera=self.id, reason=why)
            if self._down is not None:
                self._down = replace(self._down, reason=f"camera {self.id}: {why}")
        self._clock.wait(timeout_s)
        return False

    def _handed_out(self, camera: OneCamera, inner: Frame) -> Frame:
        frame = replace(inner, seq=self._base_seq + inner.seq)
        self._held[frame.seq] = (camera, inner)
        self._next_seq = frame.seq + 1
        self._alive_at = self._clock.monotonic()
        if self._down is not None:
            log.info("camera_back", camera=self.id, after_s=round(self._alive_at - self._down.since, 1))
            self._down = None
        if self._up_since is None:
            self._up_since = self._alive_at
        return frame

    def _judge(self, camera: OneCamera) -> None:
        """End the camera if it hangs or stands still."""
        if self._clock.monotonic() - self._alive_at > self._stall_s:
            self._fail(f"camera {self.id}: no picture for {self._stall_s:g} s")
        elif self._can_freeze:
            stats, patience_s = camera.stats(), standstill_s(self._standstills)
            if is_frozen(stats, patience_s):
                self._fail(f"camera {self.id}: the same picture for {patience_s:g} s", wait_s=0.0)
                self._standstills += 1
            elif is_alive(stats):
                self._standstills = 0

    def _fail(self, reason: str, wait_s: float | None = None) -> None:
        now = self._clock.monotonic()
        if self._up_since is not None and now - self._up_since >= HEALTHY_S:
            self._streak = 0
        self._up_since = None
        self._streak += 1
        since = self._down.since if self._down else self._alive_at
        if wait_s is None:
            wait_s = back_off_s(self._streak, self._chance())
        tell = log.debug if self._down else log.warning
        tell("camera_failed", camera=self.id, reason=reason, again_in_s=round(wait_s, 1))
        self._down = _Down(since, reason, self._streak, now + wait_s)
        self._stop()

    def _stop(self) -> None:
        with self._swap:
            camera, self._camera = self._camera, None
        if camera is not None:
            self._before = _added(self._before, camera.stats())
            thread = threading.Thread(target=camera.close, name=f"end-{self.id}", daemon=True)
            self._closing = _Closing(camera, thread)
            thread.start()


def _added(before: CameraStats, now: CameraStats) -> CameraStats:
    """Counts of both; times of the later one, as far as it has any."""
    seen = before if now.first_picture_s is None else now
    return replace(
        seen,
        arrived=before.arrived + now.arrived,
        dropped=before.dropped + now.dropped,
        faults=before.faults + now.faults,
    )
