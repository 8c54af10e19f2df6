"""Decoded pictures of any format, size and turn to I420. Knows nothing of files or time."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from device.capture.planes import Plane, i420_planes


def upright_size(picture: VideoFrame) -> tuple[int, int]:
    """Width and height once the picture has been turned as its recorder asked, even numbers, px."""
    width, height = picture.width // 2 * 2, picture.height // 2 * 2
    return (height, width) if _quarter_turns(picture) % 2 else (width, height)


class Converter:
    """Writes decoded pictures as I420, BT.601, limited range.

    Planar 4:2:0 of limited range is copied as it is, whatever matrix it was made with: the matrix of BT.709 moves
    colours by a few levels, converting costs more than decoding. Everything else goes through swscale.
    """

    def __init__(self, rotation: int = 0) -> None:
        """Get ready; ``rotation``: degrees clockwise to turn beyond what a picture's recorder asked."""
        self._swscale = VideoReformatter()  # keeps its tables from picture to picture
        self._turns = -(rotation // 90)

    def size(self, picture: VideoFrame, width: int | None, height: int | None) -> tuple[int, int]:
        """Size to write it in, px, even: as wished; where one side is left open, in the picture's own shape."""
        across, down = upright_size(picture)
        if self._turns % 2:
            across, down = down, across
        if not width and not height:
            return across, down
        scaled = (width or across * (height or 0) / down, height or down * (width or 0) / across)
        return max(2, round(scaled[0] / 2) * 2), max(2, round(scaled[1] / 2) * 2)

    def write(self, picture: VideoFrame, out: Plane) -> None:
        """Fill ``out``, (height * 3 // 2, width); a picture of another size is scaled to it."""
        height, width = out.shape[0] * 2 // 3, out.shape[1]
        turns = (_quarter_turns(picture) + self._turns) % 4
        across, down = (height, width) if turns % 2 else (width, height)
        same_size = (picture.width // 2 * 2, picture.height // 2 * 2) == (across, down)
        if not same_size or not _is_limited_i420(picture):
            picture = self._converted(picture, None if same_size else (across, down))
        for plane, target in zip(_planes(picture, across, down), i420_planes(out), strict=True):
            target[...] = np.rot90(plane, turns) if turns else plane

    def _converted(self, picture: VideoFrame, size: tuple[int, int] | None) -> VideoFrame:
        width, height = size or (picture.width, picture.height)
        return self._swscale.reformat(
            picture,
            width=width,
            height=height,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU601,
            src_color_range=ColorRange.JPEG if _is_full_range(picture) else ColorRange.MPEG,
            dst_color_range=ColorRange.MPEG,
        )


def _planes(picture: VideoFrame, width: int, height: int) -> tuple[Plane, ...]:
    """The top left of each plane of a yuv420p picture, views; an odd last row or column is left out."""
    sizes = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
    return tuple(
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:rows, :columns]
        for plane, (columns, rows) in zip(picture.planes, sizes, strict=True)
    )


def _is_full_range(picture: VideoFrame) -> bool:
    name = picture.format.name
    return picture.color_range == ColorRange.JPEG or name.startswith(("yuvj", "gray", "rgb", "bgr", "gbr"))


def _is_limited_i420(picture: VideoFrame) -> bool:
    return picture.format.name == "yuv420p" and not _is_full_range(picture)


def _quarter_turns(picture: VideoFrame) -> int:
    """Turns to the left, by 90 degrees, that put the picture upright."""
    return round(picture.rotation / 90) % 4
