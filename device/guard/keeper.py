"""Brings how the guard stands to disk, on a thread of its own. Knows no panel."""

import threading
from typing import Protocol

from device.core.arming.standing import Saved
from device.errors import StoreError, TransientSinkError
from device.worker import Loop, LoopStats


class PanelStore(Protocol):
    """What the keeper needs of the store."""

    def load_panel(self) -> tuple[Saved, int] | None:
        """How the guard stood, with the number of that change; None where nothing was ever saved."""

    def save_panel(self, saved: Saved, number: int) -> None:
        """Put it on disk."""


class Keeper(Loop):
    """Holds the newest change until it is on disk; a disk that fails is tried again, and holds up nobody else."""

    def __init__(self, store: PanelStore, number: int) -> None:
        """Go on behind the change of that number."""
        super().__init__("panel")
        self._store = store
        # Guards what follows: whoever changes the panel, and the thread that saves.
        self._changed = threading.Condition()
        self._newest: tuple[Saved, int] | None = None
        self._number = self._on_disk = number

    def keep(self, saved: Saved) -> int:
        """Take a change; its number, to wait for."""
        with self._changed:
            self._number += 1
            self._newest = (saved, self._number)
            self._changed.notify_all()
            return self._number

    def wait_for(self, number: int, timeout_s: float) -> bool:
        """Whether a change is on disk, given so much time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._on_disk >= number, timeout_s)

    def stats(self) -> LoopStats:
        """Figures so far."""
        with self._changed:
            queued = int(self._newest is not None)
        return LoopStats(self.name, self._progress, queued, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def _more(self) -> bool:
        # What was changed last is to be on disk, also where the stop comes right behind it.
        return super()._more() or (self._newest is not None and not self._out_of_time)

    def _step(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._stop.is_set())
            if self._newest is None:
                return False
            saved, number = self._newest
        try:
            self._store.save_panel(saved, number)
        except StoreError as error:
            raise TransientSinkError(str(error)) from error
        with self._changed:
            self._on_disk = number
            if self._newest is not None and self._newest[1] == number:
                self._newest = None
            self._changed.notify_all()
        return True

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _close(self) -> None:
        """Nothing to let go of: the store belongs to the caller."""
