"""Makes the tiny clips that the tests of capture play. Holds no test."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ = 10
DARK, BRIGHT = 50, 200


def luma_of(index: int, width: int, height: int) -> NDArray[np.uint8]:
    """A dark picture with a bright top left quarter; the bottom right quarter tells the picture's number."""
    luma = np.full((height, width), DARK, np.uint8)
    luma[: height // 2, : width // 2] = BRIGHT
    luma[height // 2 :, width // 2 :] = level_of(index)
    return luma


def level_of(index: int) -> int:
    """Brightness of the bottom right quarter."""
    return 60 + 8 * (index % 16)


def write_clip(
    path: Path,
    *,
    codec: str = "mpeg4",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (64, 48),
    pictures: int = 12,
    options: dict[str, str] | None = None,
    stamps: list[int] | None = None,
    key_every: int = 4,
) -> Path:
    """Write a clip of ``luma_of`` pictures at ``RATE_HZ``, or at these stamps (thousandths of a second)."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=RATE_HZ)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.gop_size = key_every
        stream.codec_context.thread_count = 1
        stream.codec_context.max_b_frames = 0
        if stamps:
            stream.codec_context.time_base = Fraction(1, 1000)
        for index in range(pictures):
            picture = _picture(index, size, pix_fmt)
            if stamps:
                picture.pts, picture.time_base = stamps[index], Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def write_tone(path: Path) -> Path:
    """Write a file that holds sound alone."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    return path


def turn(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write this turn, (a, b, c, d) of the track's display matrix, into an MP4 file."""
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd") + 4
    at = header + 40  # version 0: 4 + 5 * 4 + 8 + 4 * 2 bytes come before the matrix, and reserved ones
    a, b, c, d = (value * 65536 for value in matrix)
    values = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    assert int.from_bytes(data[at : at + 4], "big") == 65536, "the matrix is not where it was thought to be"
    data[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in values)
    path.write_bytes(data)


def _picture(index: int, size: tuple[int, int], pix_fmt: str) -> av.VideoFrame:
    width, height = size
    luma = luma_of(index, width, height)
    if pix_fmt in {"rgb24", "bgr24", "rgb8"}:
        grey = av.VideoFrame.from_ndarray(np.repeat(luma[:, :, None], 3, axis=2), format="rgb24")
        return grey.reformat(format=pix_fmt)
    picture = av.VideoFrame(width, height, pix_fmt)
    for plane, values in zip(picture.planes, (luma, None, None), strict=True):
        rows = np.full((plane.height, plane.line_size), 128, np.uint8)
        if values is not None:
            rows[:, :width] = values
        plane.update(rows.tobytes()[: plane.buffer_size])
    return picture
