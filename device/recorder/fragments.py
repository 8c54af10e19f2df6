"""Packets of a camera as fragmented MP4, in memory: whoever has the first so many bytes can play what is in them."""

import io
from fractions import Fraction
from typing import Any

import av
import av.error
from av.packet import Packet

from device.core.annexb import parameter_sets
from device.core.packet import TICKS_PER_S, EncodedPacket, StreamInfo
from device.errors import ShopwardenError

FRAGMENT_S = 0.9
"""A fragment is closed by the first packet that is so much later than its first one, so it lasts hardly more than that
and a picture: a second, from ten pictures a second on."""
_LEAP_S = 1.0
"""Where times of decoding and of pictures part by more, the camera was started again: its stamps have another zero."""
_LEAST_TICKS = 90  # a millisecond: times of decoding rise, whatever happens


class _Bytes:
    """What FFmpeg has written since it was last asked: a disk that fails is no matter of FFmpeg's."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take it."""
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """All of it, once."""
        taken, self._parts = b"".join(self._parts), []
        return taken


class Fragments:
    """One file's worth of one stream; time zero is its first packet's."""

    def __init__(self, info: StreamInfo, first: EncodedPacket) -> None:
        """Begin with this keyframe, which is then to be added.

        Raises:
            ShopwardenError: it cannot be made out.
        """
        self._info, self._sets = info, _sets(info, first)
        self._out = _Bytes()
        self._zero = first.t
        self._shift = 0  # from the camera's ticks to ours
        self._last_dts: int | None = None
        self._usual = TICKS_PER_S // 15
        try:
            with av.open(io.BytesIO(first.data), format=info.codec) as keyframe:
                options = {"movflags": "empty_moov+default_base_moof", "frag_duration": str(round(FRAGMENT_S * 1e6))}
                self._file = av.open(self._out, "w", format="mp4", options=options)
                self._stream: Any = self._file.add_stream_from_template(keyframe.streams.video[0])
        except (av.error.FFmpegError, IndexError, ValueError) as fault:
            raise ShopwardenError(f"the camera's stream cannot be recorded ({fault})") from fault
        self._stream.time_base = Fraction(1, TICKS_PER_S)

    def fits(self, info: StreamInfo, packet: EncodedPacket) -> bool:
        """Whether a packet can follow: of the same size and codec, with the parameter sets that stand in the head."""
        return info == self._info and (not packet.keyframe or _sets(info, packet) == self._sets)

    def add(self, packet: EncodedPacket) -> bytes:
        """Take in the next packet; the bytes of the fragments that are complete by now, as a rule none.

        Raises:
            ShopwardenError: FFmpeg cannot make anything of it.
        """
        dts = self._dated(packet)
        raw: Packet[Any] = Packet(packet.data)
        raw.stream, raw.time_base, raw.is_keyframe = self._stream, Fraction(1, TICKS_PER_S), packet.keyframe
        raw.dts, raw.pts = dts, max(dts, packet.pts + self._shift)
        # Counts for the last picture alone: what comes next says how long this one is shown.
        raw.duration = self._usual
        try:
            self._file.mux_one(raw)
        except (av.error.FFmpegError, ValueError) as fault:
            raise ShopwardenError(f"the camera's stream cannot be recorded ({fault})") from fault
        return self._out.taken()

    def finish(self) -> bytes:
        """The rest, with an index of all fragments."""
        try:
            self._file.close()
        except av.error.FFmpegError as fault:
            raise ShopwardenError(f"the recording cannot be ended ({fault})") from fault
        return self._out.taken()

    def _dated(self, packet: EncodedPacket) -> int:
        """When the packet is decoded, ticks from the beginning; also says from now on how its camera's ticks count."""
        ahead = packet.pts - packet.dts
        wanted = round((packet.t - self._zero) * TICKS_PER_S)
        if self._last_dts is None or abs(packet.pts + self._shift - wanted) > _LEAP_S * TICKS_PER_S:
            self._shift = wanted - packet.pts + (ahead if self._last_dts is None else 0)
        dts = packet.dts + self._shift
        if self._last_dts is not None:
            if dts <= self._last_dts:
                # Another zero, and less than a leap away.
                self._shift += self._last_dts + _LEAST_TICKS - dts
                dts = self._last_dts + _LEAST_TICKS
            self._usual = min(dts - self._last_dts, TICKS_PER_S)
        self._last_dts = dts
        return dts


def _sets(info: StreamInfo, packet: EncodedPacket) -> tuple[bytes, ...]:
    """What a decoder must know before the first picture, where it stands in the keyframes."""
    return tuple(parameter_sets(packet.data)) if info.codec == "h264" else ()
