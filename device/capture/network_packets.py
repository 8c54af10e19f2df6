"""Packets of a camera in the network on their way to the tray; those of a main stream in a thread. Decodes nothing."""

import threading
from typing import TYPE_CHECKING

from device.capture.connection import Connection, Packet
from device.capture.stream_time import StreamTime, advance
from device.capture.tray import Tray
from device.core.annexb import with_parameter_sets
from device.errors import CameraError

if TYPE_CHECKING:
    from device.ports import Clock  # at run time it would bring OpenCV into the camera's process


class MainStream:
    """The large stream beside a small one: read by a thread of its own, never decoded."""

    def __init__(self, connection: Connection, tray: Tray, clock: "Clock") -> None:
        self.connection = connection
        self._tray, self._clock = tray, clock
        self._fault: CameraError | None = None
        self._closing = threading.Event()
        threading.Thread(target=self._read, name="main-stream", daemon=True).start()

    def check(self) -> None:
        """Pass on why it failed.

        Raises:
            CameraError: it did.
        """
        if self._fault is not None:
            raise CameraError(str(self._fault))

    def close(self) -> None:
        """Let the thread hang up itself: a connection must not be closed while another thread reads from it."""
        self._closing.set()

    def _read(self) -> None:
        time = StreamTime()
        try:
            for packet in self.connection.packets():
                time = advanced(time, packet, self.connection, self._clock.monotonic())
                keep(packet, time, self.connection, self._tray)
                if self._closing.is_set():
                    break
        except CameraError as fault:
            self._fault = fault
        finally:
            self.connection.close()


def advanced(time: StreamTime, packet: Packet, connection: Connection, arrived_s: float) -> StreamTime:
    """The time of a stream after a packet that came at this monotonic time."""
    media_s = connection.media_s(packet)
    return advance(time, media_s, arrived_s, connection.step_s, in_order=packet.dts is not None)


def keep(packet: Packet, time: StreamTime, connection: Connection, tray: Tray) -> None:
    """Lay a packet that came at this time on the tray."""
    data = bytes(packet)
    if packet.is_keyframe:
        data = with_parameter_sets(data, connection.parameter_sets)
    ahead_s = 0.0
    if packet.pts is not None and packet.dts is not None and packet.time_base is not None:
        ahead_s = max(0.0, float((packet.pts - packet.dts) * packet.time_base))
    tray.add(data, (time.t or 0.0) + ahead_s, ahead_s=ahead_s, keyframe=packet.is_keyframe)
