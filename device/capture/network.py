"""Pictures, and packets for the recorder, of a camera in the network. Does not record and does not connect again."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import av.error
import av.video.frame
import numpy as np
from numpy.typing import NDArray

from device.capture.connection import Connection, Packet, StreamAddress
from device.capture.mode import Mode
from device.capture.network_packets import MainStream, advanced, keep
from device.capture.picture import Converter
from device.capture.request import CameraRequest
from device.capture.stream_time import LATE_S, StreamTime
from device.capture.tray import Tray
from device.core.address import shown
from device.core.packet import COPIED_CODECS, EncodedPacket, StreamInfo
from device.core.stamp import Stamp
from device.errors import CameraError

if TYPE_CHECKING:
    from device.ports import Clock  # at run time it would bring OpenCV into the camera's process

_CAUGHT_UP_S = 0.4  # a keyframe that is no later than this begins the present again
_AT_ONCE_S = 0.004  # a packet that needs no longer has been lying there; half of a picture's time at 120 a second


class NetworkSource:
    """RTSP, and whatever else FFmpeg reads from an address; with a small stream for the pictures where there is one."""

    def __init__(
        self, request: CameraRequest, main: StreamAddress, small: StreamAddress | None, clock: "Clock"
    ) -> None:
        self._address, self._small, self._clock = main, small, clock
        self._live = request.mode is Mode.LIVE
        self._wish = request.picture
        self._tray = Tray() if request.copies_packets else None
        self._pictures: Connection | None = None
        self._main: MainStream | None = None
        self._converter = Converter(request.picture.rotation)
        self._decoded: Iterator[av.video.frame.VideoFrame] = iter(())
        self._picture: av.video.frame.VideoFrame | None = None
        self._is_fresh = False  # the first picture is decoded by open() and waits for the first grab()
        self._size = (0, 0)
        self._time = StreamTime()
        self._arrived_s = 0.0
        self._in_turn_at_once = 0
        self._last_t: float | None = None
        self._first_t = 0.0
        self._seq = 0
        self._faults = 0

    def open(self) -> tuple[int, int]:
        """Connect and decode the first picture; its size, or the one wished for.

        Raises:
            CameraError: nobody answers, or no picture comes.
        """
        self._pictures = Connection(self._small or self._address)
        if self._small is not None and self._tray is not None:
            self._main = self._open_main(self._tray)
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
            raise CameraError(f"{shown(self._address.url)}: is closed")
        self._check_size(self._picture)
        t = self._stamped(self._picture)
        stamp = Stamp(self._seq, t, self._wall(t)) if self._live else Stamp(self._seq, t - self._first_t, None)
        self._seq += 1
        return stamp

    def copy_to(self, i420: NDArray[np.uint8]) -> None:
        """Write the grabbed picture."""
        if self._picture is None:
            raise CameraError(f"{shown(self._address.url)}: no picture has been grabbed")
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

    def _open_main(self, tray: Tray) -> MainStream | None:
        """The main stream; None where its packets cannot go to the recorder, for then nobody would take them."""
        connection = Connection(self._address)
        if connection.info.codec in COPIED_CODECS:
            return MainStream(connection, tray, self._clock)
        connection.close()
        self._tray = None
        return None

    def _decode(self, connection: Connection) -> Iterator[av.video.frame.VideoFrame]:
        """Every picture that can be decoded and is not too old to matter."""
        skipping = False
        for packet in self._arriving(connection):
            self._time = advanced(self._time, packet, connection, self._arrived_s)
            if self._main is None and self._tray is not None:
                keep(packet, self._time, connection, self._tray)
            skipping = self._live and (
                self._is_behind(packet, skipping) if connection.tells_time else self._in_turn_at_once > 1
            )
            if skipping:
                self._seq += 1  # the gap tells that it was there
                continue
            try:
                yield from self._whole(connection.video.decode(packet))
            except av.error.FFmpegError:
                self._faults += 1

    def _arriving(self, connection: Connection) -> Iterator[Packet]:
        """Each packet, and how many without a pause have been there already when they were asked for.

        It is how a camera without stamps tells that decoding is too slow: whoever is in time waits for pictures.
        """
        asked_s = self._clock.monotonic()
        for packet in connection.packets():
            self._arrived_s = self._clock.monotonic()
            self._in_turn_at_once = self._in_turn_at_once + 1 if self._arrived_s - asked_s < _AT_ONCE_S else 0
            yield packet
            asked_s = self._clock.monotonic()

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
            raise CameraError(
                f"{shown(self._address.url)}: the picture changed from {before} to {now} px; opened again"
            )

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
