"""Packets on their way from a camera's process to the daemon, as bytes of a pipe. Knows no ring and no encoder."""

import contextlib
import fcntl
import os
import queue
import struct
import threading
from dataclasses import dataclass

from device.core.packet import EncodedPacket, StreamInfo
from device.errors import CameraError

PIPE_BYTES = 1 << 20
"""The most that Linux allows without a privilege: a second of video, so that a busy daemon is not felt."""
_WAITING = 256  # packets in front of the pipe: some 16 s; then the daemon hangs, and its watchdog is at work
_MAX_BYTES = 16 << 20  # no packet is larger; a length beyond it is nonsense
# kind, keyframe, -, generation of masks, bytes after this header, pts, dts (of an info: width, height), t
_HEADER = struct.Struct("<B?xxIIqqd")


@dataclass(frozen=True, slots=True)
class Masked:
    """A packet, and the generation of masks that its picture was made with."""

    packet: EncodedPacket
    masks: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Packets are missing here."""

    dropped: int
    """How many."""


PipeItem = StreamInfo | Masked | Gap


def encode_item(item: PipeItem) -> bytes:
    """An item as bytes."""
    match item:
        case StreamInfo(codec, width, height, extradata):
            rest = codec.encode("ascii") + b"\0" + extradata
            return _HEADER.pack(0, False, 0, len(rest), width, height, 0.0) + rest
        case Masked(packet, masks):
            header = _HEADER.pack(1, packet.keyframe, masks, len(packet.data), packet.pts, packet.dts, packet.t)
            return header + packet.data
        case Gap(dropped):
            return _HEADER.pack(2, False, 0, 0, dropped, 0, 0.0)


def read_item(pipe: int) -> PipeItem | None:
    """The next item of a pipe; None once the other side has gone, also in the middle of one.

    Raises:
        CameraError: what came is no packet.
    """
    header = _read_all(pipe, _HEADER.size)
    if header is None:
        return None
    kind, keyframe, masks, size, first, second, t = _HEADER.unpack(header)
    if kind > 2 or size > _MAX_BYTES:
        raise CameraError("its process speaks another language; install Shopwarden again")
    rest = _read_all(pipe, size)
    if rest is None:
        return None
    match kind:
        case 0:
            codec, _, extradata = rest.partition(b"\0")
            return StreamInfo(codec.decode("ascii", "replace"), first, second, extradata)
        case 1:
            return Masked(EncodedPacket(rest, t, first, second, keyframe), masks)
        case _:
            return Gap(first)


class PacketPost:
    """Sends packets by a thread of its own: a full pipe never holds up a picture, it costs packets up to a keyframe."""

    def __init__(self, pipe: int) -> None:
        """Get ready; the pipe is closed by nobody but the end of this process."""
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._pipe = pipe
        self._waiting: queue.Queue[PipeItem] = queue.Queue(_WAITING)
        self._needs_key = True
        self._dropped = 0  # since the last gap that was told

    def begin(self, info: StreamInfo) -> None:
        """Say how to decode what follows; once, and before it."""
        self._waiting.put(info)
        threading.Thread(target=self._send, name="packets", daemon=True).start()

    def put(self, packet: EncodedPacket, masks: int) -> None:
        """Send a packet, or drop it and what depends on it."""
        if self._needs_key and not packet.keyframe:
            self._dropped += 1
            return
        try:
            if self._needs_key:
                self._waiting.put_nowait(Gap(self._dropped))
                self._dropped = 0
            self._waiting.put_nowait(Masked(packet, masks))
            self._needs_key = False
        except queue.Full:
            self.interrupt()
            self._dropped += 1

    def interrupt(self) -> None:
        """Go on at the next keyframe."""
        self._needs_key = True

    def _send(self) -> None:
        # Nobody listens any more: the thread of the orders sees that, too, and ends this process.
        with contextlib.suppress(BrokenPipeError):
            while True:
                data = memoryview(encode_item(self._waiting.get()))
                while data:
                    data = data[os.write(self._pipe, data) :]


def _read_all(pipe: int, size: int) -> bytes | None:
    """So many bytes; None where the pipe ends before."""
    parts = bytearray()
    while len(parts) < size:
        part = os.read(pipe, size - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)
