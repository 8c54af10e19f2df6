"""Decodes JPEG pictures of a camera, one by one. Does not know where they come from."""

import av.codec
import av.error
import av.packet
import av.video.codeccontext
import av.video.frame

from device.capture.picture import Converter
from device.capture.planes import Plane
from device.errors import CameraError


class JpegDecoder:
    """Keeps its decoder, and the last picture until it is written."""

    def __init__(self, rotation: int) -> None:
        """Get ready; ``rotation``: degrees clockwise to turn."""
        context = av.codec.CodecContext.create("mjpeg", "r")
        if not isinstance(context, av.video.codeccontext.VideoCodecContext):
            raise CameraError("FFmpeg has no decoder for MJPEG; install av again")
        context.thread_count = 1
        self._context = context
        self._converter = Converter(rotation)
        self._picture: av.video.frame.VideoFrame | None = None

    def decode(self, data: Plane) -> bool:
        """Whether this is a whole picture."""
        try:
            pictures = self._context.decode(av.packet.Packet(data.tobytes()))
        except av.error.FFmpegError:
            return False
        if not pictures or pictures[-1].is_corrupt:
            return False
        self._picture = pictures[-1]
        return True

    def write(self, out: Plane) -> None:
        """Write the last whole picture as I420."""
        if self._picture is not None:
            self._converter.write(self._picture, out)
