"""Has the system's clock set: root's own service beside ours sees a file and sets it. Sets nothing itself."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from device.errors import StoreError, UsageError
from device.ports import Clock
from device.whole_file import replace_file

REQUEST: Final = "set-clock"
"""The file that ``shopwarden-clock.path`` waits for; it holds whole seconds of Unix time."""
EARLIEST_S: Final = 1_767_225_600
"""2026-01-01: before this program was written it was never."""
LATEST_S: Final = 4_102_444_800
"""2100-01-01."""
_NEAR_S: Final = 5.0
_PATIENCE_S: Final = 8.0
_POLL_S: Final = 0.1


class ClockSetter:
    """For a clock that nobody has set since the start; one that is set is left alone."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        """Leave requests in a folder."""
        self._clock, self._request = clock, folder / REQUEST

    @classmethod
    def of_service(cls, clock: Clock, environ: Mapping[str, str] = os.environ) -> "ClockSetter | None":
        """As systemd runs us; None where it does not, and nobody would see the file."""
        folder = environ.get("RUNTIME_DIRECTORY")
        return cls(clock, Path(folder)) if folder else None

    def set(self, unix_s: float) -> None:
        """Ask for it, and wait until it is so.

        Raises:
            UsageError: the clock is set, or this is no time.
            StoreError: nobody has set it.
        """
        if self._clock.synced():
            raise UsageError("the clock is set already")
        if not EARLIEST_S <= unix_s < LATEST_S:
            raise UsageError("this is no time of day between 2026 and 2100")
        begun = self._clock.monotonic()
        try:
            replace_file(self._request, f"{unix_s:.0f}\n".encode("ascii"), mode=0o640)
        except OSError as error:
            raise StoreError(f"{self._request}: cannot be written: {error.strerror}") from error
        while (took := self._clock.monotonic() - begun) < _PATIENCE_S:
            if abs(self._clock.wall() - unix_s - took) < _NEAR_S and self._clock.synced():
                return
            self._clock.wait(_POLL_S)
        self._request.unlink(missing_ok=True)
        raise StoreError("nobody has set it: systemctl status shopwarden-clock.path says why")
