import dataclasses
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from device.capture.mode import Mode
from device.capture.request import PictureWish, RecordWish
from device.capture.wishes import request_of
from device.config.cameras import CameraTable
from device.config.streams import PictureTable, RecordTable
from device.errors import CameraError


def table_of(**keys: object) -> CameraTable:
    """A camera with these keys."""
    return CameraTable.model_validate({"id": "door", "source": "rtsp://cam/main?a=1", **keys})


def test_every_key_reaches_the_cameras_process() -> None:
    """Names are those of the request, and defaults; but a recorder that is there gets packets."""
    assert {*PictureTable.model_fields, "pi"} == {field.name for field in dataclasses.fields(PictureWish)}
    assert RecordWish(**dict(RecordTable())) == RecordWish(how="auto")
    table = table_of(picture={"height": 480, "rotation": 180, "fps": 5}, record={"how": "copy", "keyframe_s": 2})
    request = request_of(table, armed="away")
    assert request.picture == PictureWish(height=480, rotation=180, fps=5.0)
    assert request.record == RecordWish(how="copy", keyframe_s=2.0)


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    """For both streams; the file is named when it cannot be read, its contents never."""
    (tmp_path / "password").write_text("ge:heim\n")
    keys = {"username": "bob", "password_file": str(tmp_path / "password"), "source_small": "rtsp://cam/small"}
    request = request_of(table_of(**keys), armed="away")
    assert request.source == "rtsp://bob:ge%3Aheim@cam/main?a=1"
    assert request.source_small == "rtsp://bob:ge%3Aheim@cam/small"
    for content in (None, ""):
        (tmp_path / "password").unlink(missing_ok=True)
        if content is not None:
            (tmp_path / "password").write_text(content)
        with pytest.raises(CameraError, match=r"camera door: password_file .*password: "):
            request_of(table_of(**keys), armed="away")


def test_a_recording_in_place_of_the_camera_is_played_as_it_is() -> None:
    """Neither turned nor thinned, and no second stream."""
    table = table_of(source_small="rtsp://cam/small", picture={"rotation": 90, "fps": 1})
    request = request_of(table, armed="away", mode=Mode.REPLAY, source="file:clip.mp4")
    assert (request.source, request.source_small, request.picture) == ("file:clip.mp4", None, PictureWish())


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_small": "file:small.mp4"},
        {"source": "v4l2:/dev/video0", "source_small": "rtsp://cam/small"},
        {"username": "bob"},
        {"password_file": "/a"},
        {"source": "picamera2", "username": "bob", "password_file": "/a"},
        {"picture": {"rotation": 45}},
        {"picture": {"fps": 0}},
        {"record": {"how": "both"}},
    ],
)
def test_what_does_not_fit_together_is_refused(wrong: dict[str, object]) -> None:
    """Before a camera is asked."""
    with pytest.raises(ValidationError):
        table_of(**wrong)


def test_the_effective_configuration_shows_no_password() -> None:
    """A password in the address is used, and not printed."""
    table = table_of(source="rtsp://bob:geheim@cam/main?pwd=geheim", source_small="rtsp://bob:geheim@cam/small")
    printed = json.dumps(table.model_dump(mode="json"))
    assert "geheim" not in printed
    assert "rtsp://cam/small" in printed
    assert request_of(table, armed="away").source == "rtsp://bob:geheim@cam/main?pwd=geheim"
