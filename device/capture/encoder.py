"""H.264 by software, from masked pictures. Does not decide whether anything is recorded."""

import contextlib
from fractions import Fraction

import av.codec
import av.error
import av.packet
import av.video.codeccontext
import av.video.frame
import numpy as np
from av.video.frame import PictureType

from device.capture.planes import Plane, i420_planes
from device.capture.request import RecordWish
from device.core.packet import TICKS_PER_S, EncodedPacket, StreamInfo
from device.errors import CameraError

_USUAL_FPS = 15.0
_CODECS: tuple[tuple[str, dict[str, str]], ...] = (
    # The fastest that it has, and no picture waits for the next one.
    ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}),
    ("libopenh264", {}),
)


class SoftEncoder:
    """Turns pictures into packets, one for one; the first codec of the list that this FFmpeg has."""

    def __init__(self, width: int, height: int, fps: float | None, wish: RecordWish) -> None:
        """Open it.

        Raises:
            CameraError: this FFmpeg has no H.264 encoder.
        """
        self._context = _opened(width, height, fps or _USUAL_FPS, wish)
        self._picture = av.video.frame.VideoFrame(width, height, "yuv420p")
        self._picture.time_base = Fraction(1, TICKS_PER_S)
        self._keyframe_s = wish.keyframe_s
        self._last_key_t: float | None = None
        self._last_pts: int | None = None
        self.info = StreamInfo("h264", width, height)

    def encode(self, i420: Plane, t: float, *, keyframe: bool = False) -> list[EncodedPacket]:
        """The packet of this picture, of time ``t``; it is a keyframe when one is due or wanted.

        Raises:
            CameraError: the encoder failed.
        """
        for plane, values in zip(self._picture.planes, i420_planes(i420), strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows[: values.shape[0], : values.shape[1]] = values
        pts = round(t * TICKS_PER_S)
        self._last_pts = self._picture.pts = pts if self._last_pts is None else max(pts, self._last_pts + 1)
        if keyframe or self._last_key_t is None or t >= self._last_key_t + self._keyframe_s - 0.01:
            self._last_key_t = t
            self._picture.pict_type = PictureType.I
        else:
            self._picture.pict_type = PictureType.NONE
        try:
            packets = self._context.encode(self._picture)
        except av.error.FFmpegError as fault:
            raise CameraError(f"the recording cannot be encoded ({fault.strerror})") from fault
        return [_packet(packet, t) for packet in packets]


def _packet(packet: "av.packet.Packet[av.video.stream.VideoStream]", t: float) -> EncodedPacket:
    pts = packet.pts if packet.pts is not None else round(t * TICKS_PER_S)
    dts = packet.dts if packet.dts is not None else pts
    return EncodedPacket(bytes(packet), pts / TICKS_PER_S, pts, dts, packet.is_keyframe)


def _opened(width: int, height: int, fps: float, wish: RecordWish) -> av.video.codeccontext.VideoCodecContext:
    for name, options in _CODECS:
        with contextlib.suppress(av.error.FFmpegError, ValueError):  # not built in: the next one
            context = av.codec.CodecContext.create(name, "w")
            if not isinstance(context, av.video.codeccontext.VideoCodecContext):
                continue
            context.width, context.height, context.pix_fmt = width, height, "yuv420p"
            context.time_base = Fraction(1, TICKS_PER_S)
            context.framerate = Fraction(fps).limit_denominator(1000)
            context.bit_rate = wish.bit_rate
            context.gop_size = max(1, round(10 * fps * wish.keyframe_s))  # ours come first
            context.max_b_frames = 0
            context.thread_count = 1
            context.options = dict(options)
            context.open()
            return context
    raise CameraError(
        'this FFmpeg has no H.264 encoder for the recording; install av from PyPI, or set record.how = "off"'
    )
