"""What is kept of one picture for the rules, as bytes and back. Reads and writes no file."""

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Final

import numpy as np

from device.core.concealment.body import Bag, Body, BodyLook
from device.core.geometry import Box
from device.core.pose import Pose
from device.core.rules.senses import Seen
from device.core.shelf.ledger import Change, Stockcount
from device.core.tamper.eye import Sight
from device.core.track import PLACES, SCORE_PLACES, Track
from device.core.uniform import UniformLook

POINTS: Final = tuple(
    f"{side} {joint}" for joint in ("shoulder", "hip", "wrist", "index") for side in ("left", "right")
)
"""Of a body's joints those that the rule about hands asks for."""
MOST: Final = 255
"""Tracks, bodies and bags that are kept of a picture."""
_HEAD = struct.Struct("<diBBB")
_TRACK = struct.Struct("<IBHiiiid")
_SIGHT = struct.Struct("<HHHHhhIHHB")
_BODY = struct.Struct(f"<IHHB{2 * len(POINTS)}f")
_BAG = struct.Struct("<5d")
_SIZE = struct.Struct("<I")
_LOOKED, _SEES, _NEWS, _SYNCED = 1, 2, 4, 8
_CONFIRMED, _MOVED, _SEEN = 1, 2, 4
_STEADY, _DOUBTFUL = 1, 2
_NO_SHIFT, _NO_SHARPNESS = -0x8000, 0xFFFFFFFF
_BOX, _SCORE, _FRAC, _LEVEL, _MS = 10**PLACES, 10**SCORE_PLACES, 10_000, 100, 1000
_INT, _FAR_MS = 0x7FFFFFFF, 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Moment:
    """One picture."""

    wall: float
    """Unix time, s; kept to the millisecond."""
    t: float
    """Time on the run's clock, s."""
    looked: bool
    """Whether the detector looked."""
    tracks: tuple[Track, ...]
    seen: Seen = Seen()
    """But for what is watched in the whole run."""
    bodies: tuple[BodyLook, ...] = ()
    run: str = ""
    """Of the guard; rules begin anew with each."""
    synced: bool = True
    """Whether the clock was trusted."""
    uniforms: tuple[UniformLook, ...] = ()


def fits(moment: Moment, offset: float) -> bool:
    """Whether the wall time can be told as a distance from an offset."""
    return abs(moment.wall - moment.t - offset) * _MS < _FAR_MS


def encode_moment(moment: Moment, offset: float) -> bytes:
    """Boxes, scores and figures as exact as the rules saw them, in some tens of bytes a thing.

    Args:
        moment: what is to be kept; of more than 255 things of a sort the rest is left out.
        offset: of wall time to the run's clock, about, s.
    """
    seen, bodies = moment.seen, [body for look in moment.bodies[:MOST] if (body := _body(look))]
    tracks = moment.tracks[:MOST]
    has_more = bool(seen.changes or seen.stocks or seen.undone or moment.uniforms)
    flags = _LOOKED * moment.looked | _SEES * (seen.sight is not None) | _NEWS * has_more | _SYNCED * moment.synced
    away_ms = round((moment.wall - moment.t - offset) * _MS)
    parts = [_HEAD.pack(moment.t, away_ms, flags, len(tracks), len(bodies)), *map(_track, tracks)]
    parts += [_sight(seen.sight)] if seen.sight is not None else []
    if has_more:
        text = json.dumps(_told(seen, moment.uniforms), separators=(",", ":")).encode()
        parts += [_SIZE.pack(len(text)), text]
    return b"".join((*parts, *bodies))


def decode_moments(content: bytes, offset: float, run: str, watched: frozenset[str]) -> list[Moment]:
    """All moments of a block, in order.

    Raises:
        ValueError: it is none of what ``encode_moment`` makes.
    """
    try:
        return list(_moments(_Bytes(content), offset, run, watched))
    except (struct.error, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"no row of the track log: {error}") from error


