"""Packets on their way from a source to whoever records. Knows no connection, no file and no ring."""

import threading
from collections import deque

from device.core.packet import TICKS_PER_S, EncodedPacket

_MAX_BYTES = 8 << 20
"""Ten seconds of a main stream of 6 Mbit/s; nobody has asked for so long only when the pictures' way is blocked."""


class Tray:
    """Holds packets until they are taken; bounded, and cut at keyframes where it ran over. Thread-safe."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()  # guards everything below: a reader's thread adds, the pictures' thread takes
        self._packets: deque[EncodedPacket] = deque()
        self._bytes = 0
        self._last_dts: int | None = None
        self._needs_key = True

    def add(self, data: bytes, t: float, *, ahead_s: float, keyframe: bool) -> None:
        """Take in a packet.

        Args:
            data: the packet.
            t: time of its picture.
            ahead_s: how much earlier than shown it must be decoded.
            keyframe: whether a decoder can begin here.
        """
        with self._lock:
            if self._needs_key and not keyframe:
                return
            self._needs_key = False
            pts = round(t * TICKS_PER_S)
            dts = pts - round(ahead_s * TICKS_PER_S)
            if self._last_dts is not None:
                dts = max(dts, self._last_dts + 1)
            self._last_dts = dts
            self._packets.append(EncodedPacket(data, t, max(pts, dts), dts, keyframe))
            self._bytes += len(data)
            if self._bytes > self._max_bytes:
                self._packets.clear()
                self._bytes, self._needs_key = 0, True

    def take(self) -> list[EncodedPacket]:
        """Everything that lies there."""
        with self._lock:
            taken = list(self._packets)
            self._packets.clear()
            self._bytes = 0
        return taken
