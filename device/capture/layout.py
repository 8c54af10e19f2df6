"""Where the planes of a 4:2:0 picture lie in a camera's buffer, padding and all. Views only; knows no vendor."""

from dataclasses import dataclass

import numpy as np

from device.capture.planes import Plane, i420_planes

PLANAR, SEMI_PLANAR = ("YUV420", "YVU420"), ("NV12", "NV21")
"""libcamera's names of the layouts that can be read."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One stream's picture in memory."""

    pixel_format: str
    width: int
    height: int
    stride: int
    """Bytes from one luma row to the next."""

    @property
    def used_bytes(self) -> int:
        """How much of the buffer is picture; what is behind it is not."""
        return self.stride * self.height * 3 // 2


def buffer_planes(buffer: Plane, layout: Layout) -> tuple[Plane, Plane, Plane]:
    """The Y, U and V planes of a flat buffer, without the padding: views.

    Raises:
        ValueError: the buffer is too small, or the layout is none of those above.
    """
    if buffer.size < layout.used_bytes:
        raise ValueError(f"{buffer.size} bytes hold no {layout}")
    luma_bytes = layout.stride * layout.height
    luma = buffer[:luma_bytes].reshape(layout.height, layout.stride)[:, : layout.width]
    chroma = buffer[luma_bytes : layout.used_bytes]
    if layout.pixel_format in SEMI_PLANAR:
        pairs = chroma.reshape(layout.height // 2, layout.stride)[:, : layout.width]
        first, second = pairs[:, 0::2], pairs[:, 1::2]
    elif layout.pixel_format in PLANAR:
        halves = chroma.reshape(2, layout.height // 2, layout.stride // 2)[:, :, : layout.width // 2]
        first, second = halves[0], halves[1]
    else:
        raise ValueError(f"{layout.pixel_format} is no 4:2:0 layout")
    return (luma, second, first) if layout.pixel_format in {"YVU420", "NV21"} else (luma, first, second)


def copy_upright(planes: tuple[Plane, Plane, Plane], quarter_turns: int, out: Plane) -> None:
    """Fill an I420 picture from planes, turned to the left by so many quarters: the one copy there is."""
    for plane, target in zip(planes, i420_planes(out), strict=True):
        target[...] = np.rot90(plane, quarter_turns) if quarter_turns else plane
