"""The guard's own store, outbox, pins, recorder and chain under load, in a process that may be killed. Judges nothing.

It takes one specification as JSON and orders as lines of JSON; what it says is one line each: ``e ID`` an event was
handed on, ``a SEQ ID`` its row is on disk, ``p N`` a packet came, ``c ID FROM END`` an alarm begins a clip of these
packets, ``k POINT`` a place that writes was met, ``r JSON`` an answer.
"""

import contextlib
import errno
import json
import os
import secrets
import signal
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from device.clock import SystemClock
from device.config import load_config
from device.core.event import Event
from device.core.ids import RandomIds
from device.fanout import Listener
from device.log import setup
from device.outlets import Outlets, open_outlets
from device.recorder.recorder import Recorder
from device.recording_parts import Recording, Vault, open_recording, vault_of
from device.worker import Worker
from tests.events import make_event
from tests.recorder.packets import FPS, fill, packets

PRE_ROLL_S, POST_ROLL_S, ALARM_EVERY_S = 2.0, 3.0, 6.0
PATIENCE_S = 20.0
POLL_S = 0.001
_TOLD = threading.Lock()


def say(line: str) -> None:
    """Tell whoever watches, at once."""
    with _TOLD:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class Points:
    """Every place that writes, by operation and module: counted, slowed, refused, or where the process dies."""

    def __init__(self, kill: dict[str, Any] | None) -> None:
        """``kill`` names point, its ``nth`` visit, and ``when``: before, after, or half of what is written."""
        self._kill, self._seen = kill or {}, Counter[str]()
        self.slow_s, self.read_only = 0.0, False
        self.connections: list[sqlite3.Connection] = []
        self._pause = threading.Event()

    def install(self) -> None:
        """Stand between the product and the system."""
        for word in ("fsync", "fdatasync", "replace", "unlink", "mkdir", "truncate", "ftruncate", "write", "open"):
            setattr(os, word, self._wrapped(word, getattr(os, word)))
        connect = sqlite3.connect

        def connected(*args: Any, **more: Any) -> sqlite3.Connection:
            db: sqlite3.Connection = connect(*args, **more)
            db.set_trace_callback(self._statement)
            self.connections.append(db)
            return db

        sqlite3.connect = connected  # type: ignore[assignment]

    def meet(self, word: str, when: str = "before") -> bool:
        """Note a visit; True where half of it is to be done before the process dies."""
        module = _module()
        if module is None:
            return False
        name = f"{word} in {module.removeprefix('device.')}"
        if when == "before":
            self._seen[name] += 1
            if self._seen[name] == 1:
                say(f"k {name}")
        wanted = self._kill.get("when", "")
        if self._kill.get("point") == name and self._seen[name] >= self._kill["nth"] and wanted != "":
            if wanted == when:
                die()
            return bool(wanted == "half" and word == "write")
        return False

    def counts(self) -> dict[str, int]:
        """How often each was met."""
        return dict(self._seen)

    def _wrapped(self, word: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            if word == "open" and not args[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return real(*args, **more)
            if _module() is None:
                return real(*args, **more)
            if self.read_only:
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            if self.meet(word):
                real(args[0], bytes(args[1])[: len(args[1]) // 2])
                die()
            if word in ("fsync", "fdatasync") and self.slow_s:
                self._pause.wait(self.slow_s)
            result = real(*args, **more)
            self.meet(word, "after")
            return result

        return call

    def _statement(self, text: str) -> None:
        words = text.lower().split()[:3]
        if words[0] in ("select", "pragma", "begin"):
            return
        self.meet(" ".join(words) if words[0] != "update" else " ".join(words[:2]))
        if words[0] == "commit" and self.slow_s:
            self._pause.wait(self.slow_s)


def _module() -> str | None:
    """The module of the product that asks, where it is one that keeps things."""
    frame = sys._getframe(2)
    for _ in range(14):
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(("device.store", "device.recorder", "device.evidence", "device.whole_file")):
            return name
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return None


def die() -> None:
    """As a power cut would have it."""
    os.kill(os.getpid(), signal.SIGKILL)


class SteppedClock(SystemClock):
    """This machine's, with a calendar that somebody steps."""

    def __init__(self) -> None:
        super().__init__()
        self.off_s = 0.0

    def wall(self) -> float:
        """Unix time as it is believed to be, s."""
        return super().wall() + self.off_s


class HungSink:
    """Never comes back."""

    name = "hung"

    def handle(self, event: Event) -> None:  # noqa: ARG002 - it matters not of what
        """Hang."""
        threading.Event().wait()

    def close(self) -> None:
        """Never reached."""


class Told:
    """Says of each event that it is on disk."""

    def __init__(self, points: Points) -> None:
        self.count, self._points = 0, points

    def offer(self, event: Event, *, wait_s: float = 0.0) -> bool:  # noqa: ARG002 - it never waits
        """Say so."""
        self._points.meet("told")
        say(f"a {event.seq} {event.id}")
        self.count += 1
        return True


class Rig:
    """All of it at work."""

    def __init__(self, spec: dict[str, Any], clock: SteppedClock, points: Points, told: Told) -> None:
        self._spec, self._clock, self._points, self._told = spec, clock, points, told
        self._ids = RandomIds(secrets.randbits)
        self._emitted = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._zero = clock.monotonic()
        self.outlets: Outlets
        self.vault: Vault
        self.recorder: Recorder

    def emit(self, **changes: Any) -> Event:
        """Hand on one event, as the service does."""
        with self._lock:
            now, wall = self._clock.monotonic(), self._clock.wall()
            name = self._ids.next(wall)
            time = datetime.fromtimestamp(wall, tz=UTC).isoformat(timespec="milliseconds")
            values = {"id": name, "event_id": name, "t_start": now, "t_emitted": now, "time": time} | changes
            event = make_event(**values)
            self._emitted += 1
            say(f"e {event.id}")
            self.outlets.emit(replace(self.recorder.mark(event), chain=self.vault.head()))
            return event

    def load(self) -> None:
        """Events at the rate that was asked for, and now and then an alarm, which has a clip."""
        rate, count, due = self._spec["rate"], self._spec.get("count", 10**9), 0.0
        for number in range(count):
            if self._stop.wait(1.0 / rate):
                return
            self.emit(priority=("info", "notice", "warning")[number % 3])
            now = self._clock.monotonic() - self._zero
            if self._spec.get("alarms") and now >= due:
                due = now + ALARM_EVERY_S
                event = self.emit(priority="alarm", t_end=self._clock.monotonic())
                t = event.t_start - self._zero
                say(f"c {event.event_id} {(t - PRE_ROLL_S) * FPS:.2f} {(t + POST_ROLL_S) * FPS:.2f}")

    def film(self, recording: Recording) -> None:
        """Ten pictures a second."""
        store = recording.packets["aisle"]
        if store is None:
            raise SystemExit("nothing is recorded")
        info, made = packets(900, t0=self._zero)
        feed = store.feed()
        feed.take(info)
        for number, packet in enumerate(made):
            left_s = self._zero + number / FPS - self._clock.monotonic()
            if left_s > 0.0 and self._stop.wait(left_s):
                return
            fill(feed, info, [packet])
            say(f"p {number}")

    def obey(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: C901 - one line an order
        """Do one thing."""
        match asked["do"]:
            case "alarm":
                return self._alarm()
            case "events":
                for _ in range(asked["n"]):
                    self.emit()
            case "wall":
                self._clock.off_s += asked["by"]
            case "slow":
                self._points.slow_s = asked["s"]
            case "read-only":
                self._points.read_only = asked["on"]
                with self.outlets.store._lock:
                    for db in self._points.connections:
                        db.execute(f"pragma query_only = {int(asked['on'])}")
            case "drain":
                self._until(lambda: self._told.count >= self._emitted, asked["s"])
                if asked.get("broker"):
                    self._until(lambda: self.outlets.store.outbox_size() == 0, asked["s"])
            case "end":
                self._stop.set()
        return {"emitted": self._emitted, "told": self._told.count, "points": self._points.counts()}

    def _alarm(self) -> dict[str, Any]:
        """How long the siren takes, s; None where it does not sound."""
        begun = self._clock.monotonic()
        event = self.emit(priority="alarm")
        siren = self.outlets.pins[0]
        on = self._until(lambda: siren.is_on, PATIENCE_S)
        took = self._clock.monotonic() - begun
        self.emit(priority="alarm", state="end", event_id=event.event_id, t_end=self._clock.monotonic())
        off = self._until(lambda: not siren.is_on, PATIENCE_S)
        return {"on_s": took if on and off else None, "id": event.id}

    def _until(self, true: Callable[[], bool], patience_s: float) -> bool:
        poll, deadline = threading.Event(), self._clock.monotonic() + patience_s
        while not true():
            if self._clock.monotonic() > deadline:
                return False
            poll.wait(POLL_S)
        return True


@contextlib.contextmanager
def opened(spec: dict[str, Any]) -> Iterator[tuple[Rig, Recording]]:
    """The rig with the product's own parts, wired as the service does it."""
    points, clock = Points(spec.get("kill")), SteppedClock()
    points.install()
    config = load_config(Path(spec["config"]))
    told = Told(points)
    hung = Worker(HungSink()) if spec.get("hang") else None
    with contextlib.ExitStack() as stack:
        console = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        also: list[Listener] = [told] if hung is None else [hung, told]
        outlets = stack.enter_context(open_outlets(config, clock, console, also))
        if hung is not None:
            hung.start()
        outlets.start()
        vault = vault_of(config, clock, outlets.store)
        recording = stack.enter_context(open_recording(config, vault.archive, clock))
        rig = Rig(spec, clock, points, told)
        rig.outlets, rig.vault, rig.recorder = outlets, vault, recording.recorder
        yield rig, recording


def main(spec: dict[str, Any]) -> None:
    """Work until told to end."""
    setup(sys.stderr)
    with opened(spec) as (rig, recording):
        say("ready")
        if spec.get("alarms") or spec.get("film"):
            threading.Thread(target=rig.film, args=(recording,), daemon=True).start()
        if spec.get("rate"):
            threading.Thread(target=rig.load, daemon=True).start()
        for line in sys.stdin:
            asked = json.loads(line)
            say("r " + json.dumps(rig.obey(asked)))
            if asked["do"] == "end":
                break


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
