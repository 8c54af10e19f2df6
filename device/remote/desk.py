"""Obeys commands that come by a broker, and keeps what the broker is told of this device up to date."""

import json
import queue
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from device.core.arming.command import Action, Answer
from device.core.arming.standing import RULE, Standing, rule_place
from device.core.audit import Access
from device.core.event import Event
from device.guard.guard import Request
from device.ports import Clock, Pictures
from device.remote.asked import Asked, understand
from device.remote.zones import Zones
from device.sinks.mqtt_board import Board
from device.sinks.mqtt_session import Message
from device.worker import Loop, LoopStats

log = structlog.get_logger(__name__)

SOURCE: Final = "mqtt"
"""Whose wrong PINs are counted together: a broker does not say who has sent what."""
MOST: Final = 10
"""Commands within ``WITHIN_S``; more are refused."""
WITHIN_S: Final = 10.0
_WAITING: Final = 32
_TICK_S: Final = 1.0
_DIAGNOSTICS_S: Final = 30.0
_PICTURE_S: Final = 5.0


class Commands(Protocol):
    """The guard, as a desk needs it."""

    def command(self, request: Request) -> Answer:
        """Do what is asked, or say why not."""

    def standing(self) -> Standing:
        """How things stand now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """What a desk is made of."""

    base: str
    """What its topics begin with."""
    board: Board
    guard: Commands
    pictures: Pictures
    cameras: Mapping[str, bool]
    """Each camera, and whether people are made unrecognisable in what leaves the device."""
    zones: Sequence[str]
    """By ``camera/zone``."""
    rules: Sequence[str]
    """By ``camera/rule``."""
    siren: Callable[[], bool]
    """Whether one sounds."""
    figures: Callable[[], Mapping[str, float | str | None]]
    clock: Clock
    private: bool
    """Whether nobody on the way to the broker can read along."""
    note: Callable[[Access], None] = lambda access: None  # noqa: ARG005 - the audit, for what the guard never sees


@dataclass(frozen=True, slots=True)
class _Command:
    verb: str
    payload: bytes
    answered: bool = True
    """Whether somebody waits to hear what came of it."""


class Desk(Loop):
    """Heard by the broker's thread, works on its own: a PIN takes long to check, and a picture to come."""

    def __init__(self, parts: DeskParts) -> None:
        """Not yet started."""
        super().__init__("commands")
        self._parts = parts
        self._waiting: queue.Queue[_Command | None] = queue.Queue(_WAITING)
        self._zones = Zones(parts.zones)
        self._recent: deque[float] = deque(maxlen=MOST)
        self._diagnostics_due_t = float("-inf")
        self._refused = 0
        self._reached_guard = False

    @property
    def topics(self) -> tuple[str, ...]:
        """What it listens to."""
        return (f"{self._parts.base}/command/#",)

    def hear(self, message: Message) -> None:
        """Take a command; one that was retained is somebody's of long ago and means nothing now."""
        verb = message.topic.removeprefix(f"{self._parts.base}/command/")
        if message.retained:
            log.info("command_ignored", verb=verb[:40], reason="it was retained")
            return
        if not message.payload:
            # So a retained message is taken away; nobody means to raise an alarm by that.
            log.info("command_ignored", verb=verb[:40], reason="it was empty")
            return
        self._queue(_Command(verb, message.payload))

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:  # noqa: ARG002 - it never waits
        """Note where somebody is; an alarm brings a picture of its camera."""
        self._zones.note(event)
        if event.priority == "alarm" and event.state == "start" and event.camera is not None:
            self._queue(_Command("snapshot", event.camera.encode(), answered=False))
        return True

    def _queue(self, command: _Command) -> None:
        try:
            self._waiting.put_nowait(command)
        except queue.Full:
            self._refused += 1

    def stats(self) -> LoopStats:
        """Figures so far; what was refused for being too many counts as dropped."""
        return LoopStats(
            self.name, self._progress, self._waiting.qsize(), self._refused, self._failures, self._bugs,
            self._trouble, self._fatal,
        )  # fmt: skip

    def _step(self) -> bool:
        try:
            command = self._waiting.get(timeout=_TICK_S)
        except queue.Empty:
            command = None
        if command is not None:
            text, done = self._obey(command)
            if command.answered:
                self._audit(command, done=done)
                self._answer(command.verb, done=done, text=text)
        self._show()
        return True

    def _obey(self, command: _Command) -> tuple[str, bool]:
        """Do what is asked; what came of it, and whether it was done."""
        self._reached_guard = False
        now = self._parts.clock.monotonic()
        if len(self._recent) == MOST and now - self._recent[0] < WITHIN_S:
            self._refused += 1
            return f"more than {MOST} commands in {WITHIN_S:g} s", False
        self._recent.append(now)
        try:
            asked = understand(command.verb, command.payload)
        except ValueError as error:
            return str(error), False
        if asked.pin is not None and not self._parts.private:
            return "a PIN is taken only over TLS, or from a broker on this machine", False
        if asked.verb == "snapshot":
            return self._snapshot(asked)
        self._reached_guard = True
        answer = self._parts.guard.command(_request(asked))
        return answer.text, answer.done

    def _snapshot(self, asked: Asked) -> tuple[str, bool]:
        camera, parts = asked.name or "", self._parts
        if camera not in parts.cameras:
            return f"no camera {camera!r}; there are: {', '.join(parts.cameras)}", False
        pixelated = parts.cameras[camera]
        picture = parts.pictures.jpeg(camera, boxes=True, pixelated=pixelated, timeout_s=_PICTURE_S)
        if picture is None:
            return f"{camera} gives no picture", False
        parts.board.say(f"{parts.base}/{camera}/snapshot", picture)
        return f"a picture of {camera}", True

    def _audit(self, command: _Command, *, done: bool) -> None:
        """Note what the guard was not asked: it notes what it was."""
        if command.verb == "snapshot":
            about = command.payload[:64].decode("utf-8", "replace")
            self._parts.note(Access(what="snapshot", way=SOURCE, about=about, done=done))
        elif not self._reached_guard:
            self._parts.note(Access(what="command", way=SOURCE, about=command.verb[:64], done=False))

    def _answer(self, verb: str, *, done: bool, text: str) -> None:
        answer = {"command": verb[:40], "done": done, "text": text}
        self._parts.board.say(f"{self._parts.base}/answer", json.dumps(answer, ensure_ascii=False))

    def _show(self) -> None:
        """Put how things stand on the board; what has not changed is not sent."""
        parts, standing = self._parts, self._parts.guard.standing()
        state = {
            "panel": standing.panel,
            "armed": standing.armed,
            "bypassed": sorted(name for name in standing.bypassed if not name.startswith(RULE)),
            "siren": _word(parts.siren()),
            "zones": {zone: _word(is_there) for zone, is_there in self._zones.occupied().items()},
            "rules": {rule: _word(rule_place(*rule.split("/", 1)) not in standing.bypassed) for rule in parts.rules},
        }
        parts.board.put(f"{parts.base}/state", json.dumps(state, ensure_ascii=False, separators=(",", ":")))
        now = parts.clock.monotonic()
        if now >= self._diagnostics_due_t:
            self._diagnostics_due_t = now + _DIAGNOSTICS_S
            parts.board.put(f"{parts.base}/diagnostics", json.dumps(dict(parts.figures()), ensure_ascii=False))

    def _wake(self) -> None:
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            # It has enough to wake up for.
            return

    def _close(self) -> None:
        """Nothing to let go of."""


_ACTIONS: Final[Mapping[str, tuple[Action, Action]]] = {
    "arm": ("arm", "arm"),
    "disarm": ("disarm", "disarm"),
    "bypass": ("bypass", "unbypass"),
    "mute": ("mute", "unmute"),
    "siren": ("panic", "mute"),
    "rule": ("unbypass", "bypass"),
}
"""What each command is to the guard: on, and off."""


def _request(asked: Asked) -> Request:
    """The same in the guard's words."""
    action = _ACTIONS[asked.verb][not asked.on]
    place = f"{RULE}{asked.name}" if asked.verb == "rule" else asked.name
    return Request(action=action, source=SOURCE, pin=asked.pin, state=asked.state, place=place, for_s=asked.for_s)


def _word(is_on: bool) -> str:
    return "ON" if is_on else "OFF"
