"""The child's end of the pipes to its parent: messages to it, orders from it. Knows no source and no picture."""

import os
import queue
import threading
from typing import NoReturn

from device.capture.messages import Message, encode
from device.capture.orders import Free, SetRate, UseMasks, read_orders


class Link:
    """Both pipes to the parent: messages to it, slots and orders back from it."""

    def __init__(self, status: int, orders: int) -> None:
        self._status = status
        self._orders = orders
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        # Written by the thread alone, read by the other: each is replaced as a whole.
        self._masks = UseMasks(0, 0)
        self._fps: float | None = None

    @property
    def masks(self) -> UseMasks:
        """The last word on masks."""
        return self._masks

    @property
    def fps(self) -> float | None:
        """The last word on the frame rate; None = as the source has it."""
        return self._fps

    def listen(self, slots: int, masks: int) -> None:
        """All slots are free and this set of masks is in force; from now on take in what the parent says."""
        self._masks = UseMasks(masks, 0)
        for slot in range(slots):
            self._free.put(slot)
        threading.Thread(target=self._collect, name="orders", daemon=True).start()

    def say(self, message: Message) -> None:
        """Tell the parent; if it has gone, so does this process."""
        try:
            os.write(self._status, encode(message))
        except BrokenPipeError:
            leave()

    def free_slot(self, wait: bool) -> int | None:
        """A slot that nobody looks at; None if there is none and waiting is not wanted."""
        try:
            return self._free.get(block=wait)
        except queue.Empty:
            return None

    def _collect(self) -> None:
        # A thread, because the main one may hang in a driver or wait for a picture that never comes, and this process
        # must leave all the same when its parent dies.
        while orders := read_orders(self._orders):
            for order in orders:
                match order:
                    case Free(slot):
                        self._free.put(slot)
                    case UseMasks():
                        self._masks = order
                    case SetRate(fps):
                        self._fps = fps or None
        leave()


def leave() -> NoReturn:
    """End at once: the parent has gone, nobody is left to be told, and a driver may hang."""
    os._exit(0)
