"""Runs all tries in turn and tells what each came to. Tries nothing itself."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from device.clock import SystemClock
from device.config.model import Config
from device.control import service_answers
from device.core.event import ArmedState
from device.errors import StoreError, UsageError
from device.ports import Clock
from device.selftest import checks
from device.selftest.album import Album
from device.selftest.finding import Finding, document, line, passed
from device.selftest.pins import pins
from device.selftest.report import make_report, places_of, write_report
from device.selftest.walk import LONGEST_S, Walk
from device.store.store import FILE_NAME, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the caller wants."""

    as_json: bool = False
    """For a program."""
    pulse: bool | None = None
    """Whether to pulse outputs; None where the guard is disarmed."""
    report: Path | None = None
    """Where a page to sign goes: a folder, or a file whose name ends in .html or .pdf."""
    walk_s: float | None = None
    """For how long somebody walks about, s."""
    lights_off: bool = False
    """Whether the light is switched off for a try."""


@dataclass(slots=True)
class _Told:
    """Each line as soon as it is known, JSON in the end."""

    out: TextIO
    as_json: bool
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.findings.append(finding)
        self.say(line(finding))

    def say(self, text: str) -> None:
        """For a person alone."""
        if not self.as_json:
            self.out.write(text)
            self.out.flush()


def selftest(config: Config, out: TextIO, asked: Asked) -> bool:
    """Try everything and write what it came to; whether nothing failed.

    Args:
        config: whose parts.
        out: where to write.
        asked: what is wanted besides.

    Raises:
        UsageError: the report's place is none, the walk lasts too long, or the guard has the cameras.
        ShopwardenError: the report cannot be written.
    """
    if asked.walk_s is not None and not 0.0 < asked.walk_s <= LONGEST_S:
        raise UsageError(f"--walk: a walk lasts up to {LONGEST_S:g} s")
    guarded = service_answers(config.device.state_dir)
    if guarded and (asked.report is not None or asked.walk_s is not None or asked.lights_off):
        raise UsageError(
            "the guard runs and has cameras and pins: stop the service for --report, --walk or --lights-off"
        )
    # Before anything is tried: nobody walks about for a report that cannot be written.
    places = places_of(asked.report) if asked.report is not None else None
    told, clock, album = _Told(out, asked.as_json), SystemClock(), Album()
    for finding in _all(config, clock, asked.pulse, None if guarded else album):
        told.add(finding)
    if asked.walk_s is not None or asked.lights_off:
        for finding in _outside(config, clock, asked, told):
            told.add(finding)
    if places is not None:
        write_report(make_report(config, told.findings, album, clock), places)
        told.say(f"report: {places.page} and {places.print_}\n")
    if asked.as_json:
        out.write(document(told.findings))
    return passed(told.findings)


def _all(config: Config, clock: Clock, pulse: bool | None, album: Album | None) -> Iterator[Finding]:
    """Every part; without an album those that the guard has are passed over."""
    if album is None:
        held = [("camera", table.id) for table in config.cameras] + [("pins", "")]
        yield from (Finding(check, name, "skipped", "the running guard has it") for check, name in held)
        yield checks.model(config, clock)
    else:
        yield from _in_hand(config, clock, pulse, album)
    yield checks.broker(config, clock)
    yield from checks.disk(config)
    yield checks.clock_set(clock)
    yield checks.watchdog(os.environ)


def _in_hand(config: Config, clock: Clock, pulse: bool | None, album: Album) -> Iterator[Finding]:
    """What has one user at a time, and the model."""
    armed = _armed(config)
    why_not = f"the guard is armed ({armed}); --pulse does it all the same" if pulse is None else "as --no-pulse asks"
    yield from (checks.camera(table, clock, album.keep) for table in config.cameras)
    yield checks.model(config, clock)
    yield from pins(config, clock, pulse=armed == "disarmed" if pulse is None else pulse, why_not=why_not)


def _outside(config: Config, clock: Clock, asked: Asked, told: _Told) -> Iterator[Finding]:
    """What somebody must walk about for, or switch the light off."""
    walk = Walk(config, clock, told.say)
    if asked.walk_s is not None:
        told.say(f"walk about where each camera looks, for {asked.walk_s:g} s; the siren is muted\n")
        yield from walk.about(asked.walk_s)
    if asked.lights_off:
        yield from walk.in_the_dark()


def _armed(config: Config) -> ArmedState:
    """How the guard stands, as far as the disk tells."""
    folder = config.device.state_dir
    if (folder / FILE_NAME).exists():
        # A store that cannot be opened is told by the check of the disk.
        with contextlib.suppress(StoreError), contextlib.closing(Store.open(folder, outbox=False)) as store:
            saved = store.load_panel()
            return saved[0].armed if saved else config.arming.state
    return config.arming.state
