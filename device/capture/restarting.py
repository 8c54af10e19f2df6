"""A camera that is started again whenever it fails or hangs. Raises no alarm: it says since when it is down."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from device.core.frame import Frame
from device.errors import CameraError, EndOfStream
from device.ports import Camera, Clock

log = structlog.get_logger(__name__)

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_HEALTHY_S = 20.0
"""A camera that worked for so long begins anew: one that dies at its first picture is waited for longer and longer."""


def back_off_s(failures: int, jitter: float) -> float:
    """How long to wait after so many failures in a row, s: doubling, bounded, and never two cameras in step.

    Args:
        failures: 1 or more.
        jitter: 0..1, from chance.
    """
    longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(failures - 1, 16))
    return longest * (0.5 + 0.5 * jitter)


@dataclass(frozen=True, slots=True)
class _Down:
    since: float
    reason: str
    failures: int
    retry_at: float


class RestartingCamera:
    """Implements ``device.ports.Camera`` over cameras that ``start`` makes, one after another.

    While it is down ``next`` gives None; only the end of a recording is passed on. Sequence numbers go on from one
    camera to the next.
    """

    def __init__(
        self,
        camera_id: str,
        start: Callable[[], Camera],
        *,
        clock: Clock,
        stall_s: float = 8.0,
        chance: Callable[[], float] | None = None,
    ) -> None:
        self.id = camera_id
        self._start = start
        self._clock = clock
        self._stall_s = stall_s
        self._chance = chance or random.SystemRandom().random
        self._camera: Camera | None = None
        self._down: _Down | None = None
        self._streak = 0  # failures with no healthy time between them
        self._up_since: float | None = None
        self._alive_at = clock.monotonic()  # last picture, or the last start
        self._next_seq = 0
        self._base_seq = 0
        self._dropped_before = 0
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
        if frame is not None and camera is not None:
            return self._handed_out(camera, frame)
        if camera is not None and self._clock.monotonic() - self._alive_at > self._stall_s:
            self._fail(f"camera {self.id}: no picture for {self._stall_s:g} s")
        return None

    def release(self, frame: Frame) -> None:
        """Give the picture's memory back, to the camera that it came from."""
        camera, inner = self._held.pop(frame.seq, (None, None))
        if camera is not None and inner is not None:
            camera.release(inner)

    def dropped(self) -> int:
        """Pictures that were there and never handed out, of all cameras so far."""
        return self._dropped_before + (self._camera.dropped() if self._camera else 0)

    def close(self) -> None:
        """Close the camera that runs; twice as well."""
        self._closed = True
        self._stop()
        self._held.clear()

    def _running(self, timeout_s: float) -> Camera | None:
        """The camera, started again if it is time to."""
        if self._camera is None:
            wait_s = self._down.retry_at - self._clock.monotonic() if self._down else 0.0
            if wait_s > 0:
                self._clock.wait(min(wait_s, timeout_s))
                return None
            self._alive_at = self._clock.monotonic()
            self._base_seq = self._next_seq
            self._camera = self._start()
        return self._camera

    def _handed_out(self, camera: Camera, inner: Frame) -> Frame:
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

    def _fail(self, reason: str) -> None:
        now = self._clock.monotonic()
        if self._up_since is not None and now - self._up_since >= _HEALTHY_S:
            self._streak = 0
        self._up_since = None
        self._streak += 1
        since = self._down.since if self._down else self._alive_at
        wait_s = back_off_s(self._streak, self._chance())
        tell = log.debug if self._down else log.warning
        tell("camera_failed", camera=self.id, reason=reason, again_in_s=round(wait_s, 1))
        self._down = _Down(since, reason, self._streak, now + wait_s)
        self._stop()

    def _stop(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            self._dropped_before += camera.dropped()
            camera.close()
