"""The table of sources by the scheme of their ``source`` line. Imports a source's vendor only when it is asked for."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from device.capture.pace import Pace
from device.capture.request import CameraRequest
from device.core.address import shown
from device.errors import CameraError

if TYPE_CHECKING:
    from device.ports import Clock, Source  # at run time they would bring OpenCV into the camera's process


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A ``source`` line of the configuration, taken apart."""

    scheme: str
    where: str
    options: Mapping[str, str] = field(default_factory=dict)


def parse_source(line: str) -> SourceSpec:
    """Take a ``source`` line apart; touches no file and no device.

    Raises:
        CameraError: the scheme or an option is unknown.
    """
    scheme, _, where = line.partition(":")
    if scheme not in _SCHEMES:
        near = difflib.get_close_matches(scheme, _EXAMPLES, 1)
        hint = f"did you mean {_EXAMPLES[near[0]]}?" if near else f"use one of {', '.join(_EXAMPLES.values())}"
        raise CameraError(f"source {shown(line)!r}: no such kind of camera; {hint}")
    where, options = _options(line, scheme, where)
    if scheme in _NETWORK and not re.match(r"//[^/]", where):
        raise CameraError(f"source {shown(line)!r}: names no camera; write {_EXAMPLES[scheme]}")
    if scheme == "picamera2" and where and not re.fullmatch("[0-9]", where):
        raise CameraError(f"source {shown(line)!r}: names a camera by its number; write picamera2, or picamera2:1")
    if scheme == "file" and not where:
        raise CameraError(f"source {shown(line)!r}: names no file; write {_EXAMPLES['file']}")
    return SourceSpec(scheme, where, options)


def parse_small(line: str, beside: SourceSpec) -> SourceSpec:
    """Take a ``source_small`` line apart; its transport is that of the main stream where it names none.

    Raises:
        CameraError: one of the two is not in the network, or an option is unknown.
    """
    spec = parse_source(line)
    if spec.scheme not in _NETWORK or beside.scheme not in _NETWORK:
        raise CameraError(f"source_small {shown(line)!r}: goes with cameras in the network; write {_EXAMPLES['rtsp']}")
    return replace(spec, options={**beside.options, **spec.options})


def make_source(request: CameraRequest, clock: "Clock") -> "Source":
    """The source that is asked for, not yet open; its pictures carry no masks yet.

    Raises:
        CameraError: the line is wrong, or a scene file is damaged.
    """
    spec = parse_source(request.source)
    return _SCHEMES[spec.scheme](spec, request, clock)


def _options(line: str, scheme: str, where: str) -> tuple[str, dict[str, str]]:
    """The place and our options on it; whatever else stands behind a question mark belongs to the place."""
    path, mark, tail = where.rpartition("?")
    if not mark:
        return where, {}
    if scheme in _NETWORK:
        return _network_options(line, path, tail)
    if not re.fullmatch(r"\w+=[^?/]*", tail):
        return where, {}  # a question mark may be part of a file's name
    key, _, value = tail.partition("=")
    if key != "loop" or value not in {"0", "1"}:
        raise CameraError(f"source {shown(line)!r}: unknown option ?{tail}; the only one is ?loop=1")
    return path, {key: value}


def _network_options(line: str, path: str, tail: str) -> tuple[str, dict[str, str]]:
    """``transport`` is ours, all other words of the query are the camera's."""
    words = tail.split("&")
    ours = [word.partition("=")[2] for word in words if word.startswith("transport=")]
    if any(word not in {"tcp", "udp"} for word in ours):
        raise CameraError(f"source {shown(line)!r}: transport is tcp or udp")
    rest = "&".join(word for word in words if not word.startswith("transport="))
    return f"{path}?{rest}" if rest else path, {"transport": ours[-1]} if ours else {}


def _file(spec: SourceSpec, request: CameraRequest, clock: "Clock") -> "Source":
    from device.capture.file import FileSource  # noqa: PLC0415 - FFmpeg is 18 MB that a drawn scene does not need

    pace, loop = Pace(request.mode, clock), spec.options.get("loop") == "1"
    keeps = request.copies_packets
    return FileSource(Path(spec.where), pace, loop=loop, wish=request.picture, keeps_packets=keeps)


def _synthetic(spec: SourceSpec, request: CameraRequest, clock: "Clock") -> "Source":
    from device.capture.scene import DEFAULT_SCENE  # noqa: PLC0415 - a real camera does not need a drawn scene
    from device.capture.scene_file import load_scene  # noqa: PLC0415
    from device.capture.synthetic import SyntheticSource  # noqa: PLC0415

    scene = load_scene(Path(spec.where)) if spec.where else DEFAULT_SCENE
    return SyntheticSource(scene, Pace(request.mode, clock), loop=spec.options.get("loop") == "1")


def _network(spec: SourceSpec, request: CameraRequest, clock: "Clock") -> "Source":
    from device.capture.connection import StreamAddress  # noqa: PLC0415 - as above
    from device.capture.network import NetworkSource  # noqa: PLC0415

    def address(of: SourceSpec) -> StreamAddress:
        return StreamAddress(f"{of.scheme}:{of.where}", of.options.get("transport", "tcp"))

    small = address(parse_small(request.source_small, spec)) if request.source_small is not None else None
    return NetworkSource(request, address(spec), small, clock)


def _picamera2(spec: SourceSpec, request: CameraRequest, clock: "Clock") -> "Source":
    from device.capture.picamera import PicameraSource  # noqa: PLC0415 - as above

    return PicameraSource(int(spec.where or 0), request, clock)


def _v4l2(spec: SourceSpec, request: CameraRequest, clock: "Clock") -> "Source":
    from device.capture.v4l2 import V4l2Source  # noqa: PLC0415 - as above

    return V4l2Source(spec.where or "/dev/video0", request, clock)


def _faulty(spec: SourceSpec, request: CameraRequest, clock: "Clock") -> "Source":
    from device.capture.faulty import FaultySource  # noqa: PLC0415 - as above

    return FaultySource(Path(spec.where), request.mode, clock)


_NETWORK = ("rtsp", "rtsps", "http", "https")
_SCHEMES: Mapping[str, "Callable[[SourceSpec, CameraRequest, Clock], Source]"] = {
    "file": _file,
    "synthetic": _synthetic,
    "faulty": _faulty,  # for tests alone: no example names it
    "picamera2": _picamera2,
    "v4l2": _v4l2,
    **dict.fromkeys(_NETWORK, _network),
}
_EXAMPLES: Mapping[str, str] = {
    "file": '"file:clip.mp4"',
    "synthetic": '"synthetic:"',
    "picamera2": '"picamera2"',
    "v4l2": '"v4l2:/dev/video0"',
    "rtsp": '"rtsp://..."',
    "rtsps": '"rtsps://..."',
    "http": '"http://..."',
    "https": '"https://..."',
}