class _Bytes:
    """A place in bytes that goes on with each reading."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def over(self) -> bool:
        return self._at >= len(self._content)

    def read(self, form: struct.Struct) -> tuple[Any, ...]:
        values = form.unpack_from(self._content, self._at)
        self._at += form.size
        return values

    def take(self, size: int) -> bytes:
        part = self._content[self._at : self._at + size]
        if len(part) < size:
            raise ValueError("cut off")
        self._at += size
        return part

    def text(self) -> str:
        return _text(self.take(self.take(1)[0]))


@lru_cache(maxsize=256)
def _text(raw: bytes) -> str:
    """The same few labels again and again."""
    return raw.decode()


def _moments(content: _Bytes, offset: float, run: str, watched: frozenset[str]) -> Iterator[Moment]:
    while not content.over:
        t, away_ms, flags, tracks, bodies = content.read(_HEAD)
        _finite(t)
        found = tuple(_track_of(content, t) for _ in range(tracks))
        sight = _sight_of(content, t) if flags & _SEES else None
        seen, uniforms = _news_of(content, sight, watched) if flags & _NEWS else (Seen(watched, sight), ())
        boxes = {track.id: track.box for track in found}
        looks = tuple(_body_of(content, t, boxes) for _ in range(bodies))
        wall, synced = t + offset + away_ms / _MS, bool(flags & _SYNCED)
        yield Moment(wall, t, bool(flags & _LOOKED), found, seen, looks, run, synced, uniforms)


def _label(label: str) -> bytes:
    raw = label.encode()
    while len(raw) > MOST:
        label = label[:-1]
        raw = label.encode()
    return bytes([len(raw)]) + raw


def _track(track: Track) -> bytes:
    flags = _CONFIRMED * track.confirmed | _MOVED * track.moved | _SEEN * track.seen
    box = (max(-_INT, min(_INT, round(_BOX * edge))) for edge in track.box)
    score = round(_SCORE * min(1.0, max(0.0, track.score)))
    return _TRACK.pack(track.id, flags, score, *box, track.t_first) + _label(track.label)


def _track_of(content: _Bytes, t: float) -> Track:
    id_, flags, score, x1, y1, x2, y2, t_first = content.read(_TRACK)
    _finite(t_first)
    box, seen = (x1 / _BOX, y1 / _BOX, x2 / _BOX, y2 / _BOX), flags & _SEEN != 0
    t_seen = t if seen else t_first
    # By place: a day has a million of them.
    return Track(
        id_, content.text(), box, score / _SCORE, flags & _CONFIRMED != 0, flags & _MOVED != 0, seen, t_first, t_seen
    )


def _sight(sight: Sight) -> bytes:
    shift = (_NO_SHIFT, 0) if sight.shift is None else tuple(round(_FRAC * part) for part in sight.shift)
    fracs = (round(_FRAC * part) for part in (sight.kept_frac, sight.lost_frac, sight.dark_frac))
    sharpness = _NO_SHARPNESS if sight.sharpness is None else round(_FRAC * sight.sharpness)
    levels = (round(_LEVEL * level) for level in (sight.mean, sight.usual_mean))
    flags = _STEADY * sight.steady | _DOUBTFUL * sight.doubtful
    return _SIGHT.pack(sight.known, *fracs, *shift, sharpness, *levels, flags)


def _sight_of(content: _Bytes, t: float) -> Sight:
    known, kept, lost, dark, right, down, sharpness, mean, usual, flags = content.read(_SIGHT)
    return Sight(
        t=t,
        known=known,
        kept_frac=kept / _FRAC,
        lost_frac=lost / _FRAC,
        steady=bool(flags & _STEADY),
        shift=None if right == _NO_SHIFT else (right / _FRAC, down / _FRAC),
        sharpness=None if sharpness == _NO_SHARPNESS else sharpness / _FRAC,
        dark_frac=dark / _FRAC,
        mean=mean / _LEVEL,
        usual_mean=usual / _LEVEL,
        doubtful=bool(flags & _DOUBTFUL),
    )


def _told(seen: Seen, uniforms: tuple[UniformLook, ...]) -> dict[str, Any]:
    # Looks at clothes are few, and nothing is said of them where there are none: older logs read as these do.
    clothes = {"uniforms": [(look.track, look.score) for look in uniforms[:MOST]]} if uniforms else {}
    return {
        **clothes,
        "changes": {key: [asdict(change) for change in found] for key, found in seen.changes.items()},
        "stocks": {key: (stock.slots, stock.missing) for key, stock in seen.stocks.items()},
        "undone": {key: {str(number): now for number, now in it.items()} for key, it in seen.undone.items()},
    }


def _news_of(content: _Bytes, sight: Sight | None, watched: frozenset[str]) -> tuple[Seen, tuple[UniformLook, ...]]:
    (size,) = content.read(_SIZE)
    said = json.loads(content.take(size))
    changes = {key: tuple(_change_of(it) for it in found) for key, found in _items(said["changes"])}
    stocks = {key: Stockcount(int(slots), int(missing)) for key, (slots, missing) in _items(said["stocks"])}
    undone = {key: {int(number): bool(now) for number, now in _items(it)} for key, it in _items(said["undone"])}
    uniforms = tuple(UniformLook(int(track), _finite(score)) for track, score in said.get("uniforms", ()))
    return Seen(watched, sight, changes, stocks, undone), uniforms


def _items(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from said.items()


def _change_of(said: dict[str, Any]) -> Change:
    if set(said) != {it.name for it in fields(Change)} or said["kind"] not in ("taken", "returned"):
        raise ValueError("no change")
    x1, y1, x2, y2 = map(_finite, said["box"])
    return Change(
        number=int(said["number"]),
        kind=said["kind"],
        slot=_whole(said["slot"]),
        items=int(said["items"]),
        box=(x1, y1, x2, y2),
        t_contact=_finite(said["t_contact"]),
        t_clear=_finite(said["t_clear"]),
        t=_finite(said["t"]),
        track=_whole(said["track"]),
        confidence=_finite(said["confidence"]),
        reasons=tuple(str(reason) for reason in said["reasons"]) or ("",),
        undoes=_whole(said["undoes"]),
        restores=bool(said["restores"]),
    )


def _whole(value: int | None) -> int | None:
    return None if value is None else int(value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value


def _body(look: BodyLook) -> bytes | None:
    """None where the joints have other names."""
    pose, bags = look.body.pose, look.body.bags[:MOST]
    if not set(POINTS) <= set(pose.names):
        return None
    points = (part for name in POINTS for part in pose.point(name))
    body = _BODY.pack(look.track, *look.size, len(bags), *points)
    return body + b"".join(_BAG.pack(bag.score, *bag.box) + _label(bag.label) for bag in bags)


def _body_of(content: _Bytes, t: float, boxes: dict[int, Box]) -> BodyLook:
    track, width, height, bags, *points = content.read(_BODY)
    found = []
    for _ in range(bags):
        score, x1, y1, x2, y2 = map(_finite, content.read(_BAG))
        found.append(Bag(content.text(), score, (x1, y1, x2, y2)))
    places = np.array(points, np.float32).reshape(-1, 2)
    pose = Pose(POINTS, places, np.ones(len(POINTS), np.float32), 1.0)
    return BodyLook(track, t, boxes[track], (width, height), Body(pose, tuple(found)))
