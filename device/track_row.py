"""What is kept of one picture's tracks, as bytes and back. Reads and writes no file."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from device.core.track import Track

_HEAD = struct.Struct("<ddBB")
_TRACK = struct.Struct("<IBB4Hd")
_CONFIRMED, _MOVED, _SEEN = 1, 2, 4
MAX_TRACKS = 255


@dataclass(frozen=True, slots=True)
class Moment:
    """One picture."""

    wall: float
    """Unix time, s."""
    t: float
    """Time on the run's clock, s."""
    looked: bool
    """Whether the detector looked."""
    tracks: tuple[Track, ...]


def encode_moment(moment: Moment) -> bytes:
    """A few bytes a track: boxes to 1/65535 of the picture, scores to 1/255; more than 255 tracks are left out."""
    tracks = moment.tracks[:MAX_TRACKS]
    parts = [_HEAD.pack(moment.wall, moment.t, moment.looked, len(tracks))]
    for track in tracks:
        flags = _CONFIRMED * track.confirmed | _MOVED * track.moved | _SEEN * track.seen
        box = (round(65535 * min(1.0, max(0.0, edge))) for edge in track.box)
        score = round(255 * min(1.0, max(0.0, track.score)))
        label = track.label.encode()[:255]
        parts += [_TRACK.pack(track.id, flags, score, *box, track.t_first), bytes([len(label)]), label]
    return b"".join(parts)


def decode_moments(content: bytes) -> Iterator[Moment]:
    """All whole moments, in order; a power cut may have cut off the last."""
    at = 0
    try:
        while at < len(content):
            wall, t, looked, count = _HEAD.unpack_from(content, at)
            at += _HEAD.size
            tracks = []
            for _ in range(count):
                id_, flags, score, x1, y1, x2, y2, t_first = _TRACK.unpack_from(content, at)
                at += _TRACK.size
                size = content[at]
                label = content[at + 1 : at + 1 + size]
                at += 1 + size
                if len(label) < size:
                    return
                box = (x1 / 65535, y1 / 65535, x2 / 65535, y2 / 65535)
                seen = bool(flags & _SEEN)
                tracks.append(
                    Track(
                        id_,
                        label.decode(errors="replace"),
                        box,
                        score / 255,
                        bool(flags & _CONFIRMED),
                        bool(flags & _MOVED),
                        seen,
                        t_first,
                        t if seen else t_first,
                    )
                )
            yield Moment(wall, t, bool(looked), tuple(tracks))
    except (struct.error, IndexError):
        return
