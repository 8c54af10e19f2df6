"""``shopwarden test-event``: a marked event through every sink, by the running service or without one."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from device.clock import SystemClock
from device.config import load_config
from device.config.model import Config
from device.control import CONTROL_NAME, MAX_BYTES, connect
from device.core.event import Event, Kind, Priority
from device.core.trial_event import WITHOUT_CAMERA, trial_draft
from device.errors import ShopwardenError, UsageError
from device.notify_parts import open_notifiers
from device.outlets import open_outlets
from device.panel_parts import device_messages
from device.ports import Clock
from device.worker import LoopStats

SETTLE_S: Final = 10.0
"""How long sinks may take to pass on what they were told."""
LONGEST_S: Final = 60.0
_POLL_S: Final = 0.1
_CUT_SHORT: Final = "cut short: the service takes up another configuration, or ends; try once more"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be tried."""

    kind: Kind
    priority: Priority = "alarm"
    camera: str | None = None
    for_s: float = 3.0


class NoPictures:
    """Where no camera runs."""

    def jpeg(self, camera: str, *, boxes: bool, pixelated: bool, timeout_s: float) -> bytes | None:
        """None."""
        del camera, boxes, pixelated, timeout_s
        return None


def tell_trial(
    trial: Trial, config: Config, clock: Clock, emit: Callable[[Event], None], over: threading.Event | None = None
) -> str:
    """Tell everybody of the beginning and, after its time or once it is ``over``, of the end; returns the ``event_id``.

    Raises:
        UsageError: there is no such camera.
    """
    camera = None if trial.kind in WITHOUT_CAMERA else config.camera(trial.camera).id
    messages, begun, event_id = device_messages(config, clock), clock.monotonic(), ""
    for state in ("start", "end"):
        now = clock.monotonic()
        draft = trial_draft(trial.kind, trial.priority, state, "trial", begun=begun, t=now)
        event = replace(messages.make(draft, trial.priority, clock.wall()), camera=camera)
        event_id = event.event_id
        emit(event)
        if state == "start":
            _wait(clock, trial.for_s, lambda: over is not None and over.is_set())
    return event_id


def answer_trial(
    asked: dict[str, Any],
    config: Config,
    clock: Clock,
    emit: Callable[[Event], None],
    stats: Callable[[], Sequence[LoopStats]],
    over: threading.Event,
) -> dict[str, Any]:
    """What the service says to a request for a test, once its sinks have had time to pass it on, or it is ``over``.

    Raises:
        UsageError: the request is none.
    """
    try:
        trial = Trial(asked["kind"], asked["priority"], asked["camera"], min(float(asked["for_s"]), LONGEST_S))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("this is no request for a test") from error
    event_id = tell_trial(trial, config, clock, emit, over)
    short = [_CUT_SHORT] if over.is_set() else []
    return {"event_id": event_id, "sinks": [*short, *(_line(it) for it in _settled(stats, clock, over))]}


def run_trial(config_file: Path, trial: Trial) -> str:
    """Try the alarm; by the service that runs, or with its own outlets where none does. What came of it, as lines.

    Raises:
        UsageError: there is no such camera.
        ShopwardenError: the service refused, or an outlet cannot be opened.
    """
    config = load_config(config_file)
    config.camera(trial.camera)
    with contextlib.ExitStack() as stack:
        connection = connect(config.device.state_dir / CONTROL_NAME)
        if connection is not None:
            told = _ask(stack.enter_context(connection), trial)
            return _shown(told["event_id"], told["sinks"], "told by the running service")
        event_id, stats = stack.enter_context(_alone(config, trial))
        return _shown(event_id, [_line(it) for it in stats], "no service runs: told by this command itself")


def _ask(connection: socket.socket, trial: Trial) -> dict[str, Any]:
    asked = {"do": "test-event", **asdict(trial)}
    connection.settimeout(trial.for_s + 30.0)
    try:
        connection.sendall(json.dumps(asked).encode() + b"\n")
        with connection.makefile("rb") as lines:
            told = json.loads(lines.readline(MAX_BYTES))
    except (OSError, ValueError) as error:
        raise ShopwardenError(f"the running service does not answer ({error})") from error
    if "error" in told:
        raise ShopwardenError(f"the running service refused: {told['error']}")
    found: dict[str, Any] = told
    return found


@contextlib.contextmanager
def _alone(config: Config, trial: Trial) -> Iterator[tuple[str, Sequence[LoopStats]]]:
    clock = SystemClock()
    with contextlib.ExitStack() as stack:
        notifiers = stack.enter_context(open_notifiers(config, clock, NoPictures()))
        outlets = stack.enter_context(open_outlets(config, clock, also=notifiers.ways))
        outlets.start()
        event_id = tell_trial(trial, config, clock, outlets.emit)
        loops = (*outlets.first, *outlets.behind, *notifiers.ways, *notifiers.couriers)
        yield event_id, _settled(lambda: [it.stats() for it in loops], clock)


def _settled(
    stats: Callable[[], Sequence[LoopStats]], clock: Clock, over: threading.Event | None = None
) -> Sequence[LoopStats]:
    """How everybody fares once nothing waits any more, it is ``over``, or time is up."""
    _wait(clock, SETTLE_S, lambda: (over is not None and over.is_set()) or not any(it.queued for it in stats()))
    return stats()


def _wait(clock: Clock, seconds: float, enough: Callable[[], bool]) -> None:
    deadline = clock.monotonic() + seconds
    while not enough() and (left := deadline - clock.monotonic()) > 0.0:
        clock.wait(min(_POLL_S, left))


def _line(stats: LoopStats) -> str:
    if stats.trouble is not None:
        return f"{stats.name}: {stats.trouble}"
    return f"{stats.name}: {stats.queued} still waiting" if stats.queued else f"{stats.name}: works"


def _shown(event_id: str, sinks: Sequence[str], by: str) -> str:
    return "\n".join([f"{event_id}, {by}", *(f"  {line}" for line in sinks)])
