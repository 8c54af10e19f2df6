import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.capture.mode import Mode
from device.capture.orders import Free, Order, SetRate, UseMasks, encode_order, read_orders
from device.capture.request import (
    CameraRequest,
    PictureWish,
    PiWish,
    RecordWish,
    decode_request,
    encode_request,
)
from device.capture.thinning import Thinning

fractions = st.floats(0, 1)
polygons = st.lists(st.tuples(fractions, fractions), min_size=3, max_size=5).map(tuple)
sets = st.lists(polygons, max_size=3).map(tuple)
requests = st.builds(
    CameraRequest,
    st.text(),
    st.sampled_from(Mode),
    sets,
    st.dictionaries(st.text(min_size=1), sets, max_size=3),
    slots=st.integers(2, 255),
    source_small=st.none() | st.text(),
    picture=st.builds(
        PictureWish,
        st.none() | st.integers(1, 4000),
        st.none() | st.integers(1, 4000),
        st.none() | st.floats(0.1, 100),
        st.sampled_from([0, 90, 180, 270]),
        st.builds(PiWish, st.none() | st.floats(0.001, 1), night=st.sampled_from(["auto", "day", "night"])),
    ),
    record=st.builds(RecordWish, st.sampled_from(["off", "copy", "encode", "auto"]), st.integers(1, 10**7)),
)
orders = st.one_of(
    st.builds(Free, st.integers(0, 254)),
    st.builds(UseMasks, st.integers(0, 255), st.integers(0, 2**32 - 1)),
    st.builds(SetRate, st.floats(0, 240, width=32)),
)


@given(requests)
def test_a_request_arrives_as_it_was_sent(request: CameraRequest) -> None:
    """Nothing is lost or changed on the way to the camera's process."""
    assert decode_request(encode_request(request)) == request


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"source": "file:a"}', encode_request(CameraRequest("a"))[:-2]])
def test_what_is_no_request_is_refused(text: str) -> None:
    """Half a request starts no camera."""
    with pytest.raises(ValueError, match=r"."):
        decode_request(text)


def test_extra_masks_join_the_steady_ones() -> None:
    """Each set is worn on top of what is masked always; an unknown name is refused."""
    steady, night = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)), ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0))
    request = CameraRequest("a", masks=(steady,), extra_masks={"home": (), "night": (night,)})
    assert [request.set_number(name) for name in ("", "home", "night")] == [0, 1, 2]
    assert [request.polygons(number) for number in range(3)] == [(steady,), (steady,), (steady, night)]
    assert request.is_masked
    assert CameraRequest("a", extra_masks={"night": (night,)}).is_masked
    assert not CameraRequest("a", extra_masks={"night": ()}).is_masked
    with pytest.raises(ValueError, match="away"):
        request.set_number("away")


@given(st.lists(orders, max_size=60))
def test_orders_arrive_in_order(sent: list[Order]) -> None:
    """Several at once as well; after the last one comes nothing."""
    reader, writer = os.pipe()
    try:
        os.write(writer, b"".join(map(encode_order, sent)))
        os.close(writer)
        got: list[Order] = []
        while came := read_orders(reader):
            got += came
    finally:
        os.close(reader)
    assert got == sent


@given(st.floats(1, 60), st.floats(1, 60))
def test_thinning_keeps_the_wanted_rate(source_fps: float, wanted_fps: float) -> None:
    """What is left is the wanted rate, or the source's where that is lower."""
    thinning, seconds = Thinning(), 20
    taken = sum(thinning.takes(index / source_fps, wanted_fps) for index in range(int(seconds * source_fps)))
    wanted = seconds * min(source_fps, wanted_fps)
    assert taken == pytest.approx(wanted, rel=0.26, abs=2)


def test_thinning_can_be_taken_back() -> None:
    """Without a rate every picture is taken, at once."""
    thinning = Thinning()
    assert [thinning.takes(index / 10, 1.0) for index in range(8)] == [True] + [False] * 7
    assert all(thinning.takes(1 + index / 10, None) for index in range(10))
