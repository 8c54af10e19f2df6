"""One stream of a camera in the network, packet by packet. Decides nothing about its pictures."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import av.container
import av.error
import av.packet
import av.video.stream

from device.core.address import shown
from device.core.packet import StreamInfo
from device.errors import CameraError

if TYPE_CHECKING:
    Packet = av.packet.Packet[av.video.stream.VideoStream]
else:
    Packet = av.packet.Packet  # older releases have no parameter there

_OPEN_S = 6.0
"""A camera that has not answered by then is tried again; below the ten seconds after which it counts as lost."""
_READ_S = 3.0
"""Silent for so long: the way or the camera is gone. FFmpeg hands out half a packet at the first time-out and fails at
the second, so that it is told after twice the time: still below those ten seconds."""
_USUAL_RATE_HZ = 15.0
_NO_TIMESTAMPS = 0x80  # FFmpeg's AVFMT_NOTIMESTAMPS: picture after picture, to which it makes up 25 a second
_OPTIONS = {
    "analyzeduration": "1000000",  # us; pictures may not wait for FFmpeg to be sure of the frame rate
    "fflags": "nobuffer",
    "protocol_whitelist": "rtsp,rtsps,rtp,udp,tcp,tls,crypto,http,https,httpproxy",
}


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where a stream is, and how it comes."""

    url: str
    transport: str = "tcp"
    """Of RTSP."""


class Connection:
    """A stream that is open; its errors name the camera and never its password."""

    def __init__(self, address: StreamAddress) -> None:
        """Connect.

        Raises:
            CameraError: nobody answers, the door is shut, or there is no picture.
        """
        self._name = shown(address.url)
        self._container: av.container.InputContainer | None = None
        options = _OPTIONS | ({"rtsp_transport": address.transport} if address.url.startswith("rtsp") else {})
        with self._errors():
            self._container = av.open(address.url, options=options, timeout=(_OPEN_S, _READ_S))
        if not self._container.streams.video:
            self.close()
            raise CameraError(f"{self._name}: there is no picture in this stream; check the path")
        self.video: av.video.stream.VideoStream = self._container.streams.video[0]
        # One thread: frame threads cost memory and delay, and the detector has the other cores.
        self.video.codec_context.thread_count = 1
        self.tells_time = not self._container.format.flags & _NO_TIMESTAMPS
        """Whether its stamps are the camera's."""
        rate_hz = float(self.video.average_rate or self.video.guessed_rate or _USUAL_RATE_HZ)
        self.step_s = 1 / min(max(rate_hz, 0.1), 240.0)

    @property
    def info(self) -> StreamInfo:
        """How to decode its packets."""
        codec = self.video.codec_context
        return StreamInfo(codec.name, codec.width, codec.height)

    @property
    def parameter_sets(self) -> bytes:
        """What the camera told on connecting, and may not repeat in its packets."""
        return bytes(self.video.codec_context.extradata or b"")

    def packets(self) -> Iterator[Packet]:
        """Packet after packet as they come.

        Raises:
            CameraError: the stream has ended, was silent for too long, or is broken.
        """
        if self._container is None:
            raise CameraError(f"{self._name}: is closed")
        with self._errors():
            for packet in self._container.demux(self.video):
                if packet.size:
                    yield packet
        raise CameraError(f"{self._name}: the camera has ended the stream")

    def media_s(self, packet: Packet) -> float | None:
        """When a packet is to be decoded by the camera's clock; None where the camera does not say."""
        stamp = packet.pts if packet.dts is None else packet.dts
        if not self.tells_time or stamp is None or packet.time_base is None:
            return None
        return float(stamp * packet.time_base)

    def close(self) -> None:
        """Hang up; twice as well."""
        if self._container is not None:
            self._container.close()
            self._container = None

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        # FFmpeg's own words name the address with its password: only the reason is passed on.
        try:
            yield
        except av.error.FFmpegError as fault:
            raise CameraError(f"{self._name}: {_reason(fault)}") from None
        except OSError as fault:
            raise CameraError(f"{self._name}: {fault.strerror or 'the connection failed'}") from None


def _reason(fault: av.error.FFmpegError) -> str:
    match fault:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return "the camera refuses this user and password; check username and password_file"
        case av.error.HTTPNotFoundError():
            return "the camera knows no such stream; check the path"
        case av.error.ExitError() | av.error.TimeoutError():
            return f"no data for {_READ_S:g} s or more"
        case av.error.EOFError():
            return "the camera has ended the stream"
        case av.error.InvalidDataError():
            return "no answer in time, or none that makes sense; check address, port and path"
        case _:
            return (fault.strerror or "the connection failed")[:200]
