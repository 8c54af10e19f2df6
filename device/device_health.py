"""Asks the machine how it fares. Judges nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

from device.board import board_load
from device.guard.guard import Guard
from device.metrics import DeviceHealth
from device.ports import Clock
from device.store.store import Store

_PAGE_KIB = 1024


def health_of(state_dir: Path, store: Store, guard: Guard, clock: Clock) -> Callable[[], DeviceHealth]:
    """A function that says how the device fares now; its uptime begins here.

    It raises ``StoreError`` where the outbox cannot be counted.
    """
    begun = clock.monotonic()

    def health() -> DeviceHealth:
        board = board_load()
        return DeviceHealth(
            uptime_s=clock.monotonic() - begun,
            memory_bytes=_resident_bytes(),
            disk_free_bytes=shutil.disk_usage(state_dir).free,
            temperature_c=board.temperature_c,
            throttled=board.throttled,
            clock_synced=clock.synced(),
            waiting=store.outbox_size(),
            waiting_bytes=store.outbox_bytes(),
            dropped=store.dropped_count(),
            armed=guard.standing().panel,
        )

    return health


def _resident_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * _PAGE_KIB
