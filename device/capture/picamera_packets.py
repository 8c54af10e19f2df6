"""H.264 of the Pi camera's main stream: which encoder, and its packets. Does not keep them for longer than asked."""

import importlib
import re
import threading
from typing import Any

from device.capture.request import RecordWish
from device.capture.tray import Tray
from device.core.packet import EncodedPacket


def has_hardware_encoder(model: str) -> bool:
    """Whether a board, by the name in its device tree, encodes H.264 itself: a Pi 5 and its kin do not."""
    return "Raspberry Pi" in model and not re.search(r"(Pi|Module) 5", model)


class Packets:
    """What an encoder has made, from its thread to the reader's."""

    def __init__(self) -> None:
        self._tray = Tray()
        self._lock = threading.Lock()  # guards the time below
        self._keyframe_t: float | None = None

    def put(self, data: bytes, t: float, *, keyframe: bool) -> None:
        """The next packet, in order of decoding; there are no B pictures."""
        self._tray.add(data, t, ahead_s=0.0, keyframe=keyframe)
        if keyframe:
            with self._lock:
                self._keyframe_t = t

    def is_keyframe_due(self, t: float, every_s: float) -> bool:
        """Whether the last keyframe is older than that; told once for each that is missing."""
        with self._lock:
            if self._keyframe_t is not None and t - self._keyframe_t < every_s:
                return False
            is_late, self._keyframe_t = self._keyframe_t is not None, t
        return is_late

    def take(self) -> list[EncodedPacket]:
        """All since the last call."""
        return self._tray.take()


def make_encoder(wish: RecordWish, fps: float, *, hardware: bool) -> Any:
    """picamera2's encoder with parameter sets before each keyframe, so that a run can begin at any of them."""
    name = "h264_encoder" if hardware else "libav_h264_encoder"
    module = importlib.import_module(f"picamera2.encoders.{name}")
    maker = module.H264Encoder if hardware else _with_keyframes_on_demand(module.LibavH264Encoder)
    encoder = maker(bitrate=wish.bit_rate, repeat=True, iperiod=max(1, round(fps * wish.keyframe_s)))
    encoder.framerate = max(1, round(fps))  # the software one takes no float
    return encoder


class KeyStream:
    """A stream of PyAV whose next picture becomes a keyframe where that was asked for; else it is the stream itself."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._wanted = threading.Event()

    def force_key_frame(self) -> None:
        """The next picture is a keyframe; from any thread."""
        self._wanted.set()

    def encode(self, frame: Any = None) -> Any:
        """The packets of a picture; without one, those that are left."""
        if frame is not None and self._wanted.is_set():
            from av.video.frame import PictureType  # noqa: PLC0415 - FFmpeg is 18 MB; whoever encodes has it

            self._wanted.clear()
            frame.pict_type = PictureType.I
        return self._stream.encode(frame)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _with_keyframes_on_demand(base: Any) -> Any:
    """picamera2's software encoder, with a way to a keyframe that works.

    Its own way names the kind of picture by a letter, which PyAV 15 and newer refuse; older versions of picamera2
    (0.3.24) have none at all.
    """

    class KeyframeEncoder(base):  # type: ignore[misc]  # its base exists only where picamera2 does
        """One that can be asked."""

        _stream: Any

        def _start(self) -> None:
            super()._start()
            self._stream = KeyStream(self._stream)

        def force_key_frame(self) -> None:
            """The next picture is a keyframe."""
            if isinstance(stream := getattr(self, "_stream", None), KeyStream):
                stream.force_key_frame()

    return KeyframeEncoder


def make_output(encoder: Any, packets: Packets) -> Any:
    """picamera2's end of an encoder, in front of ``packets``."""
    base: Any = importlib.import_module("picamera2.outputs").Output

    class PacketOutput(base):  # type: ignore[misc]  # its base exists only where picamera2 does
        """Hands on what comes, with the time of its picture."""

        def outputframe(self, frame: Any, keyframe: bool = True, timestamp: int | None = None, *_: Any) -> None:
            """One packet; its time counts from the encoder's first picture, in microseconds."""
            if timestamp is not None and encoder.firsttimestamp is not None:
                packets.put(bytes(frame), (encoder.firsttimestamp + timestamp) / 1e6, keyframe=bool(keyframe))

    return PacketOutput()
