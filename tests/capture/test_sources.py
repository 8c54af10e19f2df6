import pytest

from device.capture.request import CameraRequest
from device.capture.sources import make_source, parse_source
from device.clock import SimulatedClock
from device.errors import CameraError


@pytest.mark.parametrize(
    ("line", "scheme", "where", "options"),
    [
        ("file:clip.mp4", "file", "clip.mp4", {}),
        ("file:/a b/clip.mp4?loop=1", "file", "/a b/clip.mp4", {"loop": "1"}),
        ("file:clip.mp4?loop=0", "file", "clip.mp4", {"loop": "0"}),
        ("file:what?.mp4", "file", "what?.mp4", {}),
        ("file:c:d.mp4", "file", "c:d.mp4", {}),
        ("synthetic:", "synthetic", "", {}),
        ("synthetic", "synthetic", "", {}),
        ("synthetic:?loop=1", "synthetic", "", {"loop": "1"}),
        ("synthetic:scene.toml", "synthetic", "scene.toml", {}),
    ],
)
def test_a_source_line_is_taken_apart(line: str, scheme: str, where: str, options: dict[str, str]) -> None:
    """Scheme, path and options, nothing of the path lost."""
    spec = parse_source(line)
    assert (spec.scheme, spec.where, spec.options) == (scheme, where, options)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("files:clip.mp4", 'did you mean "file:clip.mp4"'),
        ("sintetic:", 'did you mean "synthetic:"'),
        ("clip.mp4", 'use one of "file:clip.mp4"'),
        ("", "no such kind of camera"),
        ("file:", "names no file"),
        ("file:clip.mp4?lop=1", "only one is ?loop=1"),
        ("file:clip.mp4?loop=yes", "only one is ?loop=1"),
        ("picamera2", "does not have picamera2 yet"),
        ("v4l2:/dev/video0", "does not have v4l2 yet"),
        ("rtsp://camera.local/stream?channel=1", "does not have rtsp yet"),
    ],
)
def test_a_wrong_source_line_is_refused_with_the_way_out(line: str, words: str) -> None:
    """The message quotes the line and names what is valid."""
    with pytest.raises(CameraError) as caught:
        make_source(CameraRequest(line), SimulatedClock())
    assert words in str(caught.value)
    assert repr(line) in str(caught.value)
