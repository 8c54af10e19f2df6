"""Takes pictures from the cameras as they come, and hands on what they lead to. Builds no part."""

import threading
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Protocol

from device.care import Care, Ease
from device.core.camera_health import CameraHealth
from device.core.event import ArmedState, Event
from device.core.first_picture import FirstPicture
from device.core.frame import Frame
from device.errors import CameraError, EndOfStream
from device.lane import Lane
from device.pipeline import Step
from device.ports import Clock

PATIENCE_S = 0.2
"""How long to wait for a picture of any camera: a stop is heeded within that time."""
SILENCE_S = 0.1
"""How often a camera without pictures is asked what that means."""


class News(Protocol):
    """What wakes the service: a picture of any camera, or the end of one."""

    def wait(self, timeout_s: float) -> None:
        """Wait for news since the last wait, or for so long."""


class _Turn(Enum):
    WORKED, SILENT, OVER = range(3)


class Service:
    """Runs in one thread: a detector belongs to one thread, and no camera can starve another.

    In a round each camera with a picture has one turn, so that a crowd on one delays another by a turn and no more;
    nobody waits for a camera that is silent, hangs or is being started.
    """

    def __init__(
        self,
        lanes: tuple[Lane, ...],
        *,
        emit: Callable[[Event], None],
        on_step: Callable[[Lane, Step | None], None],
        on_end: Callable[[Lane], None] = lambda lane: None,  # noqa: ARG005 - most have nothing to do then
        on_ready: Callable[[], None] = lambda: None,
        clock: Clock,
        news: News,
        ease: Ease | None = None,
    ) -> None:
        """Get ready.

        Args:
            lanes: the cameras.
            emit: told of each event.
            on_step: shown each step while its picture is still there, and now and then None where no picture comes.
            on_end: told when a recording is over, where others may go on.
            on_ready: told once, before the first step of all.
            clock: for the silence of cameras, and for labels.
            news: what wakes it.
            ease: how looks give way to load; None leaves them as configured.
        """
        self._lanes = lanes
        self._emit, self._on_step, self._on_end, self._clock = emit, on_step, on_end, clock
        self._on_ready, self._news = on_ready, news
        self._care = Care(lanes, ease, emit=emit, clock=clock)
        self._first = FirstPicture(clock.monotonic())
        self._over: dict[str, str] = {}
        self._silence_due_t = dict.fromkeys((lane.camera.id for lane in lanes), clock.monotonic())

    @property
    def health(self) -> dict[str, CameraHealth]:
        """How each camera fares, by its name; a new value about once a second, for any thread to read."""
        return self._care.health

    def run(self, stop: threading.Event) -> None:
        """Go on until told to stop, or until every camera was a recording that is over; then end what lasts.

        Raises:
            CameraError: not one camera has ever given a picture.
            ModelError: the detector failed.
        """
        lanes, fault = list(self._lanes), None
        while lanes and fault is None and not stop.is_set():
            turns = [self._turn(lane) for lane in lanes]
            lanes = [lane for lane, turn in zip(lanes, turns, strict=True) if turn is not _Turn.OVER]
            self._care.look(self._clock.monotonic())
            fault = self._fault()
            if _Turn.WORKED not in turns:
                self._news.wait(PATIENCE_S)
        for lane in self._lanes:
            self._end(lane, "the guard was stopped" if lane in lanes else "the recording is over")
        self._care.stop("the guard was stopped")
        if fault is not None:
            raise CameraError(fault)

    def _fault(self) -> str | None:
        """Why nothing works, where nothing ever did."""
        if self._first.came:
            return None
        faults = [self._over.get(lane.camera.id) or lane.camera.reason or "" for lane in self._lanes]
        return self._first.fault(self._clock.monotonic(), faults)

    def _end(self, lane: Lane, why: str) -> None:
        """Tell the end of all that lasts with one camera."""
        now, wall = self._clock.monotonic(), self._clock.wall()
        self._tell(lane.pipeline.stop(now, wall, why))
        watched = lane.watch.stop(now, why) + (lane.frozen.stop(now, why) if lane.frozen is not None else ())
        self._tell(lane.pipeline.decide(watched, wall))

    def use_state(self, armed: ArmedState) -> None:
        """The guard is in another armed state: what is private in it is blackened, before this returns.

        May be called from any thread.
        """
        for lane in self._lanes:
            lane.camera.use_state(armed)

    def _turn(self, lane: Lane) -> _Turn:
        """One picture of one camera, if there is one."""
        try:
            frame = lane.camera.next(0.0)
        except EndOfStream as end:
            self._over[lane.camera.id] = str(end)
            self._on_end(lane)
            return _Turn.OVER
        if frame is None:
            self._silence(lane)
            return _Turn.SILENT
        try:
            self._picture(lane, frame)
        finally:
            lane.camera.release(frame)
        return _Turn.WORKED

    def _silence(self, lane: Lane) -> None:
        now = self._clock.monotonic()
        if now < self._silence_due_t[lane.camera.id]:
            return
        self._silence_due_t[lane.camera.id] = now + SILENCE_S
        self._tell(lane.pipeline.decide(lane.watch.silence(now, lane.camera.reason or ""), self._clock.wall()))
        self._on_step(lane, None)

    def _picture(self, lane: Lane, frame: Frame) -> None:
        if not self._first.came:
            self._first.came = True
            self._on_ready()
        now, wall = self._clock.monotonic(), self._clock.wall()
        self._silence_due_t[lane.camera.id] = now + SILENCE_S
        self._tell(lane.pipeline.decide(lane.watch.picture(now), wall))
        if lane.frozen is not None:
            self._tell(lane.pipeline.decide(lane.frozen.look(now, lane.camera.stats()), wall))
        step = lane.pipeline.step(replace(frame, wall=wall))
        self._tell(step.events)
        self._on_step(lane, step)
        self._care.note(lane, step, now)

    def _tell(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._emit(event)
