"""A loop that looks at the store's things every few seconds. What it looks at is its heirs' own."""

import threading

from device.errors import StoreError, TransientSinkError
from device.worker import Loop, LoopStats


class Rounds(Loop):
    """Looks, waits, looks again, in a thread of its own; what the store cannot do now is tried again."""

    def __init__(self, name: str, *, every_s: float) -> None:
        """Not yet started; ``every_s`` seconds lie between two looks."""
        super().__init__(name)
        self._every_s = every_s
        self._woken = threading.Event()

    def stats(self) -> LoopStats:
        """Figures so far."""
        return LoopStats(self.name, self._progress, 0, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def look(self) -> object:
        """Do once what it is there for.

        Raises:
            StoreError: it cannot be done now.
        """
        raise NotImplementedError

    def _step(self) -> bool:
        try:
            self.look()
        except StoreError as error:
            raise TransientSinkError(str(error)) from error
        self._woken.wait(self._every_s)
        self._woken.clear()
        return True

    def _wake(self) -> None:
        self._woken.set()
