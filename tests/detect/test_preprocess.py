"""Pictures into the int8 input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from device.core.card import InputSpec
from device.core.frame import frame_from_bgr
from device.detect.preprocess import Letterbox, place_picture

_SPEC = InputSpec(
    width=96, height=96, channels="BGR", mean=(103.53, 116.28, 123.675), std=(57.375, 57.12, 58.395), dtype="int8",
    scale=0.0187, zero_point=-14, resize="letterbox", pad=(114, 114, 114),
)  # fmt: skip


def _picture(width: int, height: int) -> NDArray[np.uint8]:
    """Soft colours that shrink the same way by any method."""
    y, x = np.mgrid[0:height, 0:width]
    channels = [255 * x / width, 255 * y / height, 255 * (x + y) / (width + height)]
    return np.stack(channels, axis=2).astype(np.uint8)


def _float_input(bgr: NDArray[np.uint8], spec: InputSpec) -> NDArray[np.float64]:
    """The input by the plain formula, before rounding."""
    value: NDArray[np.float64] = ((bgr - np.array(spec.mean)) / np.array(spec.std)) / spec.scale + spec.zero_point
    return value


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_a_picture_keeps_its_aspect_and_lies_in_the_middle(width: int, height: int) -> None:
    """One side fills the input, the other is within a pixel of its share."""
    place = place_picture(_SPEC, width, height)
    scale = 96 / max(width, height)
    assert max(place.width, place.height) == 96
    assert abs(place.width - width * scale) <= 2
    assert abs(place.height - height * scale) <= 2
    assert abs(2 * place.left + place.width - 96) <= 1
    assert abs(2 * place.top + place.height - 96) <= 1


def test_bytes_become_normalised_numbers() -> None:
    """Within one step of the formula in float."""
    picture = _picture(96, 96)
    value, _ = Letterbox(_SPEC).fill_bgr(picture)
    assert value.dtype == np.int8
    assert np.abs(value[0] - np.clip(_float_input(picture, _SPEC), -128, 127)).max() <= 0.51


def test_the_rest_is_filled_with_the_pad() -> None:
    """Above and below a wide picture lies the colour that the card names."""
    spec = replace(_SPEC, pad=(0, 114, 255))
    value, place = Letterbox(spec).fill_bgr(_picture(192, 96))
    bars = np.concatenate([value[0, : place.top], value[0, place.top + place.height :]])
    fill = np.clip(np.round(_float_input(np.array(spec.pad, dtype=np.uint8), spec)), -128, 127)
    assert len(bars) == 48
    assert (bars == fill).all()


@pytest.mark.parametrize("size", [(192, 144), (96, 96), (640, 480), (480, 640), (50, 30), (1282, 722)])
def test_a_frame_and_its_colours_give_the_same_input(size: tuple[int, int]) -> None:
    """Scaling the planes first is a shortcut, not another picture."""
    frame = frame_from_bgr(_picture(*size))
    box = Letterbox(_SPEC)
    planes = box.fill(frame)[0].astype(int).copy()
    colours = box.fill_bgr(frame.bgr())[0].astype(int)
    difference = np.abs(planes - colours)
    assert difference.mean() < 1.5
    assert np.percentile(difference, 99) <= 8


def test_the_order_of_colours_is_the_cards() -> None:
    """RGB is BGR turned round, by both ways in."""
    plain = replace(_SPEC, mean=(0.0,) * 3, std=(1.0,) * 3, scale=1.0, zero_point=-128)
    bgr = _picture(96, 64)
    frame = frame_from_bgr(bgr)
    turned = Letterbox(replace(plain, channels="RGB"))
    np.testing.assert_array_equal(turned.fill_bgr(bgr)[0], Letterbox(plain).fill_bgr(bgr)[0][..., ::-1])
    np.testing.assert_array_equal(turned.fill(frame)[0], Letterbox(plain).fill(frame)[0][..., ::-1])


def test_a_frame_becomes_normalised_numbers() -> None:
    """Near the formula in float, though colours between chroma samples are softer here than in OpenCV."""
    frame = frame_from_bgr(_picture(96, 96))
    value = Letterbox(_SPEC).fill(frame)[0][0]
    difference = value - np.clip(_float_input(frame.bgr(), _SPEC), -128, 127)
    assert np.percentile(np.abs(difference), 95) <= 3.0
    assert abs(difference.mean()) < 0.3


def test_a_new_picture_size_leaves_nothing_of_the_old() -> None:
    """The bars are filled again when the camera changes."""
    box = Letterbox(_SPEC)
    box.fill_bgr(_picture(64, 96))
    changed = box.fill_bgr(_picture(96, 64))[0].copy()
    np.testing.assert_array_equal(changed, Letterbox(_SPEC).fill_bgr(_picture(96, 64))[0])


def test_fine_patterns_do_not_alias() -> None:
    """A checkerboard much larger than the input becomes grey, not a coarser checkerboard."""
    board = np.indices((960, 960)).sum(axis=0) % 2 * 255
    value, _ = Letterbox(_SPEC).fill_bgr(np.repeat(board.astype(np.uint8)[..., None], 3, axis=2))
    assert value[0].std(axis=(0, 1)).max() < 3
