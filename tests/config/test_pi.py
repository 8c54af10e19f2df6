import dataclasses

import pytest
from pydantic import ValidationError

from device.capture.request import PiWish, decode_request, encode_request
from device.capture.wishes import request_of
from device.config.cameras import CameraTable
from device.config.pi import PiTable


def test_every_key_reaches_the_cameras_process() -> None:
    """Names and defaults are those of the request; none is forgotten on the way."""
    assert PiWish(**dict(PiTable())) == PiWish()
    assert set(PiTable.model_fields) == {field.name for field in dataclasses.fields(PiWish)}
    table = CameraTable.model_validate(
        {"id": "door", "source": "picamera2", "pi": {"exposure_max_s": 0.01, "night": "day", "ir_cut_pin": 4}}
    )
    request = request_of(table, armed="away")
    assert request.picture.pi == PiWish(exposure_max_s=0.01, night="day", ir_cut_pin=4)
    assert decode_request(encode_request(request)) == request


@pytest.mark.parametrize(
    "wrong",
    [
        {"night_below_lux": 50.0, "day_above_lux": 50.0},
        {"white_balance": "sunny"},
        {"ir_cut_pin": 28},
        {"exposure_max_s": 0.0},
        {"record_scale": 0.5},
        {"iso": 100},
    ],
)
def test_what_no_camera_can_do_is_refused(wrong: dict[str, object]) -> None:
    """Before a camera is asked."""
    with pytest.raises(ValidationError):
        PiTable.model_validate(wrong)
