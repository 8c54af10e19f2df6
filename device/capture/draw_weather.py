"""Troubles a drawn picture: shadows, rain, shaking, compression. Knows nobody who is in it."""

from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from device.capture.draw_shapes import Planes
from device.capture.planes import Plane
from device.capture.scene import Scene
from device.capture.scene_path import along
from device.capture.scene_weather import Shade
from device.errors import CameraError


def cast(planes: Planes, shade: Shade, t: float) -> None:
    """Make what lies in a shade darker or brighter, its colours likewise."""
    middle = along(shade.path, t)
    if middle is None:
        return
    for plane, zero in zip(planes, (16, 128, 128), strict=True):
        rows, columns = plane.shape
        half = shade.size_frac[0] * columns / 2, shade.size_frac[1] * rows / 2
        left, right = (int(min(max(0, middle[0] * columns + way * half[0]), columns)) for way in (-1, 1))
        top, bottom = (int(min(max(0, middle[1] * rows + way * half[1]), rows)) for way in (-1, 1))
        if left >= right or top >= bottom:
            continue
        across = np.abs(np.arange(left, right) - middle[0] * columns) / half[0]
        down = np.abs(np.arange(top, bottom) - middle[1] * rows) / half[1]
        soft = (np.clip((1 - way) / shade.soft_frac, 0.0, 1.0).astype(np.float32) for way in (across, down))
        gain = 1 + np.float32(shade.gain - 1) * next(soft) * next(soft)[:, None]
        window = plane[top:bottom, left:right]
        window[...] = np.clip((window.astype(np.float32) - zero) * gain + zero, 32, 219).astype(np.uint8)


def rain(luma: Plane, streaks: int, rng: np.random.Generator) -> None:
    """Bright streaks of falling drops, others in every picture."""
    rows, columns = luma.shape
    length = max(2, rows // 20)
    x, y = rng.integers(0, columns, streaks), rng.integers(0, rows - length, streaks)
    for down in range(length):
        at = (y + down, x)
        luma[at] = luma[at] // 2 + 90


def shake(planes: Planes, scene: Scene, t: float) -> None:
    """Move the picture as a pole in the wind does; its edges are repeated where nothing was filmed."""
    phase = np.random.default_rng((scene.seed, 77)).uniform(0, 6.28, 2)
    right = scene.shake_px * np.sin(7.1 * t + phase[0]) * np.sin(1.3 * t)
    down = scene.shake_px * np.sin(5.3 * t + phase[1]) * np.sin(0.9 * t)
    for plane, scale in zip(planes, (1.0, 0.5, 0.5), strict=True):
        rows = np.clip(np.arange(plane.shape[0]) + round(float(down) * scale), 0, plane.shape[0] - 1)
        columns = np.clip(np.arange(plane.shape[1]) + round(float(right) * scale), 0, plane.shape[1] - 1)
        plane[...] = plane[rows][:, columns]


class Compression:
    """Sends a picture through an encoder and back, each by itself."""

    def __init__(self, width_px: int, height_px: int, coarseness: int) -> None:
        self._encoder = av.CodecContext.create("mjpeg", "w")
        self._decoder = av.CodecContext.create("mjpeg", "r")
        if not isinstance(self._encoder, VideoCodecContext) or not isinstance(self._decoder, VideoCodecContext):
            raise CameraError("synthetic: this build of PyAV cannot compress pictures; leave jpeg_q out")
        self._encoder.width, self._encoder.height, self._encoder.pix_fmt = width_px, height_px, "yuvj420p"
        self._encoder.time_base = Fraction(1, 25)
        self._encoder.qmin = self._encoder.qmax = coarseness

    def spoil(self, i420: Plane) -> None:
        """Compress a picture and open it again, in place."""
        packets = self._encoder.encode(av.VideoFrame.from_ndarray(i420, format="yuvj420p"))
        pictures = [picture for packet in packets for picture in self._decoder.decode(packet)]
        i420[...] = pictures[0].to_ndarray()
