"""A real RTSP server with drawn pictures, for the system's Python (GStreamer). Started by tests and benchmarks.

``rtsp_server.py [--user NAME --password WORD]`` prints its port, then reads commands, one a line: ``size 320x240``
changes the size within the running streams. Its streams: /main, /small, /hevc, /mjpeg. Ends with its standard input.
"""

import argparse
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - versions come first

RATE_HZ = 15
_DRAWN = (
    "videotestsrc is-live=true pattern=ball ! "
    "capsfilter name=size caps=video/x-raw,format=I420,width={width},height={height},framerate={rate}/1 ! "
)
_H264 = (
    # One slice a picture, as cameras send them: the payloader puts parameter sets before each slice of a keyframe.
    "x264enc tune=zerolatency speed-preset=ultrafast threads=1 sliced-threads=false key-int-max=15 bitrate=800 ! "
    "video/x-h264,profile=baseline ! "
    "rtph264pay name=pay0 pt=96 config-interval=-1"
)
_H265 = "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=600 ! rtph265pay name=pay0 pt=96"
_MJPEG = "jpegenc ! rtpjpegpay name=pay0 pt=26"
STREAMS = {
    "/main": (640, 480, _H264),
    "/small": (320, 240, _H264),
    "/hevc": (320, 240, _H265),
    "/mjpeg": (320, 240, _MJPEG),
}
_running: list[Gst.Element] = []
_caps: list[str] = []


def serve(user: str | None, password: str | None) -> None:
    """Serve until standard input ends."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
    if user:
        _guard(server, user, password or "")
    mounts = server.get_mount_points()
    for path, (width, height, encoder) in STREAMS.items():
        mounts.add_factory(path, _factory(_DRAWN.format(width=width, height=height, rate=RATE_HZ) + encoder, user))
    loop = GLib.MainLoop()
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 - how the port is told
    threading.Thread(target=_obey, args=(loop,), daemon=True).start()
    loop.run()


def _factory(launch: str, user: str | None) -> GstRtspServer.RTSPMediaFactory:
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {launch} )")
    factory.set_shared(True)
    factory.connect("media-configure", _begin)
    if user:
        roles = GstRtspServer.RTSPPermissions.new()
        roles.add_role("viewer")
        roles.add_permission_for_role("viewer", "media.factory.access", True)
        roles.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(roles)
    return factory


def _guard(server: GstRtspServer.RTSPServer, user: str, password: str) -> None:
    auth = GstRtspServer.RTSPAuth.new()
    token = GstRtspServer.RTSPToken.new()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)


def _obey(loop: GLib.MainLoop) -> None:
    for line in sys.stdin:
        word, _, size = line.strip().partition(" ")
        if word == "size":
            width, height = size.split("x")
            _caps.append(f"video/x-raw,format=I420,width={width},height={height},framerate={RATE_HZ}/1")
            for element in _running:
                _resize(element)
    loop.quit()


def _begin(_: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia) -> None:
    _running.append(media.get_element())
    if _caps:  # a size that was chosen holds for whoever comes later, too
        _resize(_running[-1])


def _resize(element: Gst.Element) -> None:
    element.get_by_name("size").set_property("caps", Gst.Caps.from_string(_caps[-1]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--user")
    parser.add_argument("--password")
    asked = parser.parse_args()
    serve(asked.user, asked.password)
