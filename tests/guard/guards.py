"""Guards for tests: a clock and a disk in the test's hand. Holds no test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from device.clock import SimulatedClock
from device.core.arming.sensors import SENSOR_ARMED_IN, Sensor, SensorKind, SensorSettings
from device.core.arming.standing import Saved
from device.core.event import Event
from device.core.ids import DerivedIds
from device.core.message import MessageMaker
from device.errors import StoreError
from device.guard.guard import Guard, GuardParts
from device.guard.keeper import Keeper
from tests.core.arming.panels import make_panel


class Disk:
    """A disk that fails or hangs when the test says so."""

    def __init__(self) -> None:
        self.saved: list[tuple[Saved, int]] = []
        self.fails = False
        self.goes_on = threading.Event()
        self.goes_on.set()

    def load_panel(self) -> tuple[Saved, int] | None:
        """What was saved last."""
        return self.saved[-1] if self.saved else None

    def save_panel(self, saved: Saved, number: int) -> None:
        """Save, fail, or hang."""
        self.goes_on.wait(60.0)
        if self.fails:
            raise StoreError("the disk is full")
        self.saved.append((saved, number))


class KnownPins:
    """One PIN; counts how often it was checked."""

    def __init__(self) -> None:
        self.checked = 0

    def whose(self, code: str) -> str | None:
        """Anna's, or nobody's."""
        self.checked += 1
        # As long as a hash takes: tries at one time must not overtake the counting.
        threading.Event().wait(0.02)
        return "anna" if code == "4711" else None


class AtWork:
    """A guard with everything that it touches."""

    def __init__(self, armed: Any, *, kinds: tuple[SensorKind, ...] = (), **panel: Any) -> None:
        self.clock, self.disk, self.pins = SimulatedClock(), Disk(), KnownPins()
        self.events: list[Event] = []
        self.muted: list[float] = []
        self.keeper = Keeper(self.disk, 0)
        maker = MessageMaker(device="shop-1", camera=None, boot_id="", ids=DerivedIds("t"), clock_synced=lambda: True)
        sensors = tuple(Sensor(SensorSettings(id=kind, kind=kind, armed_in=SENSOR_ARMED_IN[kind])) for kind in kinds)
        self.guard = Guard(
            GuardParts(
                panel=make_panel(armed, **panel),
                messages=maker,
                emit=self.events.append,
                clock=self.clock,
                pins=self.pins,
                keeper=self.keeper,
                mute=self.muted.append,
                sensors=sensors,
            )
        )

    def told(self) -> list[str]:
        """What was told, in short."""
        return [f"{it.kind} {it.state} {it.priority} {it.data.get('panel', '')}".strip() for it in self.events]


@contextmanager
def at_work(armed: Any = "away", **more: Any) -> Iterator[AtWork]:
    """A guard whose keeper saves; its own thread is not started: the test moves the time."""
    work = AtWork(armed, **more)
    work.guard.begin()
    work.keeper.start()
    try:
        yield work
    finally:
        work.disk.goes_on.set()
        assert work.keeper.stop(20.0)
