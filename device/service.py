"""Takes pictures from the cameras, round and round, and hands on what they lead to. Builds no part."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from device.core.camera_watch import CameraWatch
from device.core.event import Event
from device.errors import EndOfStream
from device.pipeline import Pipeline, Step
from device.ports import Camera, Clock

PATIENCE_S = 0.2
"""How long a turn of all cameras may wait for pictures: a stop is heeded within that time."""


class LiveCamera(Camera, Protocol):
    """A camera that is started again when it fails."""

    @property
    def reason(self) -> str | None:
        """Why it gives no pictures; None while it does."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One camera and its stages."""

    camera: LiveCamera
    pipeline: Pipeline
    watch: CameraWatch


class Service:
    """Runs in one thread: a detector belongs to one thread, and no camera can starve another."""

    def __init__(
        self,
        lanes: tuple[Lane, ...],
        *,
        emit: Callable[[Event], None],
        on_step: Callable[[Lane, Step | None], None],
        on_end: Callable[[Lane], None] = lambda lane: None,  # noqa: ARG005 - most have nothing to do then
        clock: Clock,
    ) -> None:
        """Get ready.

        Args:
            lanes: the cameras.
            emit: told of each event.
            on_step: shown each step while its picture is still there, and None where no picture came.
            on_end: told when a recording is over, where others may go on.
            clock: for the silence of cameras, and for labels.
        """
        self._lanes = lanes
        self._emit, self._on_step, self._on_end, self._clock = emit, on_step, on_end, clock

    def run(self, stop: threading.Event) -> None:
        """Go on until told to stop, or until every camera was a recording that is over; then end what lasts.

        Raises:
            ModelError: the detector failed.
        """
        lanes = list(self._lanes)
        while lanes and not stop.is_set():
            lanes = [lane for lane in lanes if self._turn(lane, PATIENCE_S / len(lanes))]
        now, wall = self._clock.monotonic(), self._clock.wall()
        for lane in self._lanes:
            why = "the guard was stopped" if lane in lanes else "the recording is over"
            self._tell(lane.pipeline.stop(now, wall, why))

    def _turn(self, lane: Lane, wait_s: float) -> bool:
        """One picture of one camera, if there is one in time; False when there will be no more."""
        try:
            frame = lane.camera.next(wait_s)
        except EndOfStream:
            self._on_end(lane)
            return False
        now, wall = self._clock.monotonic(), self._clock.wall()
        if frame is None:
            self._tell(lane.pipeline.decide(lane.watch.silence(now, lane.camera.reason or ""), wall))
            self._on_step(lane, None)
            return True
        try:
            self._tell(lane.pipeline.decide(lane.watch.picture(now), wall))
            step = lane.pipeline.step(replace(frame, wall=wall))
            self._tell(step.events)
            self._on_step(lane, step)
        finally:
            lane.camera.release(frame)
        return True

    def _tell(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._emit(event)
