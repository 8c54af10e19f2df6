"""The panel for all threads: commands, alarms, inputs and time in turn, and everybody told. Decides nothing itself."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import structlog

from device.core.arming.command import Action, Answer, Command, Proof
from device.core.arming.judge import PanelArming
from device.core.arming.panel import Panel
from device.core.arming.sensors import Sensor
from device.core.arming.standing import Cause, Standing
from device.core.arming.worth import ArmedRule
from device.core.event import ArmedState, Draft, Event, Priority
from device.core.message import MessageMaker
from device.guard.keeper import Keeper
from device.ports import Clock
from device.worker import Loop, LoopStats

log = structlog.get_logger(__name__)

SAVE_WAIT_S: Final = 5.0
"""How long an answer waits for the disk; after that it says that the disk failed."""
TICK_S: Final = 1.0
"""How often the time is looked at: clocks step, and schedules go by minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asks, with the PIN as they typed it; it is in no log, no event and no error."""

    action: Action
    source: str
    """Where it comes from, as finely as it can be told: for the lock-out and the audit."""
    pin: str | None = field(default=None, repr=False)
    state: ArmedState | None = None
    place: str | None = None
    for_s: float | None = None


class Pins(Protocol):
    """Whose a PIN is."""

    def whose(self, code: str) -> str | None:
        """Whose PIN this is; None where nobody's."""


@dataclass(frozen=True, slots=True)
class GuardParts:
    """What a guard is made of."""

    panel: Panel
    messages: MessageMaker
    emit: Callable[[Event], None]
    clock: Clock
    pins: Pins
    keeper: Keeper
    mute: Callable[[float], None]
    """Silences the sounders for so many seconds."""
    sensors: tuple[Sensor, ...] = ()


class Guard(Loop):
    """One door for everybody: MQTT, the page and keys ask here, cameras and inputs are judged here.

    Nothing here waits for a disk but the answer to a command: events go out first, and the keeper saves.
    """

    def __init__(self, parts: GuardParts) -> None:
        """Not yet started: ``begin`` says how things stand."""
        super().__init__("guard")
        self._parts, self._panel = parts, parts.panel
        # One PIN is checked at a time: a check takes long, and tries must be counted before the next.
        self._asking = threading.Lock()
        # Guards the panel, the messages and what follows. Whoever holds it emits too, so that the order of events is
        # that of what happened; emitting waits for nobody but the store's queue, a moment.
        self._lock = threading.RLock()
        self._changes = self._panel.changes
        self._number = 0
        self._listeners: list[Callable[[Standing], None]] = []
        self._told: Standing | None = None
        self._sensors = {sensor.settings.id: sensor for sensor in parts.sensors}
        rules = {sensor.settings.rule.name: sensor.settings.armed_rule for sensor in parts.sensors}
        self._inputs = PanelArming(None, rules, self)
        self._tick_wake = threading.Event()

    def begin(self) -> None:
        """Say how things stand at the start."""
        with self._lock:
            self._say(self._panel.begin(self._now()))
            self._after()

    def judge(self, camera: str, rules: Mapping[str, ArmedRule]) -> PanelArming:
        """What gives one camera's events their priority."""
        return PanelArming(camera, rules, self)

    def listen(self, listener: Callable[[Standing], None]) -> None:
        """Have a function told how things stand, now and after every change; from the guard's thread, without its lock.

        Whoever is slow there holds up no event and no command.
        """
        with self._lock:
            self._listeners.append(listener)
            standing = self._panel.standing
        listener(standing)

    def standing(self) -> Standing:
        """How things stand now."""
        with self._lock:
            self._tick()
            return self._panel.standing

    def alarm(self, cause: Cause) -> Priority:
        """Something would be an alarm; what it is worth after all."""
        with self._lock:
            priority, drafts = self._panel.alarm(cause, self._now())
            self._say(drafts)
            self._after()
            return priority

    def command(self, request: Request) -> Answer:
        """Do what is asked, or say why not; what is done is on disk when this returns, or ``saved`` is False."""
        with self._asking:
            proof, who = self._proof(request)
            asked = Command(
                action=request.action, source=request.source, who=who, proof=proof, state=request.state,
                place=request.place, for_s=request.for_s,
            )  # fmt: skip
            answer, number = self._do(asked)
        saved = self._parts.keeper.wait_for(number, SAVE_WAIT_S)
        if not saved:
            log.error("panel_not_saved", advice="the disk fails: a restart brings the state before this one back")
        return replace(answer, saved=saved)

    def sensed(self, name: str, active: bool, t: float) -> None:
        """An input changed."""
        sensor = self._sensors[name]
        with self._lock:
            drafts = sensor.changed(t, active=active)
            for draft in drafts:
                self._emit(draft, self._inputs.priority(draft))
            command = sensor.command(self.standing().armed, active=active)
        if command is not None:
            # The key acts at once; nobody waits here for the disk.
            self._do(command)

    def stop_guarding(self, why: str) -> None:
        """Say that the guard ends; the state holds."""
        with self._lock:
            self._say(self._panel.stop(self._now(), why))

    def stats(self) -> LoopStats:
        """Figures so far."""
        return LoopStats(self.name, self._progress, 0, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def _proof(self, request: Request) -> tuple[Proof, str | None]:
        if request.pin is None:
            return "none", None
        with self._lock:
            locked = self._panel.locked_s(request.source, self._now()) > 0.0
        if locked:
            return "none", None
        who = self._parts.pins.whose(request.pin)
        return ("wrong", None) if who is None else ("pin", who)

    def _do(self, command: Command) -> tuple[Answer, int]:
        with self._lock:
            muted_until = self._panel.muted_until
            answer = self._panel.command(command, self._now(), self._wall())
            self._say(answer.drafts)
            if self._panel.muted_until != muted_until:
                self._parts.mute(max(0.0, self._panel.muted_until - self._now()))
            self._after()
            log.info(
                "command", action=command.action, source=command.source, who=command.who, done=answer.done,
                answer=answer.text,
            )  # fmt: skip
            return answer, self._number

    def _tick(self) -> None:
        self._say(self._panel.tick(self._now(), self._wall()))
        self._after()

    def _after(self) -> None:
        """Have what changed saved and heard of."""
        if self._panel.changes != self._changes:
            self._changes = self._panel.changes
            self._number = self._parts.keeper.keep(self._panel.saved(self._now()))
        if self._panel.standing != self._told:
            self._tick_wake.set()

    def _say(self, drafts: tuple[Draft, ...]) -> None:
        for draft in drafts:
            self._emit(draft, draft.priority)

    def _emit(self, draft: Draft, priority: Priority) -> None:
        self._parts.emit(self._parts.messages.make(draft, priority, self._parts.clock.wall()))

    def _now(self) -> float:
        return self._parts.clock.monotonic()

    def _wall(self) -> float | None:
        """Unix time, or None where it cannot be trusted."""
        return self._parts.clock.wall() if self._parts.clock.synced() else None

    def _step(self) -> bool:
        with self._lock:
            self._tick()
            pause_s = min(self._panel.due() - self._now(), TICK_S)
            standing, listeners = self._panel.standing, tuple(self._listeners)
            news, self._told = standing != self._told, standing
        if news:
            for listener in listeners:
                listener(standing)
        elif pause_s > 0.0:
            self._tick_wake.wait(pause_s)
            self._tick_wake.clear()
        return True

    def _wake(self) -> None:
        self._tick_wake.set()

    def _close(self) -> None:
        """Nothing to let go of."""
