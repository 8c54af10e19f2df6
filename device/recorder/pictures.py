"""The newest picture of each camera for whoever asks. Takes none while nobody does, and keeps none."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from device.core.detections import Detections
from device.pipeline import Step
from device.ports import Clock, Detector
from device.recorder.shot import Shot, take_shot


@dataclass(slots=True, eq=False)
class _Request:
    asked_t: float
    hidden: bool
    """Whether people are to be hidden, which takes a look at this very picture."""
    passed_over: bool = False
    done: threading.Event = field(default_factory=threading.Event)
    shot: Shot | None = None

    def may_have(self, step: Step) -> bool:
        """Whether the picture was handed out after it was asked for, so with the masks that hold by then.

        Its time says so, or that another was shown in between.
        """
        return self.passed_over or step.frame.t > self.asked_t


class LivePictures:
    """Implements ``device.ports.Pictures``; the pictures' thread shows it each step and pays for what is asked."""

    def __init__(self, cameras: Iterable[str], clock: Clock) -> None:
        """Take the cameras' ids, and the clock of their pictures."""
        self._clock = clock
        # Guards the lists, each of which is as long as threads are waiting.
        self._lock = threading.Lock()
        self._waiting: dict[str, list[_Request]] = {camera: [] for camera in cameras}

    def jpeg(self, camera: str, *, boxes: bool, pixelated: bool, timeout_s: float) -> bytes | None:
        """One newer than the call, or None where none comes in time.

        Raises:
            KeyError: there is no such camera.
        """
        request = _Request(self._clock.monotonic(), pixelated)
        with self._lock:
            self._waiting[camera].append(request)
        if not request.done.wait(timeout_s):
            with self._lock:
                # Done also where it is being looked at just now, and so in no list.
                request.done.set()
                self._waiting[camera] = [it for it in self._waiting[camera] if it is not request]
        return None if request.shot is None else request.shot.jpeg(boxes=boxes, pixelated=pixelated)

    def show(self, camera: str, step: Step, detector: Detector) -> None:
        """Here is a picture, still in the camera's memory, and what it led to; the detector's own thread calls.

        Raises:
            ModelError: the detector failed.
        """
        if not self._waiting[camera]:
            return
        with self._lock:
            asked, self._waiting[camera] = self._waiting[camera], []
        # Who moves is looked at before long, and waits for that; where nothing moves nobody would look.
        later = step.detections is None and step.motion.open
        served = [it for it in asked if it.may_have(step) and not (it.hidden and later)]
        for request in asked:
            request.passed_over = True
        if served:
            _serve(served, take_shot(step, self._look(served, step, detector)))
        with self._lock:
            self._waiting[camera] += [request for request in asked if not request.done.is_set()]

    def _look(self, served: list[_Request], step: Step, detector: Detector) -> Detections | None:
        """What is in the picture, where people are to be hidden and it was not looked at."""
        if step.detections is None and any(request.hidden for request in served):
            return detector.detect(step.frame)
        return None


def _serve(served: list[_Request], shot: Shot) -> None:
    for request in served:
        request.shot = shot
        request.done.set()
