"""Encoded pictures, as a recorder keeps them. Knows no container, no encoder and no queue."""

from dataclasses import dataclass

TICKS_PER_S = 90_000
"""Unit of ``pts`` and ``dts``: that of RTP and MPEG, in which the times of all usual cameras are whole numbers."""
COPIED_CODECS = frozenset({"h264"})
"""What is recorded as it comes: browsers and players play it all. H.265 and MJPEG in MP4 they mostly refuse."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a decoder must know before the first packet."""

    codec: str
    """FFmpeg's name: h264, hevc, mpeg4, mjpeg."""
    width: int
    height: int
    extradata: bytes = b""
    """Parameter sets where they stand beside the packets; empty for h264, whose keyframes carry theirs."""


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One encoded picture."""

    data: bytes
    """For h264 with start codes (Annex B), and a keyframe begins with its parameter sets: a run needs nothing else."""
    t: float
    """Time of the picture in it, s, on the same clock as ``Stamp.t``."""
    pts: int
    """When it is shown, ticks of 1/90000 s from an arbitrary zero that one run of a camera keeps."""
    dts: int
    """When it is decoded; rises strictly from packet to packet."""
    keyframe: bool
    """A decoder can begin here."""
