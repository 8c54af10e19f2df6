"""The only place that asks the system for the time or sleeps. Decides nothing by it."""

import ctypes
import time
from collections.abc import Callable
from pathlib import Path

_FLAGS = (Path("/run/systemd/timesync/synchronized"), Path("/run/shopwarden-clock-set"))
"""Made by systemd-timesyncd, and by root's service that sets the clock for an admin; gone with the next boot."""
_TIME_ERROR = 5  # adjtimex(2): "the system clock is not synchronized to a reliable server"


class SystemClock:
    """The clocks of this machine."""

    def __init__(self) -> None:
        self._adjtimex = _kernel_clock_state()
        self._was_synced = False

    def monotonic(self) -> float:
        """Seconds that never step: for logic. The same in every process of this boot."""
        return time.monotonic()  # noqa: TID251 - this is the place

    def wall(self) -> float:
        """Unix time, s: for labels."""
        return time.time()  # noqa: TID251 - this is the place

    def synced(self) -> bool:
        """Whether wall time has been set from outside since the machine started."""
        # The kernel's own answer holds for every time daemon that disciplines the clock (timesyncd, chrony with
        # rtcsync, ntpd), needs no privilege and starts no program. But it falls back to "unsynchronised" about nine
        # hours after the last contact, when a Pi's crystal has strayed by less than a second: so what was true once
        # stays true, and timesyncd's flag (in /run, gone at boot) tells it to a process that starts during an outage.
        if not self._was_synced:
            self._was_synced = self._adjtimex() not in (-1, _TIME_ERROR) or any(flag.exists() for flag in _FLAGS)
        return self._was_synced

    def wait(self, seconds: float) -> None:
        """Let time pass; nothing for zero or less."""
        if seconds > 0:
            time.sleep(seconds)  # noqa: TID251 - this is the place


class SimulatedClock:
    """A clock that only moves when told to, or when somebody waits: a day of rules runs in milliseconds."""

    def __init__(self, *, monotonic: float = 0.0, wall: float = 946_728_000.0, synced: bool = True) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._synced = synced

    def monotonic(self) -> float:
        """Simulated seconds."""
        return self._monotonic

    def wall(self) -> float:
        """Simulated Unix time, s."""
        return self._wall

    def synced(self) -> bool:
        """What was last set."""
        return self._synced

    def wait(self, seconds: float) -> None:
        """Move both clocks on at once."""
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move both clocks on.

        Raises:
            ValueError: monotonic time would go back.
        """
        if not seconds >= 0:
            raise ValueError(f"monotonic time cannot move by {seconds} s")
        self._monotonic += seconds
        self._wall += seconds

    def set_wall(self, wall: float, *, synced: bool = True) -> None:
        """Step wall time alone, as a time server or a person does."""
        self._wall = wall
        self._synced = synced


def _kernel_clock_state() -> Callable[[], int]:
    """A function that returns adjtimex's state, or -1 where the C library cannot tell."""
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return lambda: -1
    # Only the return value is used, so the layout of struct timex (it differs between 32 and 64 bit) does not matter:
    # zeroed memory means modes = 0, "change nothing"; 512 bytes are more than twice any of its layouts.
    request = ctypes.create_string_buffer(512)

    def state() -> int:
        ctypes.memset(request, 0, len(request))
        return int(adjtimex(request))

    return state
