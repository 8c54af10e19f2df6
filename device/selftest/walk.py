"""Somebody walks about, or switches the light off: what the rules say, with every siren left alone. Guards nothing."""

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gpiozero import DigitalOutputDevice

from device.app import RunKind, build_detector, build_pipeline, open_lookers
from device.board import boot_id
from device.capture.process import CameraProcess
from device.capture.wishes import request_of
from device.config.model import Config
from device.config.pins import OutputTable
from device.config.rules import rule_name, rule_tables
from device.core.ids import RandomIds
from device.errors import EndOfStream, ShopwardenError
from device.pins.board import open_factory, pin_errors
from device.pipeline import Pipeline, Step
from device.ports import Clock
from device.selftest.finding import Finding

LONGEST_S: Final = 3600.0
DARK_S: Final = 60.0
"""How long it waits for the light to go off: somebody has to reach the switch."""
CHIRP_S: Final = 0.15
_CHIRP_PAUSE_S: Final = {"status": 0.3, "light": 0.3, "buzzer": 1.0}
"""From one chirp to the next, by what the pin drives: a lamp may flicker, a buzzer shall not drive anybody mad."""
_DARK: Final = ("tamper_dark", "tamper_covered")
_LOOK_S: Final = 0.05


@dataclass(slots=True)
class Chirp:
    """One lamp or buzzer that is on for a moment at each detection; never a siren or a relay."""

    table: OutputTable
    device: Any
    due_t: float = 0.0
    off_t: float | None = None

    def heard(self, now: float) -> None:
        """Somebody was detected."""
        if now >= self.due_t:
            self.device.on()
            self.off_t, self.due_t = now + CHIRP_S, now + _CHIRP_PAUSE_S[self.table.kind]

    def tick(self, now: float) -> None:
        """Off again in time."""
        if self.off_t is not None and now >= self.off_t:
            self.device.off()
            self.off_t = None


@dataclass(slots=True)
class _Seen:
    """What one camera saw."""

    pipeline: Pipeline
    process: CameraProcess
    looks: int = 0
    detections: int = 0
    said: Counter[str] = field(default_factory=Counter)
    """Beginnings, by rule."""
    kinds: set[str] = field(default_factory=set)
    over: str | None = None
    """Why no more pictures come."""


