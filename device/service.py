"""Takes pictures from the cameras as they come, and hands on what they lead to. Builds no part."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

import structlog

from device.core.camera_health import CameraHealth, CameraMeter
from device.core.camera_watch import CameraWatch
from device.core.event import ArmedState, Draft, Event
from device.core.first_picture import FirstPicture
from device.core.frame import Frame
from device.core.frozen_watch import FrozenWatch
from device.core.look_rate import BoardState, LookRate
from device.core.message import MessageMaker
from device.core.rate_watch import RateWatch
from device.errors import CameraError, EndOfStream
from device.pipeline import Pipeline, Step
from device.ports import Camera, Clock

log = structlog.get_logger(__name__)

PATIENCE_S = 0.2
"""How long to wait for a picture of any camera: a stop is heeded within that time."""
SILENCE_S = 0.1
"""How often a camera without pictures is asked what that means."""
BOARD_S = 5.0
"""How often the board is asked for its temperature: it warms slowly, and a Pi takes a millisecond to answer."""
HEALTH_S = 1.0
"""How old the health that others read may be."""
REPORT_S = 60.0
"""How often the log may tell how a camera fares."""


class LiveCamera(Camera, Protocol):
    """A camera that is started again when it fails."""

    def use_state(self, armed: ArmedState) -> None:
        """Blacken what nobody may see in this armed state; no picture without it is handed out any more."""

    @property
    def reason(self) -> str | None:
        """Why it gives no pictures; None while it does."""


class News(Protocol):
    """What wakes the service: a picture of any camera, or the end of one."""

    def wait(self, timeout_s: float) -> None:
        """Wait for news since the last wait, or for so long."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One camera and its stages."""

    camera: LiveCamera
    pipeline: Pipeline
    watch: CameraWatch
    frozen: FrozenWatch | None = None
    """None where the same picture again is no fault."""
    meter: CameraMeter = field(default_factory=CameraMeter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ease:
    """How looks give way to load and heat, before anything else does."""

    rate: LookRate
    board: Callable[[], BoardState] = BoardState
    """Asked how hot it is."""
    messages: MessageMaker | None = None
    """For what concerns no camera but the device; None leaves that to the log."""
    watch: RateWatch = field(default_factory=RateWatch)


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
        self._on_ready, self._news, self._ease = on_ready, news, ease
        self._first = FirstPicture(clock.monotonic())
        self._over: dict[str, str] = {}
        self._silence_due_t = dict.fromkeys((lane.camera.id for lane in lanes), clock.monotonic())
        self._health_due_t = self._board_due_t = clock.monotonic()
        self._report_due_t = clock.monotonic() + REPORT_S
        self.health: dict[str, CameraHealth] = {}
        """How each camera fares, by its name; a new value about once a second, for any thread to read."""

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
            self._care(self._clock.monotonic())
            fault = self._fault()
            if _Turn.WORKED not in turns:
                self._news.wait(PATIENCE_S)
        for lane in self._lanes:
            self._end(lane, "the guard was stopped" if lane in lanes else "the recording is over")
        self._end_rate("the guard was stopped")
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
        self._note(lane, step, now)

    def _note(self, lane: Lane, step: Step, begun: float) -> None:
        """What the picture cost, for the rate and for whoever asks how the camera fares."""
        now, age_s = self._clock.monotonic(), begun - step.frame.t
        lane.meter.note(begun, age_s=age_s, looked=step.detections is not None, picture=step.health)
        if self._ease is None:
            return
        rate = self._ease.rate
        was_slowed = rate.is_slowed
        change = rate.note(now, busy_s=now - begun, age_s=age_s)
        if change is None:
            return
        for each in self._lanes:
            each.pipeline.pace.limit(change.per_s)
        if not was_slowed:
            log.warning("looks_slowed", per_s=round(change.per_s, 1), reason=change.why)
        elif not rate.is_slowed:
            log.info("looks_restored", per_s=round(change.per_s, 1))

    def _care(self, now: float) -> None:
        """What is due beside the pictures."""
        if self._ease is not None and now >= self._board_due_t:
            self._board_due_t = now + BOARD_S
            self._ease.rate.board(self._ease.board())
        if now >= self._health_due_t:
            self._health_due_t = now + HEALTH_S
            limit = self._ease.rate.per_s if self._ease is not None else None
            self.health = {lane.camera.id: _health(lane, now, limit) for lane in self._lanes}
            self._tell_rate(now)
        if now >= self._report_due_t:
            self._report_due_t = now + REPORT_S
            for camera, health in self.health.items():
                _report(camera, health)

    def _tell_rate(self, now: float) -> None:
        if self._ease is not None and self._ease.messages is not None:
            self._tell_device(self._ease.watch.look(now, self._ease.rate), self._ease.messages)

    def _end_rate(self, why: str) -> None:
        if self._ease is not None and self._ease.messages is not None:
            drafts = self._ease.watch.stop(self._clock.monotonic(), self._ease.rate, why)
            self._tell_device(drafts, self._ease.messages)

    def _tell_device(self, drafts: tuple[Draft, ...], messages: MessageMaker) -> None:
        wall = self._clock.wall()
        self._tell(tuple(messages.make(draft, draft.priority, wall) for draft in drafts))

    def _tell(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self._emit(event)


def _health(lane: Lane, now: float, limit_per_s: float | None) -> CameraHealth:
    frozen = lane.frozen is not None and lane.frozen.frozen
    why = lane.camera.reason or ""
    stats, lost = lane.camera.stats(), lane.watch.lost
    return lane.meter.health(now, stats, lost=lost, frozen=frozen, why=why, limit_per_s=limit_per_s)


def _report(camera: str, health: CameraHealth) -> None:
    log.debug(
        "camera_health",
        camera=camera,
        fps=round(health.fps, 1),
        looks_per_s=round(health.looks_per_s, 1),
        worst_delay_s=health.worst_delay_s and round(health.worst_delay_s, 3),
        dropped=health.dropped,
        faults=health.faults,
    )
