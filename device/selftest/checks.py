"""Camera, model, broker, disk, clock and watchdog, each tried for real. Touches no pin."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from device.app import build_bodies, build_detector, installed_models
from device.capture.process import CameraProcess
from device.capture.wishes import request_of
from device.config.cameras import CameraTable
from device.config.model import Config
from device.core.first_picture import FIRST_PICTURE_S
from device.core.frame import Frame
from device.errors import ShopwardenError
from device.outlets import broker_of
from device.ports import Clock
from device.selftest.finding import Finding
from device.sinks.mqtt_session import Session, Will
from device.store.store import FILE_NAME, Store
from device.uniform_parts import build_uniforms

_LOOKS: Final = 3
_LOW_BYTES: Final = 256 << 20
"""Below that the disk is called full: an hour of events and clips would not fit."""
_RTC: Final = Path("/dev/rtc0")
_UNITS: Final = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"))


def camera(table: CameraTable, clock: Clock, keep: Callable[[CameraTable, Frame], None] | None = None) -> Finding:
    """Whether a camera gives a picture, and how large; ``keep`` is handed it, to be copied at once."""
    began = clock.monotonic()
    try:
        request = request_of(table, armed="disarmed")
        with contextlib.closing(CameraProcess(table.id, request, clock=clock)) as process:
            if not process.has_picture(FIRST_PICTURE_S):
                return Finding("camera", table.id, "failed", f"no picture for {FIRST_PICTURE_S:g} s; is it there?")
            frame = process.next(0.0)
            took_s = clock.monotonic() - began
            size = f"{frame.width}x{frame.height}, " if frame is not None else ""
            if frame is not None and keep is not None:
                keep(table, frame)
            return Finding("camera", table.id, "ok", f"{size}first picture after {took_s:.1f} s")
    except ShopwardenError as error:
        return Finding("camera", table.id, "failed", str(error))


def model(config: Config, clock: Clock) -> Finding:
    """Whether the detector loads and looks, and how long a look takes."""
    grey = Frame(0, 0.0, None, np.full((480 * 3 // 2, 640), 128, dtype=np.uint8))
    try:
        with contextlib.closing(build_detector(config)) as detector:
            took_s, card = _fastest_s(lambda: detector.detect(grey), clock), detector.card
        text = f"{card.name}, {len(card.labels)} classes, {took_s * 1000:.0f} ms a look"
        bodies = build_bodies(config)
        if bodies is not None:
            with contextlib.closing(bodies):
                took_s = _fastest_s(lambda: bodies.look(grey, (0.3, 0.1, 0.6, 0.9)), clock)
            text += f"; hands {took_s * 1000:.0f} ms a look"
        uniforms = build_uniforms(config, installed_models(config))
        if uniforms is not None:
            with contextlib.closing(uniforms):
                took_s = _fastest_s(lambda: uniforms.score(grey, (0.3, 0.1, 0.6, 0.9)), clock)
            text += f"; uniforms {took_s * 1000:.0f} ms a look"
        return Finding("model", "", "ok", text)
    except ShopwardenError as error:
        return Finding("model", "", "failed", str(error))


def _fastest_s(look: Callable[[], object], clock: Clock) -> float:
    times = []
    for _ in range(_LOOKS):
        began = clock.monotonic()
        look()
        times.append(clock.monotonic() - began)
    return min(times)


def broker(config: Config, clock: Clock) -> Finding:
    """Whether the broker takes us in; nothing is published."""
    if config.mqtt is None:
        return Finding("broker", "", "skipped", "none is configured")
    try:
        # Under a name of its own: a broker hangs up on the service when a second one comes under its name.
        ours = broker_of(config.mqtt, config.device.id)
        ours = replace(ours, client_id=f"{ours.client_id}-selftest")
        will = Will(f"shopwarden/{config.device.id}/selftest", "")
        with contextlib.closing(Session(ours, will, clock.monotonic)) as session:
            session.disconnect()
        return Finding("broker", "", "ok", f"{ours.place} takes {ours.username or 'us without a user'}")
    except ShopwardenError as error:
        return Finding("broker", "", "failed", str(error))


def disk(config: Config) -> Iterator[Finding]:
    """Whether the state folder can be written durably, has room, and holds a sound store."""
    folder = config.device.state_dir
    if not folder.is_dir():
        yield Finding("disk", "", "warning", f"state_dir {folder}: is not there yet; the first start makes it")
        return
    try:
        faults = _store_faults(folder)
        _write_through(folder)
    except ShopwardenError as error:
        yield Finding("disk", "", "failed", str(error))
        return
    except OSError as error:
        yield Finding("disk", "", "failed", f"state_dir {folder}: cannot be written ({error.strerror})")
        return
    if faults:
        yield Finding("disk", "", "failed", f"the store has {len(faults)} faults, the first: {faults[0]}")
        return
    free = shutil.disk_usage(folder).free
    if free < _LOW_BYTES:
        yield Finding("disk", "", "warning", f"{folder}: only {free >> 20} MiB free: make room")
    else:
        yield Finding("disk", "", "ok", f"{folder}: {free >> 20} MiB free")


def clock_set(clock: Clock) -> Finding:
    """Whether wall time can be believed."""
    rtc = "with a clock that runs without power" if _RTC.exists() else "no clock that runs without power"
    if clock.synced():
        return Finding("clock", "", "ok", f"set from outside, {rtc}")
    advice = "not set from outside since the start: schedules wait; give it a network, or a clock with a battery"
    return Finding("clock", "", "warning", f"{advice} ({rtc})")


def watchdog(environ: Mapping[str, str]) -> Finding:
    """Whether systemd starts the service again when it hangs."""
    if environ.get("WATCHDOG_USEC"):
        return Finding("watchdog", "", "ok", f"systemd waits {int(environ['WATCHDOG_USEC']) / 1e6:g} s")
    for folder in _UNITS:
        with contextlib.suppress(OSError):
            text = (folder / "shopwarden.service").read_text(encoding="utf-8")
            if "WatchdogSec=" in text:
                return Finding("watchdog", "", "ok", f"{folder / 'shopwarden.service'} has one")
            return Finding("watchdog", "", "warning", f"{folder / 'shopwarden.service'} has no WatchdogSec=")
    return Finding("watchdog", "", "warning", "no shopwarden.service is installed: nothing restarts it when it hangs")


def _store_faults(folder: Path) -> list[str]:
    """What is wrong with the store, if there is one: made by root here, the service could not write it."""
    if not (folder / FILE_NAME).exists():
        return []
    with contextlib.closing(Store.open(folder, outbox=False)) as store:
        return store.check()


def _write_through(folder: Path) -> None:
    """Write, bring to disk, and take away again."""
    path = folder / f".selftest-{os.getpid()}"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, b"x" * 4096)
        os.fsync(handle)
    finally:
        os.close(handle)
        path.unlink(missing_ok=True)
