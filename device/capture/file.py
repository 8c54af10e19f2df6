"""Pictures from a video file. Does not know who takes them or when."""

from collections.abc import Iterator
from pathlib import Path

import av
import av.container
import av.error
import av.packet
import av.video.frame
import av.video.stream
import numpy as np
from numpy.typing import NDArray

from device.capture.file_packets import FilePackets
from device.capture.pace import Pace
from device.capture.picture import Converter, upright_size
from device.capture.request import PictureWish
from device.capture.timestamps import MediaTime, advance, start_again
from device.core.packet import COPIED_CODECS, EncodedPacket, StreamInfo
from device.core.stamp import Stamp
from device.errors import CameraError, EndOfStream

_USUAL_RATE_HZ = 25.0  # for files that do not tell theirs
_SLACK_S = 1.0  # the last picture of a recording may stand longer than the others
_SAVE_HINT = "save it again with a tool that plays it, or use another file"


class FileSource:
    """Any container and codec that FFmpeg reads; damage is skipped and counted, the picture stands upright."""

    def __init__(
        self,
        path: Path,
        pace: Pace,
        *,
        loop: bool = False,
        wish: PictureWish | None = None,
        keeps_packets: bool = False,
    ) -> None:
        """Open nothing yet; ``keeps_packets``: also have the packets, where players know their codec."""
        self._path = path
        self._keeps_packets = keeps_packets
        self._pace = pace
        self._loop = loop
        self._wish = wish or PictureWish()
        self._converter = Converter(self._wish.rotation)
        self._container: av.container.InputContainer | None = None
        self._pictures: Iterator[av.video.frame.VideoFrame] = iter(())
        self._picture: av.video.frame.VideoFrame | None = None
        self._is_fresh = False  # the first picture is decoded by open() and waits for the first grab()
        self._step_s = 1 / _USUAL_RATE_HZ
        self._time = MediaTime()
        self._seq = 0
        self._faults = 0
        self._t = 0.0
        self._packet_shelf: FilePackets | None = None

    def open(self) -> tuple[int, int]:
        """Decode the first picture; its size.

        Raises:
            CameraError: there is no such file, or no picture in it can be decoded.
        """
        self._start()
        self._picture = next(self._pictures, None)
        if self._picture is None:
            raise CameraError(f"{self._path}: no picture in it can be decoded; {_SAVE_HINT}")
        self._is_fresh = True
        if 0 in upright_size(self._picture):
            raise CameraError(f"{self._path}: its pictures are smaller than 2 by 2 px; use another file")
        return self._converter.size(self._picture, self._wish.width, self._wish.height)

    def grab(self) -> Stamp:
        """Decode the next picture; wait until it is due, in live mode.

        Raises:
            EndOfStream: the file is over, and does not loop.
        """
        self._picture = self._next_picture()
        self._time = advance(self._time, self._picture.time, self._step_s)
        stamp = self._pace.stamp(self._seq, self._time.t or 0.0)
        self._seq, self._t = self._seq + 1, stamp.t
        return stamp

    def copy_to(self, i420: NDArray[np.uint8]) -> None:
        """Write the grabbed picture."""
        if self._picture is None:
            raise CameraError(f"{self._path}: no picture has been grabbed")
        self._converter.write(self._picture, i420)

    def stream(self) -> StreamInfo | None:
        """How to decode the packets; None where none are kept."""
        return self._packet_shelf.info if self._packet_shelf is not None else None

    def packets(self) -> list[EncodedPacket]:
        """Packets since the last call, on the clock of the pictures."""
        if self._packet_shelf is None or self._picture is None:
            return []
        return self._packet_shelf.take(self._picture, self._t)

    def faults(self) -> int:
        """Pictures that were damaged, or that the file's header promises and its end lacks."""
        return self._faults

    def close(self) -> None:
        """Close the file."""
        self._pictures = iter(())
        self._picture = None
        if self._container is not None:
            self._container.close()
            self._container = None

    def _next_picture(self) -> av.video.frame.VideoFrame:
        if self._is_fresh and self._picture is not None:
            self._is_fresh = False
            return self._picture
        picture = next(self._pictures, None)
        if picture is None and self._loop and self._container is not None:
            self._time = start_again(self._time)
            self._start()
            picture = next(self._pictures, None)
        if picture is None:
            damage = f"; {self._faults} pictures were damaged or missing" if self._faults else ""
            raise EndOfStream(f"{self._path}: the recording is over after {self._seq} pictures{damage}")
        return picture

    def _start(self) -> None:
        """Open the file at its beginning, also when it is open already: not every format can be wound back."""
        self.close()
        self._container = container = _opened(self._path)
        # FFmpeg also plays plain text, as a terminal would show it.
        if not container.streams.video or container.format.name == "tty":
            raise CameraError(f"{self._path}: holds no video, or is damaged; {_SAVE_HINT}")
        stream = container.streams.video[0]
        # One thread: frame threads cost memory and delay, and the detector has the other cores.
        stream.codec_context.thread_count = 1
        rate_hz = float(stream.average_rate or stream.guessed_rate or _USUAL_RATE_HZ)
        self._step_s = 1 / min(max(rate_hz, 0.1), 240.0)
        if self._packet_shelf is None and self._keeps_packets and stream.codec_context.name in COPIED_CODECS:
            self._packet_shelf = FilePackets(stream)
        self._pictures = self._decoded(container, stream)

    def _decoded(
        self, container: av.container.InputContainer, stream: av.video.stream.VideoStream
    ) -> Iterator[av.video.frame.VideoFrame]:
        """Every picture that can be decoded, in order."""
        given, last_s, before = 0, 0.0, self._faults
        for packet in self._packets(container, stream):
            try:
                pictures = stream.decode(packet)
            except av.error.FFmpegError:
                self._faults += 1
                pictures = []
            if self._packet_shelf is not None and packet is not None:
                self._packet_shelf.note(packet)  # takes its bytes away
            for picture in pictures:
                given, last_s = given + 1, picture.time or last_s
                yield picture
        lost = self._faults - before
        if stream.frames:
            self._faults += max(0, stream.frames - given - lost)
        elif not lost and _promised_s(container) > last_s + 2 * self._step_s + _SLACK_S:
            self._faults += 1

    def _packets(
        self, container: av.container.InputContainer, stream: av.video.stream.VideoStream
    ) -> Iterator["av.packet.Packet[av.video.stream.VideoStream] | None"]:
        """Every packet that can be read; the last one is empty and brings out what the decoder still holds."""
        try:
            yield from container.demux(stream)
        except av.error.FFmpegError:
            self._faults += 1
            yield None


def _promised_s(container: av.container.InputContainer) -> float:
    """How long the header says that the recording is, s; 0 where it does not, or where sound may be what is longer."""
    return (container.duration or 0) / av.time_base if len(container.streams) == 1 else 0.0


def _opened(path: Path) -> av.container.InputContainer:
    try:
        what = None if path.is_file() else "is no file" if path.exists() else "there is no such file"
    except PermissionError as fault:
        # Of a folder on the way to it.
        what = f"may not be looked at ({fault.strerror}); the guard runs as a user of its own"
    if what is not None:
        raise CameraError(f"{path}: {what}; check the path in the camera's source")
    try:
        # The prefix keeps a colon in the name from choosing a protocol, the list keeps a playlist off the network.
        return av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except av.error.FFmpegError as fault:
        why = "may not be read" if isinstance(fault, PermissionError) else "is no video file, or is damaged"
        raise CameraError(f"{path}: {why} ({fault.strerror}); {_SAVE_HINT}") from fault
