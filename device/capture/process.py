"""A camera in a process of its own: starts it, listens to it, ends it. Does not know what a source is."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from device.capture.inbox import Inbox
from device.capture.messages import End, Failure, Hello, Message, Note, Picture, read_message
from device.capture.orders import Free, Order, SetRate, UseMasks, encode_order
from device.capture.packet_pipe import read_item
from device.capture.packet_store import PacketFeed, PacketStore
from device.capture.request import CameraRequest, RecordWish, encode_request
from device.capture.ring import Ring, create_memory, join_ring
from device.clock import SystemClock
from device.core.camera_stats import CameraStats
from device.core.frame import Frame
from device.errors import CameraError, EndOfStream
from device.ports import Clock

log = structlog.get_logger(__name__)

_TERM_S = 1.0
_KILL_S = 0.8  # together below the two seconds that the contract of Camera allows


class CameraProcess:
    """Implements ``device.ports.Camera``; the source runs in a child that can hang or die without harm here.

    Pictures are views of memory shared with the child, read-only, good until released; ``slots`` of them exist. In
    live mode a picture that is overtaken before it was handed out is given back at once, in replay the child waits.
    """

    def __init__(
        self,
        camera_id: str,
        request: CameraRequest,
        *,
        clock: Clock | None = None,
        on_news: Callable[[], None] = lambda: None,
        packets: PacketStore | None = None,
    ) -> None:
        """Start the process; masks are blackened before a picture leaves it.

        Args:
            camera_id: name of the camera.
            request: what it is asked for.
            clock: for the times of arrival.
            on_news: called by another thread when there is a picture, or none will come any more.
            packets: where the packets go that the request wishes to have recorded.
        """
        if not 2 <= request.slots <= 255:
            raise ValueError(f"slots must be 2..255, not {request.slots}")
        self.id = camera_id
        # What nobody takes is not made.
        self._request = request if packets is not None else replace(request, record=RecordWish(how="off"))
        self._clock = clock or SystemClock()
        self._slots = request.slots
        self._inbox = Inbox(request.mode, on_news)
        self._ring: Ring | None = None
        # Guards _orders, which the pipeline's thread, the listener and whoever closes use: a closed number may already
        # belong to another file. Also the count of changes of masks, whose orders must go out in order.
        self._orders_lock = threading.Lock()
        self._orders: int | None = None
        self._masks = 0
        self._feed = packets.feed() if packets is not None else None
        self._process, self._status, packet_pipe, self._memory = self._start()
        name = f"camera-{camera_id}"
        self._listener = threading.Thread(target=self._listen, name=name, daemon=True)
        self._listener.start()
        self._receiver: threading.Thread | None = None
        if self._feed is None:
            os.close(packet_pipe)
        else:
            self._receiver = threading.Thread(target=self._receive, args=(packet_pipe, self._feed), daemon=True)
            self._receiver.start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def next(self, timeout_s: float) -> Frame | None:
        """The newest picture not yet handed out, in replay the next one; None on time-out.

        Raises:
            EndOfStream: the recording is over.
            CameraError: the process has died or said why it cannot go on.
        """
        return self._inbox.get(timeout_s)

    def has_picture(self, timeout_s: float) -> bool:
        """Whether a picture is there now or comes in time; it is not taken.

        Raises:
            EndOfStream: the recording was over before any picture.
            CameraError: the process has died or said why it cannot go on.
        """
        return self._inbox.wait(timeout_s)

    def release(self, frame: Frame) -> None:
        """Give the picture's memory back; a second time does nothing."""
        slot = self._inbox.release(frame.seq)
        if slot is not None:
            self._give_back([slot])

    def use_masks(self, name: str) -> None:
        """Blacken by this set of extra masks, beside the steady ones; the empty name = by none.

        Once this has returned, no picture is handed out that was made with the masks before.

        Raises:
            ValueError: the request names no such set.
        """
        number = self._request.set_number(name)
        with self._orders_lock:
            self._masks += 1
            refused = self._inbox.demand(self._masks)
            if self._feed is not None:
                self._feed.demand(self._masks)
            self._order([UseMasks(number, self._masks), *map(Free, refused)])

    def set_rate(self, fps: float | None) -> None:
        """Take so many pictures a second from now on; None = as many as the source has."""
        with self._orders_lock:
            self._order([SetRate(fps or 0.0)])

    def dropped(self) -> int:
        """Pictures that were there and never handed out."""
        return self._inbox.stats().dropped

    def stats(self) -> CameraStats:
        """Counts and times of the last pictures."""
        return self._inbox.stats()

    def close(self) -> None:
        """End the process, by force if need be; within two seconds, twice as well."""
        with self._orders_lock:
            orders, self._orders = self._orders, None
        if orders is None:
            return
        os.close(orders)  # the child leaves by this alone, unless it hangs
        self._inbox.close(CameraError(f"camera {self.id}: is closed"))
        if not _end(self._process):
            with contextlib.suppress(OSError):  # it has gone after all
                self._status.shutdown(socket.SHUT_RDWR)  # the listener leaves, and closes what is ours
        self._listener.join(timeout=0.2)
        if self._receiver is not None:
            self._receiver.join(timeout=0.2)
        self._ring = None  # pictures still in use keep the memory, nothing else does

    def has_ended(self) -> bool:
        """Whether there is no such process any more; inside a driver that hangs, not even the kernel can end it."""
        return self._process.poll() is not None

    def _start(self) -> tuple["subprocess.Popen[bytes]", socket.socket, int, int]:
        """Start the child; it, where it speaks and sends packets, and the memory without a size yet."""
        # Unlike the end of a pipe, that of a socket can be shut while another thread reads it.
        status, speaks = socket.socketpair()
        ours: list[int] = []
        theirs: list[int] = []
        try:
            ours.append(memory := create_memory(f"camera-{self.id}"))
            theirs.append(_written(encode_request(self._request)))
            theirs.append(speaks.detach())
            for ends in (os.pipe()[::-1], os.pipe()):
                ours.append(ends[0])
                theirs.append(ends[1])
            passed = (*theirs, memory)
            process = subprocess.Popen(  # noqa: S603 - our own module; no shell, and no secret among the arguments
                [sys.executable, "-P", "-m", "device.capture.child", self.id, *map(str, passed)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=passed,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as fault:
            status.close()
            for descriptor in ours:
                os.close(descriptor)
            raise CameraError(f"camera {self.id}: its process cannot be started ({fault.strerror})") from fault
        finally:
            speaks.close()
            for descriptor in theirs:
                os.close(descriptor)
        _, self._orders, packets = ours
        return process, status, packets, memory

    def _listen(self) -> None:
        """Thread: take in what the child says, until it has gone or is given up."""
        try:
            while (message := read_message(self._status.fileno())) is not None:
                self._take(message)
        except CameraError as fault:
            self._fail(str(fault))
            self._process.kill()
        finally:
            self._status.close()
            os.close(self._memory)
        self._fail(_how_it_died(self._process))  # counts only if no reason is known yet

    def _receive(self, pipe: int, feed: PacketFeed) -> None:
        """Thread: hand on packets, until the child has gone."""
        try:
            while (item := read_item(pipe)) is not None:
                feed.take(item)
        except CameraError as fault:
            self._fail(str(fault))
            self._process.kill()
        finally:
            os.close(pipe)

    def _take(self, message: Message) -> None:
        match message:
            case Note(text):
                log.info("camera_note", camera=self.id, text=text)
            case Hello(width, height):
                self._ring = join_ring(self._memory, width, height, self._slots)
            case Picture() if self._ring is not None and message.slot < len(self._ring):
                overtaken = self._inbox.put(message, self._ring[message.slot], self._clock.monotonic())
                self._give_back(overtaken)
            case Picture():
                raise CameraError("its process names a picture that is not there")
            case End(text, faults):
                self._inbox.end(EndOfStream(f"camera {self.id}: {text}"), faults)
            case Failure(text):
                self._fail(text)

    def _fail(self, why: str) -> None:
        self._inbox.end(CameraError(f"camera {self.id}: {why}"))

    def _give_back(self, slots: list[int]) -> None:
        with self._orders_lock:
            self._order([Free(slot) for slot in slots])

    def _order(self, orders: list[Order]) -> None:
        """Tell the child; the lock is held."""
        if orders and self._orders is not None:
            with contextlib.suppress(BrokenPipeError):  # the child has died: the listener tells
                os.write(self._orders, b"".join(map(encode_order, orders)))


def _written(text: str) -> int:
    """A file of memory that holds this text, to be read from its beginning."""
    descriptor = os.memfd_create("request", os.MFD_CLOEXEC)
    with open(descriptor, "w", encoding="utf-8", closefd=False) as file:
        file.write(text)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _environment() -> dict[str, str]:
    """The child's environment: this very package, and no pool of threads for arithmetic that it never does."""
    environment = dict(os.environ) | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    root = Path(__file__).resolve().parents[2]
    if root.name not in {"site-packages", "dist-packages"}:  # a checkout, which the child's Python may not know
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), environment.get("PYTHONPATH", "")]))
    return environment


def _end(process: "subprocess.Popen[bytes]") -> bool:
    """Ask, then kill; whether it has gone: a process that even the kernel cannot end is left to it."""
    for ask, patience_s in ((process.terminate, _TERM_S), (process.kill, _KILL_S)):
        with contextlib.suppress(subprocess.TimeoutExpired):
            ask()
            process.wait(patience_s)
            return True
    return False


def _how_it_died(process: "subprocess.Popen[bytes]") -> str:
    try:
        status = process.wait(_TERM_S)
    except subprocess.TimeoutExpired:
        return "its process has stopped talking"
    if status >= 0:
        return f"its process has left with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"its process was ended by {name}"
