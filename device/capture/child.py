"""The camera's own process: opens the source and puts its pictures into shared memory. Decides nothing about them.

Started as ``python -m device.capture.child CAMERA REQUEST STATUS ORDERS PACKETS MEMORY``: all but the first are
descriptors. What is asked for lies in a file of memory and not among the arguments, which everybody on the machine can
read.
It imports neither OpenCV nor anything else that only its parent needs: one runs for every camera.
"""

import os
import signal
import sys
from types import TracebackType
from typing import TYPE_CHECKING

from device.capture.cover import Cover
from device.capture.delivery import Delivery
from device.capture.link import Link
from device.capture.messages import End, Failure, Hello, Note
from device.capture.packet_pipe import PacketPost
from device.capture.recording import make_recording
from device.capture.request import CameraRequest, decode_request
from device.capture.ring import make_ring
from device.capture.sources import make_source
from device.clock import SystemClock
from device.errors import CameraError, EndOfStream

if TYPE_CHECKING:
    from device.ports import Source


def run(request: CameraRequest, link: Link, post: PacketPost, memory: int) -> None:
    """The life of a camera's process."""
    link.listen(request.slots, request.set_number(request.extra_in_force))
    source: Source | None = None
    clock = SystemClock()
    try:
        source = make_source(request, clock)
        width, height = source.open()
        recording = make_recording(source, request, (width, height), post, lambda text: link.say(Note(text)))
        ring, cover = make_ring(memory, width, height, request.slots), Cover(request, width, height)
        link.say(Hello(width, height))
        Delivery(source, request, ring=ring, cover=cover, link=link, recording=recording, clock=clock).run()
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
    asked, status, orders, packets, memory = (int(number) for number in arguments[1:])
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
    run(request, link, PacketPost(packets), memory)


if __name__ == "__main__":
    main(sys.argv[1:])
