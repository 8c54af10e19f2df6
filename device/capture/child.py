"""The camera's own process: opens the source and puts its pictures into shared memory. Decides nothing about them.

Started as ``python -m device.capture.child CAMERA REQUEST STATUS ORDERS MEMORY``: the last four are descriptors. What
is asked for lies in a file of memory and not among the arguments, which everybody on the machine can read.
It imports neither OpenCV nor anything else that only its parent needs: one runs for every camera.
"""

import os
import signal
import sys
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn

from device.capture.abilities import HasRate
from device.capture.change import ChangeSense
from device.capture.cover import Cover
from device.capture.link import Link
from device.capture.messages import End, Failure, Hello, Picture
from device.capture.mode import Mode
from device.capture.request import CameraRequest, decode_request
from device.capture.ring import Ring, make_ring
from device.capture.sources import make_source
from device.capture.thinning import Thinning
from device.clock import SystemClock
from device.errors import CameraError, EndOfStream

if TYPE_CHECKING:
    from device.core.stamp import Stamp
    from device.ports import Source


class Delivery:
    """Hands picture after picture to the parent, masked."""

    def __init__(self, source: "Source", request: CameraRequest, ring: Ring, cover: Cover, link: Link) -> None:
        self._source, self._request, self._ring, self._cover, self._link = source, request, ring, cover, link
        self._sense = ChangeSense()
        self._thinning = Thinning()
        self._fps = request.picture.fps
        self._left_out = 0

    def run(self) -> NoReturn:
        """Go on for ever.

        Raises:
            EndOfStream: the recording is over.
            CameraError: the source failed.
        """
        while True:
            self._follow_rate()
            stamp = self._source.grab()
            if self._thinning.takes(stamp.t, self._fps):
                self._hand_over(stamp)
            else:
                self._left_out += 1

    def _hand_over(self, stamp: "Stamp") -> None:
        slot = self._link.free_slot(wait=self._request.mode is Mode.REPLAY)
        if slot is None:
            return  # every slot is in use: this picture is dropped, the gap in seq tells
        picture = self._ring[slot]
        masks = self._link.masks  # asked before the copy: an order that comes during it makes this picture void
        self._source.copy_to(picture)
        changed = self._sense.differs(picture)  # before the masks: where they cover all, the camera still lives
        self._cover.blacken(picture, masks.number)
        # What was left out on purpose is no gap.
        told = replace(stamp, seq=stamp.seq - self._left_out)
        self._link.say(Picture(slot, told, changed, self._source.faults(), masks.generation))

    def _follow_rate(self) -> None:
        wanted = self._link.fps or self._request.picture.fps
        if wanted != self._fps:
            self._fps = wanted
            if isinstance(self._source, HasRate):
                self._source.set_rate(self._fps)


def run(request: CameraRequest, link: Link, memory: int) -> None:
    """The life of a camera's process."""
    link.listen(request.slots, request.set_number(request.extra_in_force))
    source: Source | None = None
    try:
        source = make_source(request, SystemClock())
        width, height = source.open()
        ring = make_ring(memory, width, height, request.slots)
        link.say(Hello(width, height))
        Delivery(source, request, ring, Cover(request, width, height), link).run()
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
    asked, status, orders, memory = (int(number) for number in arguments[1:])
    link = Link(status, orders)

    def report(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        """A bug in a source, told in one line like any other failure."""
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else ""  # noqa: PTH119 - pathlib may be what failed
        link.say(Failure(f"{kind.__name__}: {fault}{place}; this is a bug, report it"))

    sys.excepthook = report
    with os.fdopen(asked, encoding="utf-8") as text:
        request = decode_request(text.read())
    run(request, link, memory)


if __name__ == "__main__":
    main(sys.argv[1:])
