import contextlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.capture.mask import masked_bytes
from device.capture.mode import Mode
from device.capture.process import CameraProcess
from device.capture.request import CameraRequest

WIDTH, HEIGHT = 64, 48
CORNER = [(0.0, 0.0), (0.4, 0.0), (0.4, 0.5), (0.0, 0.5)]

fractions = st.floats(0.0, 1.0, allow_nan=False)
triangles = st.tuples(*[st.tuples(fractions, fractions)] * 3)


def masked_luma(polygon: list[tuple[float, float]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The mask of a polygon as a picture."""
    places, _ = masked_bytes([polygon], WIDTH, HEIGHT)
    luma = np.zeros(WIDTH * HEIGHT * 3 // 2, dtype=np.bool_)
    luma[places] = True
    return luma[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)


@given(triangles)
def test_every_pixel_whose_centre_lies_inside_is_masked(triangle: tuple[tuple[float, float], ...]) -> None:
    """Held against OpenCV's own test of points and polygons."""
    mask = masked_luma(list(triangle))
    outline = np.array([[x * WIDTH, y * HEIGHT] for x, y in triangle], dtype=np.float32)
    for row in range(0, HEIGHT, 3):
        for column in range(0, WIDTH, 3):
            if cv2.pointPolygonTest(outline, (column + 0.5, row + 0.5), measureDist=True) > 0.1:
                assert mask[row, column]


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_only_what_is_near_the_polygon_is_masked(shift: float) -> None:
    """A mask takes at most two pixels more than was asked for."""
    square = [(shift, shift), (shift + 0.25, shift), (shift + 0.25, shift + 0.25), (shift, shift + 0.25)]
    rows, columns = np.nonzero(masked_luma(square))

    assert columns.min() >= shift * WIDTH - 2.5
    assert columns.max() <= (shift + 0.25) * WIDTH + 2.5
    assert rows.max() <= (shift + 0.25) * HEIGHT + 2.5


def test_no_picture_leaves_the_camera_unmasked() -> None:
    """Every picture that the daemon gets is black and grey inside the mask, and a picture outside it."""
    request = CameraRequest("synthetic:", Mode.REPLAY, masks=(CORNER,))
    with contextlib.closing(CameraProcess("aisle", request)) as camera:
        for _ in range(30):
            frame = camera.next(10.0)
            assert frame is not None
            bottom, right = int(frame.height * 0.5), int(frame.width * 0.4)
            assert (frame.luma[:bottom, :right] == 16).all()
            assert frame.bgr()[:bottom, :right].max() == 0
            assert frame.luma[:, right + 8 :].std() > 1.0
            camera.release(frame)
