"""Pictures, and packets for the recorder, of a camera in the network. Does not record and does not connect again."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import av.error
import av.video.frame
import numpy as np
from numpy.typing import NDArray

from device.capture.connection import Connection, Packet
from device.capture.mode import Mode
from device.capture.picture import Converter
from device.capture.request import CameraRequest
from device.capture.stream_time import LATE_S, StreamTime, advance
from device.capture.tray import Tray
from device.core.address import shown
from device.core.annexb import with_parameter_sets
from device.core.packet import COPIED_CODECS, EncodedPacket, StreamInfo
from device.core.stamp import Stamp
from device.errors import CameraError

if TYPE_CHECKING:
    from device.ports import Clock  # at run time it would bring OpenCV into the camera's process

_CAUGHT_UP_S = 0.4  # a keyframe that is no later than this begins the present again


class NetworkSource:
    """RTSP, and whatever else FFmpeg reads from an address; with a small stream for the pictures where there is one."""

    def __init__(self, request: CameraRequest, address: str, transport: str, clock: "Clock") -> None:
        self._address, self._transport, self._clock = address, transport, clock
        self._small = request.source_small
        self._live = request.mode is Mode.LIVE
        self._wish = request.picture
        self._tray = Tray() if request.copies_packets else None
        self._pictures: Connection | None = None
        self._main: _MainStream | None = None
        self._converter = Converter(request.picture.rotation)
        self._decoded: Iterator[av.video.frame.VideoFrame] = iter(())
        self._picture: av.video.frame.VideoFrame | None = None
        self._is_fresh = False  # the first picture is decoded by open() and waits for the first grab()
        self._size = (0, 0)
        self._time = StreamTime()
        self._last_t: float | None = None
        self._first_t = 0.0
        self._seq = 0
        self._faults = 0

    def open(self) -> tuple[int, int]:
        """Connect and decode the first picture; its size, or the one wished for.

        Raises:
            CameraError: nobody answers, or no picture comes.
        """
        self._pictures = Connection(self._small or self._address, self._transport)
        if self._small is not None and self._tray is not None:
            self._main = _MainStream(Connection(self._address, self._transport), self._tray, self._clock)
        if self.stream() is None:
            self._tray = None  # nobody will take packets
        self._decoded = self._decode(self._pictures)
        self._picture = next(self._decoded)
        self._is_fresh = True
        self._size = (self._picture.width, self._picture.height)
        return self._converter.size(self._picture, self._wish.width, self._wish.height)

    def grab(self) -> Stamp:
        """Wait for the next picture and decode it.

        Raises:
            CameraError: the camera has gone, is silent, or has changed the size of its pictures.
        """
        if self._main is not None:
            self._main.check()
        if not self._is_fresh:
            self._picture = next(self._decoded, None)
        self._is_fresh = False
        if self._picture is None:
            raise CameraError(f"{shown(self._address)}: is closed")
        self._check_size(self._picture)
        t = self._stamped(self._picture)
        stamp = Stamp(self._seq, t, self._wall(t)) if self._live else Stamp(self._seq, t - self._first_t, None)
        self._seq += 1
        return stamp

    def copy_to(self, i420: NDArray[np.uint8]) -> None:
        """Write the grabbed picture."""
        if self._picture is None:
            raise CameraError(f"{shown(self._address)}: no picture has been grabbed")
        self._converter.write(self._picture, i420)

    def stream(self) -> StreamInfo | None:
        """How to decode the packets; None where they are of a kind that is not recorded as it is."""
        main = self._main.connection if self._main is not None else self._pictures
        if main is None or self._tray is None or main.info.codec not in COPIED_CODECS:
            return None
        return main.info

    def packets(self) -> list[EncodedPacket]:
        """Packets since the last call."""
        return [] if self._tray is None else self._tray.take()

    def faults(self) -> int:
        """Pictures that came damaged."""
        return self._faults

    def close(self) -> None:
        """Hang up."""
        self._decoded, self._picture = iter(()), None
        for connection in (self._main, self._pictures):
            if connection is not None:
                connection.close()

    def _decode(self, connection: Connection) -> Iterator[av.video.frame.VideoFrame]:
        """Every picture that can be decoded and is not too old to matter."""
        skipping = False
        for packet in connection.packets():
            self._time = advance(self._time, _decode_time(packet), self._clock.monotonic(), connection.step_s)
            if self._main is None and self._tray is not None:
                keep(packet, self._time, connection, self._tray)
            skipping = self._live and self._is_behind(packet, skipping)
            if skipping:
                self._seq += 1  # the gap tells that it was there
                continue
            try:
                yield from self._whole(connection.video.decode(packet))
            except av.error.FFmpegError:
                self._faults += 1

    def _whole(self, pictures: list[av.video.frame.VideoFrame]) -> Iterator[av.video.frame.VideoFrame]:
        """Those that lost nothing on the way: a smeared picture would be taken for motion."""
        for picture in pictures:
            if picture.is_corrupt:
                self._faults += 1
            else:
                yield picture

    def _is_behind(self, packet: Packet, skipping: bool) -> bool:
        """Whether to pass over this packet: decoding was too slow, and the delay must not grow."""
        if skipping:
            return not (packet.is_keyframe and self._time.lag_s < _CAUGHT_UP_S)
        return self._time.lag_s > LATE_S

    def _check_size(self, picture: av.video.frame.VideoFrame) -> None:
        if (picture.width, picture.height) != self._size:
            before = "{} x {}".format(*self._size)
            now = f"{picture.width} x {picture.height}"
            raise CameraError(f"{shown(self._address)}: the picture changed from {before} to {now} px; opened again")

    def _stamped(self, picture: av.video.frame.VideoFrame) -> float:
        """Time of a picture: that of its own stamp, where it has one and the decoder holds others back."""
        t = self._time.t or 0.0
        if picture.time is not None and self._time.offset_s is not None:
            t = min(t, picture.time + self._time.offset_s)
        if self._last_t is None:
            self._first_t = t
        else:
            t = max(t, self._last_t + 0.0005)
        self._last_t = t
        return t

    def _wall(self, t: float) -> float | None:
        return self._clock.wall() - (self._clock.monotonic() - t) if self._clock.synced() else None


class _MainStream:
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
                time = advance(time, _decode_time(packet), self._clock.monotonic(), self.connection.step_s)
                keep(packet, time, self.connection, self._tray)
                if self._closing.is_set():
                    break
        except CameraError as fault:
            self._fault = fault
        finally:
            self.connection.close()


def keep(packet: Packet, time: StreamTime, connection: Connection, tray: Tray) -> None:
    """Lay a packet that came at this time on the tray."""
    data = bytes(packet)
    if packet.is_keyframe:
        data = with_parameter_sets(data, connection.parameter_sets)
    ahead_s = 0.0
    if packet.pts is not None and packet.dts is not None and packet.time_base is not None:
        ahead_s = max(0.0, float((packet.pts - packet.dts) * packet.time_base))
    tray.add(data, (time.t or 0.0) + ahead_s, ahead_s=ahead_s, keyframe=packet.is_keyframe)


def _decode_time(packet: Packet) -> float | None:
    stamp = packet.pts if packet.dts is None else packet.dts
    return None if stamp is None or packet.time_base is None else float(stamp * packet.time_base)
