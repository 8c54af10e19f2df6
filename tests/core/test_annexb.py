from hypothesis import given
from hypothesis import strategies as st

from device.core.annexb import has_parameter_sets, parameter_sets, with_parameter_sets

SETS = b"\0\0\0\1\x67sps\0\0\0\1\x68pps"
PICTURE = b"\0\0\1\x65picture"


def test_a_keyframe_gets_what_it_lacks() -> None:
    """Parameter sets stand before the picture, once; a delimiter before them does not hide them."""
    assert with_parameter_sets(PICTURE, SETS) == SETS + PICTURE
    for whole in (SETS + PICTURE, b"\0\0\1\x09\xf0" + SETS + PICTURE):
        assert has_parameter_sets(whole)
        assert with_parameter_sets(whole, SETS) == whole
    assert not has_parameter_sets(PICTURE + SETS)


def test_sets_of_another_form_are_not_put_there() -> None:
    """Those of an MP4 file have no start codes: a decoder would stumble over them."""
    assert with_parameter_sets(PICTURE, b"\x01\x64\x00") == PICTURE
    assert with_parameter_sets(PICTURE, b"") == PICTURE


@given(st.binary())
def test_any_bytes_are_survived(data: bytes) -> None:
    """What a camera sends is not believed to be H.264."""
    assert with_parameter_sets(data, SETS).endswith(data)
    assert all(found in data for found in parameter_sets(data))


def test_parameter_sets_are_told_apart() -> None:
    """Those before the picture, whatever stands between them; a stream that was started again has others."""
    assert parameter_sets(b"\0\0\1\x09\xf0" + SETS + PICTURE + SETS) == [b"\x67sps", b"\x68pps"]
    assert parameter_sets(PICTURE) == []