class Walk:
    """The cameras with their rules, but without sinks: nothing is stored, sent or sounded."""

    def __init__(self, config: Config, clock: Clock, say: Callable[[str], None]) -> None:
        """``say`` is told of each event as it happens, a line each."""
        self._config, self._clock, self._say = config, clock, say

    def about(self, for_s: float) -> Iterator[Finding]:
        """Watch for so long, s, or until Ctrl-C; a line for each camera: what was detected, which rules spoke."""
        try:
            with self._watching() as (seen, chirp):
                self._watch(seen, chirp, for_s, lambda: False)
                yield from (self._walked(camera, it) for camera, it in seen.items())
        except ShopwardenError as error:
            yield Finding("walk", "", "failed", str(error))

    def in_the_dark(self, for_s: float = DARK_S) -> Iterator[Finding]:
        """Ask for the light to be switched off, and wait until each camera has noticed, or time is up."""
        self._say(f"switch the light off now; {for_s:g} s are given for it to be noticed\n")
        try:
            with self._watching() as (seen, chirp):
                self._watch(seen, chirp, for_s, lambda: all(it.kinds.intersection(_DARK) for it in seen.values()))
                yield from (_darkened(camera, it, for_s) for camera, it in seen.items())
        except ShopwardenError as error:
            yield Finding("lights", "", "failed", str(error))
        self._say("the light may be switched on again\n")

    @contextlib.contextmanager
    def _watching(self) -> Iterator[tuple[dict[str, _Seen], Chirp | None]]:
        config = self._config
        with contextlib.ExitStack() as stack:
            detector = stack.enter_context(contextlib.closing(build_detector(config)))
            bodies, uniforms = stack.enter_context(open_lookers(config))
            run = RunKind(
                ids=RandomIds(secrets.randbits),
                boot_id=boot_id(),
                clock_synced=self._clock.synced,
                armed="away",
                bodies=bodies,
                uniforms=uniforms,
            )
            seen = {}
            for table in config.cameras:
                process = CameraProcess(table.id, request_of(table, armed="away"), clock=self._clock)
                stack.enter_context(contextlib.closing(process))
                seen[table.id] = _Seen(build_pipeline(config, table, detector, run), process)
            yield seen, stack.enter_context(self._chirp())

    @contextlib.contextmanager
    def _chirp(self) -> Iterator[Chirp | None]:
        """The pin that tells of detections: a status lamp before a light before a buzzer; None where there is none."""
        order = tuple(_CHIRP_PAUSE_S)
        tables = [
            table for kind in ("status", "light", "buzzer") for table in self._config.pins.outputs if table.kind == kind
        ]
        if not tables:
            self._say(f"no output is a {' or '.join(order)}: detections are only told here\n")
            yield None
            return
        table = tables[0]
        with contextlib.closing(open_factory(self._config.pins.factory)) as factory, pin_errors(f"pin {table.pin}"):
            device = DigitalOutputDevice(
                table.pin, active_high=table.active_high, initial_value=False, pin_factory=factory
            )
            try:
                yield Chirp(table, device)
            finally:
                device.off()
                device.close()

    def _watch(self, seen: dict[str, _Seen], chirp: Chirp | None, for_s: float, enough: Callable[[], bool]) -> None:
        until = self._clock.monotonic() + for_s
        with contextlib.suppress(KeyboardInterrupt):
            while self._clock.monotonic() < until and not enough() and not all(it.over for it in seen.values()):
                for camera, it in seen.items():
                    if it.over is None:
                        self._turn(camera, it, chirp)
                if chirp is not None:
                    chirp.tick(self._clock.monotonic())

    def _turn(self, camera: str, it: _Seen, chirp: Chirp | None) -> None:
        try:
            frame = it.process.next(_LOOK_S)
        except EndOfStream:
            it.over = "the recording is over"
            return
        except ShopwardenError as error:
            it.over = str(error)
            return
        if frame is None:
            return
        step = it.pipeline.step(replace(frame, wall=self._clock.wall()))
        it.process.release(frame)
        self._note(camera, it, step, chirp)

    def _note(self, camera: str, it: _Seen, step: Step, chirp: Chirp | None) -> None:
        if step.detections is not None:
            it.looks += 1
            people = sum(1 for track in step.tracks if track.seen and track.confirmed)
            it.detections += people
            if people and chirp is not None:
                chirp.heard(self._clock.monotonic())
        for event in step.events:
            it.kinds.add(event.kind)
            if event.state == "start":
                it.said[event.rule.name] += 1
                self._say(f"  {camera}: {event.rule.name}, worth {event.priority}, {event.confidence:.2f}\n")

    def _walked(self, camera: str, it: _Seen) -> Finding:
        if it.looks == 0:
            return Finding("walk", camera, "failed", f"no picture: {it.over or 'is another program using it?'}")
        (table,) = (table for table in self._config.cameras if table.id == camera)
        spoke = ", ".join(f"{rule} ({count})" for rule, count in sorted(it.said.items())) or "none"
        # Tamper speaks when somebody tampers, not when somebody walks.
        wanted = {rule_name(rule) for rule in rule_tables(table) if not rule.kind.startswith("tamper_")}
        silent = ", ".join(sorted(wanted.difference(it.said)))
        text = f"{it.detections} detections in {it.looks} looks; rules that spoke: {spoke}"
        text += f"; not seen: {silent}" if silent else ""
        return Finding("walk", camera, "ok" if it.detections else "warning", text)


def _darkened(camera: str, it: _Seen, for_s: float) -> Finding:
    told = sorted(it.kinds.intersection(_DARK))
    if told:
        return Finding("lights", camera, "ok", f"{' and '.join(told)} was told when the light went off")
    why = f"; {it.over}" if it.over else ""
    return Finding("lights", camera, "warning", f"nothing was told within {for_s:g} s: was the light off?{why}")
