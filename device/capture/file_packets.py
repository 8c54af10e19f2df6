"""Packets of a file beside its pictures, on the pictures' clock. Reads no file."""

from collections import deque

from av.bitstream import BitStreamFilterContext
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from device.capture.tray import Tray
from device.core.packet import EncodedPacket, StreamInfo

_MOST = 512
"""Packets that a decoder may have taken in before it gives a picture; far more than any does."""


class FilePackets:
    """Waits for a picture to know the time of the packets around it."""

    def __init__(self, stream: VideoStream) -> None:
        codec = stream.codec_context
        self.info = StreamInfo(codec.name, codec.width, codec.height)
        # Containers keep H.264 with lengths; this leaves alone what has start codes already.
        self._filter = BitStreamFilterContext("h264_mp4toannexb", stream)
        # Older releases of PyAV lose it on the way through the filter.
        self._base_s = float(stream.time_base or 0)
        self._undated: deque[Packet[VideoStream]] = deque(maxlen=_MOST)
        self._tray = Tray()

    def note(self, packet: "Packet[VideoStream]") -> None:
        """A packet has been read."""
        if packet.size:
            self._undated.extend(self._filter.filter(packet))

    def take(self, picture: VideoFrame, t: float) -> list[EncodedPacket]:
        """All since the last call; ``t`` is the time of this picture, the last one."""
        shift_s = t - (picture.time or 0.0)
        while self._undated:
            packet = self._undated.popleft()
            shown = packet.pts if packet.pts is not None else packet.dts
            decoded = packet.dts if packet.dts is not None else shown
            ahead_s = max(0.0, ((shown or 0) - (decoded or 0)) * self._base_s)
            self._tray.add(
                bytes(packet), (shown or 0) * self._base_s + shift_s, ahead_s=ahead_s, keyframe=packet.is_keyframe
            )
        return self._tray.take()
