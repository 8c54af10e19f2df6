"""The camera's own process: opens the source and puts its pictures into shared memory. Decides nothing about them.

Started as ``python -m device.capture.child SOURCE MODE MASKS SLOTS STATUS BACK MEMORY``: masks as JSON, the last three
being descriptors.
It imports neither OpenCV nor anything else that only its parent needs: one runs for every camera.
"""

import json
import os
import queue
import signal
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from device.capture.change import ChangeSense
from device.capture.mask import MaskedSource, Polygon
from device.capture.messages import End, Failure, Hello, Message, Picture, encode
from device.capture.mode import Mode
from device.capture.ring import Ring, make_ring
from device.capture.sources import make_source
from device.clock import SystemClock
from device.errors import CameraError, EndOfStream

if TYPE_CHECKING:
    from device.ports import Source


class Link:
    """Both pipes to the parent: messages to it, slots back from it."""

    def __init__(self, status: int, back: int) -> None:
        self._status = status
        self._back = back
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()

    def listen(self, slots: int) -> None:
        """All slots are free; take back those that will be used."""
        for slot in range(slots):
            self._free.put(slot)
        threading.Thread(target=self._collect, name="slots", daemon=True).start()

    def say(self, message: Message) -> None:
        """Tell the parent; if it has gone, so does this process."""
        try:
            os.write(self._status, encode(message))
        except BrokenPipeError:
            _leave()

    def free_slot(self, wait: bool) -> int | None:
        """A slot that nobody looks at; None if there is none and waiting is not wanted."""
        try:
            return self._free.get(block=wait)
        except queue.Empty:
            return None

    def _collect(self) -> None:
        # A thread, because the main one may hang in a driver or wait for a picture that never comes, and this process
        # must leave all the same when its parent dies.
        while returned := os.read(self._back, 64):
            for slot in returned:
                self._free.put(slot)
        _leave()


def deliver(source: "Source", ring: Ring, link: Link, mode: Mode) -> NoReturn:
    """Hand over picture after picture.

    Raises:
        EndOfStream: the recording is over.
        CameraError: the source failed.
    """
    sense = ChangeSense()
    while True:
        stamp = source.grab()
        slot = link.free_slot(wait=mode is Mode.REPLAY)
        if slot is None:
            continue  # every slot is in use: this picture is dropped, the gap in seq tells
        source.copy_to(ring[slot])
        link.say(Picture(slot, stamp, sense.differs(ring[slot]), source.faults()))


def run(line: str, mode: Mode, masks: list[Polygon], slots: int, link: Link, memory: int) -> None:
    """The life of a camera's process."""
    link.listen(slots)
    source: Source | None = None
    try:
        source = MaskedSource(make_source(line, mode, SystemClock()), masks)
        width, height = source.open()
        ring = make_ring(memory, width, height, slots)
        link.say(Hello(width, height))
        deliver(source, ring, link, mode)
    except EndOfStream as end:
        link.say(End(str(end), source.faults() if source else 0))
    except CameraError as fault:
        link.say(Failure(str(fault)))
    finally:
        if source is not None:
            source.close()


def main(arguments: list[str]) -> None:
    """Entry of the process."""
    # Ctrl-C reaches the whole process group; when to leave is the parent's decision, told by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line, mode, masks = arguments[0], Mode(arguments[1]), json.loads(arguments[2])
    slots, status, back, memory = (int(number) for number in arguments[3:])
    link = Link(status, back)

    def report(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        """A bug in a source, told in one line like any other failure."""
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else ""  # noqa: PTH119 - pathlib may be what failed
        link.say(Failure(f"{line}: {kind.__name__}: {fault}{place}; this is a bug, report it"))

    sys.excepthook = report
    run(line, mode, masks, slots, link, memory)


def _leave() -> NoReturn:
    """End at once: the parent has gone, nobody is left to be told, and a driver may hang."""
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
