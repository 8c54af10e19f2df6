import pytest

from device.cameras import check_sources
from device.capture.request import CameraRequest
from device.capture.sources import make_source, parse_small, parse_source
from device.clock import SimulatedClock
from device.config import parse_config
from device.core.address import shown, with_user
from device.errors import CameraError, ConfigError


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
        ("rtsp://cam/a?channel=1&subtype=0", "rtsp", "//cam/a?channel=1&subtype=0", {}),
        ("rtsp://cam/a?channel=1&transport=udp", "rtsp", "//cam/a?channel=1", {"transport": "udp"}),
        ("rtsp://cam/a?transport=tcp", "rtsp", "//cam/a", {"transport": "tcp"}),
        ("http://bob:x@cam/mjpg?a/b", "http", "//bob:x@cam/mjpg?a/b", {}),
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
        ("picamera2:front", "write picamera2, or picamera2:1"),
        ("rtsp:", 'names no camera; write "rtsp://..."'),
        ("rtsp:///stream", "names no camera"),
    ],
)
def test_a_wrong_source_line_is_refused_with_the_way_out(line: str, words: str) -> None:
    """The message quotes the line and names what is valid."""
    with pytest.raises(CameraError) as caught:
        make_source(CameraRequest(line), SimulatedClock())
    assert words in str(caught.value)
    assert repr(line) in str(caught.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("rtsp://bob:geheim@cam:554/a?user=bob&pwd=geheim", "rtsp://cam:554/a"),
        ("rtps://bob:geh@eim@cam/a", "rtps://cam/a"),
        ("rtsp:bob:geheim//bob:geheim@", "rtsp:bob:geheim//"),
        ("rtsp://bob:gehe/im@cam/a", "rtsp://cam/a"),
        ("file:what?.mp4", "file:what?.mp4"),
        ("rtsp://cam:554/user=bob&password=geheim&channel=1", "rtsp://cam:554/..."),
        ("rtsp://cam/live/USER=bob_PASSWORD=geheim_channel=1_stream=0.sdp?real", "rtsp://cam/live/..."),
        ("rtsp://cam/live/password%3Dgeh/eim/1", "rtsp://cam/live/..."),
        ("rtsp://cam/bob:geheim/1", "rtsp://cam/..."),
        ("http://cam?user=bob&password=geheim", "http://cam"),
        ("http://[fe80::1]:80/a", "http://[fe80::1]:80/a"),
        ("rtsp://cam:554/Streaming/Channels/101", "rtsp://cam:554/Streaming/Channels/101"),
    ],
)
def test_an_address_is_shown_without_its_secrets(line: str, told: str) -> None:
    """User, password and query stay out of logs, also in a line that is wrong."""
    assert shown(line) == told


def test_a_wrong_address_does_not_tell_its_password() -> None:
    """The message of a mistyped scheme quotes the line, without its secrets."""
    with pytest.raises(CameraError, match="did you mean") as caught:
        parse_source("rtps://bob:geheim@cam/a?token=geheim")
    assert "geheim" not in str(caught.value)


def test_a_user_is_put_into_an_address() -> None:
    """Escaped, and in place of one that stands there."""
    assert with_user("rtsp://cam/a", "bob", "p@ss/w:") == "rtsp://bob:p%40ss%2Fw%3A@cam/a"
    assert with_user("rtsp://eve:x@cam/a", "bob", "y") == "rtsp://bob:y@cam/a"


@pytest.mark.parametrize(
    ("main", "small", "transport"),
    [
        ("rtsp://cam/a", "rtsp://cam/b?transport=udp", "udp"),
        ("rtsp://cam/a?transport=udp", "rtsp://cam/b", "udp"),
        ("rtsp://cam/a?transport=udp", "rtsp://cam/b?transport=tcp", "tcp"),
    ],
)
def test_a_small_stream_has_a_transport_of_its_own(main: str, small: str, transport: str) -> None:
    """That of the main stream where it names none; the option is no part of the address."""
    spec = parse_small(small, parse_source(main))
    assert (spec.where, spec.options) == ("//cam/b", {"transport": transport})


@pytest.mark.parametrize(
    ("small", "words"),
    [
        ("rtzp://cam/b", "did you mean"),
        ("rtsp://cam/b?transport=sctp", "transport is tcp or udp"),
        ("file://b.mp4", "goes with cameras in the network"),
    ],
)
def test_a_wrong_small_stream_is_refused(small: str, words: str) -> None:
    """Before anything is opened."""
    with pytest.raises(CameraError, match=words):
        make_source(CameraRequest("rtsp://cam/a", source_small=small), SimulatedClock())


@pytest.mark.parametrize("small", ["rtzp://cam/b", "rtsp://cam/b?transport=sctp"])
def test_a_wrong_small_stream_is_found_in_the_configuration(small: str) -> None:
    """By its check, before a guard is started."""
    text = f"""
[device]
id = "shop-1"
state_dir = "state"
[[cameras]]
id = "door"
source = "rtsp://cam/a"
source_small = "{small}"
"""
    config = parse_config(text, "shop.toml")
    with pytest.raises(ConfigError, match=r"shop\.toml: camera door: source"):
        check_sources(config, "shop.toml")
