"""How cameras and device fare while they guard: the rate of looks, and the health that is told. Takes no picture."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from device.core.camera_health import CameraHealth
from device.core.event import Draft, Event
from device.core.look_rate import BoardState, LookRate
from device.core.message import MessageMaker
from device.core.rate_watch import RateWatch
from device.lane import Lane
from device.pipeline import Step
from device.ports import Clock

log = structlog.get_logger(__name__)

BOARD_S = 5.0
"""How often the board is asked for its temperature: it warms slowly, and a Pi takes a millisecond to answer."""
HEALTH_S = 1.0
"""How old the health that others read may be."""
REPORT_S = 60.0
"""How often the log may tell how a camera fares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ease:
    """How looks give way to load and heat, before anything else does."""

    rate: LookRate
    board: Callable[[], BoardState] = BoardState
    """Asked how hot it is."""
    messages: MessageMaker | None = None
    """For what concerns no camera but the device; None leaves that to the log."""
    watch: RateWatch = field(default_factory=RateWatch)


class Care:
    """Slows looks down where they are too many, and keeps each camera's health; the pictures' thread calls it."""

    def __init__(
        self, lanes: tuple[Lane, ...], ease: Ease | None, *, emit: Callable[[Event], None], clock: Clock
    ) -> None:
        """Get ready; without ``ease`` looks stay as configured."""
        self._lanes, self._ease, self._emit, self._clock = lanes, ease, emit, clock
        self._health_due_t = self._board_due_t = clock.monotonic()
        self._report_due_t = clock.monotonic() + REPORT_S
        self.health: dict[str, CameraHealth] = {}
        """How each camera fares, by its name; a new value about once a second, for any thread to read."""

    def note(self, lane: Lane, step: Step, begun: float) -> None:
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

    def look(self, now: float) -> None:
        """Ask, measure and tell what is due by now."""
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

    def stop(self, why: str) -> None:
        """Tell the end of what lasts."""
        if self._ease is not None and self._ease.messages is not None:
            drafts = self._ease.watch.stop(self._clock.monotonic(), self._ease.rate, why)
            self._tell_device(drafts, self._ease.messages)

    def _tell_device(self, drafts: tuple[Draft, ...], messages: MessageMaker) -> None:
        wall = self._clock.wall()
        for draft in drafts:
            self._emit(messages.make(draft, draft.priority, wall))


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
