import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.capture.layout import Layout, buffer_planes, copy_upright
from device.capture.mask import masked_bytes
from device.capture.planes import i420_planes
from device.capture.request import CameraRequest
from device.capture.stream_cover import StreamCover


def picture_of(width: int, height: int, seed: int = 1) -> NDArray[np.uint8]:
    """An I420 picture of noise."""
    return np.random.default_rng(seed).integers(16, 235, (height * 3 // 2, width), dtype=np.uint8)


def buffer_of(i420: NDArray[np.uint8], name: str, padding: int, tail: int) -> tuple[NDArray[np.uint8], Layout]:
    """The picture as a camera would lay it out."""
    luma, first, second = i420_planes(i420)
    height, width = luma.shape
    layout = Layout(name, width, height, width + padding)
    if name in {"YVU420", "NV21"}:
        first, second = second, first
    buffer = np.full(layout.used_bytes + tail, 99, np.uint8)
    buffer[: layout.stride * height].reshape(height, -1)[:, :width] = luma
    chroma = buffer[layout.stride * height : layout.used_bytes]
    if name.startswith("NV"):
        pairs = chroma.reshape(height // 2, -1)[:, :width]
        pairs[:, 0::2], pairs[:, 1::2] = first, second
    else:
        halves = chroma.reshape(2, height // 2, -1)[:, :, : width // 2]
        halves[0], halves[1] = first, second
    return buffer, layout


@given(
    st.integers(1, 20),
    st.integers(1, 20),
    st.sampled_from(["YUV420", "YVU420", "NV12", "NV21"]),
    st.integers(0, 16),
    st.integers(0, 64),
    st.sampled_from([0, 1, 3]),
)
def test_every_layout_gives_the_picture_back(
    width: int, height: int, name: str, padding: int, tail: int, turns: int
) -> None:
    """Padding behind rows and behind the picture never gets into it, and turning turns every plane."""
    i420 = picture_of(2 * width, 2 * height)
    buffer, layout = buffer_of(i420, name, 2 * padding, tail)
    shape = (3 * width, 2 * height) if turns else i420.shape
    out = np.zeros(shape, np.uint8)
    copy_upright(buffer_planes(buffer, layout), turns, out)
    for plane, turned in zip(i420_planes(i420), i420_planes(out), strict=True):
        assert (np.rot90(plane, turns) == turned).all()


def test_planes_are_views() -> None:
    """What is written to them is in the buffer: the one copy is the one into shared memory."""
    buffer, layout = buffer_of(picture_of(8, 4), "YUV420", 2, 0)
    assert all(np.shares_memory(plane, buffer) for plane in buffer_planes(buffer, layout))


def test_what_is_no_picture_is_refused() -> None:
    """A short buffer and a format without 4:2:0."""
    with pytest.raises(ValueError, match="hold no"):
        buffer_planes(np.zeros(10, np.uint8), Layout("YUV420", 8, 4, 8))
    with pytest.raises(ValueError, match=r"no 4:2:0"):
        buffer_planes(np.zeros(100, np.uint8), Layout("YUYV", 8, 4, 8))


@pytest.mark.parametrize("name", ["YUV420", "NV12"])
def test_masks_in_a_cameras_buffer_are_those_on_the_picture(name: str) -> None:
    """Set by set, the encoder gets what the pictures' readers get; the padding stays as it was."""
    left, right = ((0.0, 0.0), (0.3, 0.0), (0.3, 1.0)), ((0.7, 0.2), (1.0, 0.2), (1.0, 0.9))
    request = CameraRequest("picamera2", masks=(left,), extra_masks={"away": (right,)}, extra_in_force="away")
    i420 = picture_of(40, 20)
    buffer, layout = buffer_of(i420, name, 24, 8)
    for number in (1, 0):
        masked, out = buffer.copy(), np.zeros_like(i420)
        cover = StreamCover(request, layout)
        assert cover.number == 1
        cover.number = number
        cover.blacken(masked)
        copy_upright(buffer_planes(masked, layout), 0, out)
        expected = i420.copy()
        places, values = masked_bytes(request.polygons(number), 40, 20)
        expected.reshape(-1)[places] = values
        assert (out == expected).all()
        assert (masked[layout.used_bytes :] == 99).all()
