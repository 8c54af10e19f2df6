"""Runs all tries in turn and tells what each came to. Tries nothing itself."""

import contextlib
import os
from collections.abc import Iterator
from typing import TextIO

from device.clock import SystemClock
from device.config.model import Config
from device.core.event import ArmedState
from device.errors import StoreError
from device.ports import Clock
from device.selftest import checks
from device.selftest.finding import Finding, document, line, passed
from device.selftest.pins import pins
from device.store.store import FILE_NAME, Store


def selftest(config: Config, out: TextIO, *, as_json: bool = False, pulse: bool | None = None) -> bool:
    """Try everything and write what it came to; whether nothing failed.

    Args:
        config: whose parts.
        out: where to write; each line as soon as it is known, JSON in the end.
        as_json: for a program.
        pulse: whether to pulse outputs; None where the guard is disarmed.
    """
    findings = []
    for finding in _all(config, SystemClock(), pulse):
        findings.append(finding)
        if not as_json:
            out.write(line(finding))
            out.flush()
    if as_json:
        out.write(document(findings))
    return passed(findings)


def _all(config: Config, clock: Clock, pulse: bool | None) -> Iterator[Finding]:
    armed = _armed(config)
    why_not = f"the guard is armed ({armed}); --pulse does it all the same" if pulse is None else "as --no-pulse asks"
    yield from (checks.camera(table, clock) for table in config.cameras)
    yield checks.model(config, clock)
    yield from pins(config, clock, pulse=armed == "disarmed" if pulse is None else pulse, why_not=why_not)
    yield checks.broker(config, clock)
    yield from checks.disk(config)
    yield checks.clock_set(clock)
    yield checks.watchdog(os.environ)


def _armed(config: Config) -> ArmedState:
    """How the guard stands, as far as the disk tells."""
    folder = config.device.state_dir
    if (folder / FILE_NAME).exists():
        # A store that cannot be opened is told by the check of the disk.
        with contextlib.suppress(StoreError), contextlib.closing(Store.open(folder, outbox=False)) as store:
            saved = store.load_panel()
            return saved[0].armed if saved else config.arming.state
    return config.arming.state
