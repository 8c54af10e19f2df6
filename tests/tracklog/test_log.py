"""What is kept to try rules on comes back as it was, whatever happens to its files."""

import errno
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.core.concealment.body import Bag, Body, BodyLook
from device.core.geometry import Box
from device.core.rules.senses import Seen
from device.core.shelf.ledger import Change, Stockcount
from device.core.tamper.eye import Sight
from device.core.track import Track, rounded
from device.core.uniform import UniformLook
from device.detect.scripted_bodies import standing
from device.tracklog import block
from device.tracklog import files as log_files
from device.tracklog.block import MARK, pack, unpack
from device.tracklog.files import TrackFiles
from device.tracklog.files import track_files as files_of
from device.tracklog.log import Damage, read_tracks
from device.tracklog.row import POINTS, Moment, decode_moments, encode_moment, fits

WALL = 1_790_000_000.0
WATCHED = frozenset({"label-person"})

fractions = st.floats(0.0, 1.0)
times = st.floats(0.0, 1e9)
boxes = st.tuples(*(st.floats(-1.0, 2.0) for _ in range(4)))
labels = st.text(max_size=40)
tracks = st.builds(
    Track,
    id=st.integers(1, 2**32 - 1),
    label=labels,
    box=boxes,
    score=fractions,
    confirmed=st.booleans(),
    moved=st.booleans(),
    seen=st.booleans(),
    t_first=times,
    t_seen=st.just(0.0),
).map(rounded)
sights = st.builds(
    Sight,
    t=st.just(0.0),
    known=st.integers(0, 500),
    kept_frac=fractions.map(lambda x: round(x, 4)),
    lost_frac=fractions.map(lambda x: round(x, 4)),
    steady=st.booleans(),
    shift=st.none() | st.tuples(*(st.floats(-0.5, 0.5).map(lambda x: round(x, 4)) for _ in range(2))),
    sharpness=st.none() | st.floats(0.0, 1000.0).map(lambda x: round(x, 4)),
    dark_frac=fractions.map(lambda x: round(x, 4)),
    mean=st.floats(0.0, 255.0).map(lambda x: round(x, 2)),
    usual_mean=st.floats(0.0, 255.0).map(lambda x: round(x, 2)),
    doubtful=st.booleans(),
)
clothes = st.builds(UniformLook, st.integers(1, 2**32 - 1), fractions.map(lambda x: round(x, 4)))
whole = st.none() | st.integers(0, 10_000)
changes = st.builds(
    Change,
    number=st.integers(1, 10_000),
    kind=st.sampled_from(("taken", "returned")),
    slot=whole,
    items=st.integers(1, 20),
    box=boxes,
    t_contact=times,
    t_clear=times,
    t=times,
    track=whole,
    confidence=fractions,
    reasons=st.lists(st.text(max_size=30), min_size=1, max_size=3).map(tuple),
    undoes=whole,
    restores=st.booleans(),
)
seen = st.builds(
    Seen,
    watched=st.just(WATCHED),
    sight=st.none() | sights,
    changes=st.dictionaries(labels, st.lists(changes, min_size=1, max_size=2).map(tuple), max_size=2),
    stocks=st.dictionaries(labels, st.builds(Stockcount, st.integers(0, 99), st.integers(0, 99)), max_size=2),
    undone=st.dictionaries(
        labels, st.dictionaries(st.integers(1, 999), st.booleans(), min_size=1, max_size=2), max_size=2
    ),
)


def as_told(it: Change) -> tuple[object, ...]:
    """A change can be compared by its parts only."""
    return tuple(getattr(it, name) for name in Change.__dataclass_fields__)


def block_of(*moments: Moment, offset: float = WALL) -> bytes:
    """As the log writes it."""
    import json  # noqa: PLC0415 - here alone

    head = json.dumps({"v": 2, "run": "r", "offset": offset, "watched": sorted(WATCHED)}).encode()
    return pack(len(head).to_bytes(4, "little") + head + b"".join(encode_moment(it, offset) for it in moments))


def moment(t: float) -> Moment:
    """Somebody at a time."""
    track = Track(1, "person", (0.4, 0.3, 0.6, 0.9), 0.8, True, True, True, 0.0, t)
    return Moment(WALL + t, t, True, (track,), Seen(WATCHED), (), "r")


def read(folder: Path) -> tuple[list[float], int]:
    """Times that can be read, and the damaged stretches."""
    damage = Damage()
    return [it.t for it in read_tracks(folder, "aisle", 0.0, damage)], damage.stretches


@given(
    t=times,
    away=st.floats(-2000.0, 2000.0),
    looked=st.booleans(),
    each=st.lists(tracks, max_size=4),
    saw=seen,
    wore=st.lists(clothes, max_size=2),
)
def test_a_moment_comes_back_to_the_last_digit(
    t: float, away: float, looked: bool, each: list[Track], saw: Seen, wore: list[UniformLook]
) -> None:
    """Of what the rules are shown nothing is lost; of the time of day a part of a millisecond."""
    there = Moment(t + WALL + away, t, looked, tuple(each), saw, (), "r", looked, tuple(wore))
    assert fits(there, WALL)
    (back,) = decode_moments(encode_moment(there, WALL), WALL, "r", WATCHED)

    assert (back.t, back.looked, back.synced, back.run, len(back.tracks)) == (t, looked, looked, "r", len(each))
    assert back.wall == pytest.approx(there.wall, abs=0.002)
    for one, other in zip(back.tracks, each, strict=True):
        assert (one.id, one.box, one.score, one.t_first) == (other.id, other.box, other.score, other.t_first)
        assert (one.confirmed, one.moved, one.seen) == (other.confirmed, other.moved, other.seen)
        assert other.label.startswith(one.label)
    if saw.sight is not None:
        assert back.seen.sight is not None
        assert back.seen.sight.t == t
        assert [getattr(back.seen.sight, name) for name in Sight.__slots__ if name != "t"] == [
            getattr(saw.sight, name) for name in Sight.__slots__ if name != "t"
        ]
    assert back.uniforms == tuple(wore)
    assert (back.seen.stocks, back.seen.undone) == (saw.stocks, saw.undone)
    assert {key: tuple(map(as_told, it)) for key, it in back.seen.changes.items()} == {
        key: tuple(map(as_told, it)) for key, it in saw.changes.items()
    }


def test_hands_come_back_as_they_were() -> None:
    """Joints that are asked for, and bags; whoever's joints have other names is left out."""
    box: Box = (0.4, 0.3, 0.6, 0.9)
    look = BodyLook(1, 5.0, box, (640, 480), Body(standing(box), (Bag("handbag", 0.1234567, (0.1, 0.2, 0.3, 0.4)),)))
    there = Moment(WALL + 5, 5.0, True, moment(5.0).tracks, Seen(WATCHED), (look,), "r")
    (back,) = decode_moments(encode_moment(there, WALL), WALL, "r", WATCHED)
    (body,) = back.bodies
    assert (body.track, body.t, body.box, body.size) == (1, 5.0, box, (640, 480))
    assert body.body.bags == look.body.bags
    for name in POINTS:
        assert body.body.pose.point(name) == look.body.pose.point(name)


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(0, 10_000), seed=st.integers(0, 99))
def test_what_a_power_cut_leaves_costs_no_other_row(
    tmp_path_factory: pytest.TempPathFactory, cut: int, seed: int
) -> None:
    """Wherever a block is cut off, those before and after it are read, and the cut is told."""
    folder = tmp_path_factory.mktemp("cut")
    whole = [block_of(moment(n), moment(n + 0.5)) for n in range(3)]
    rest = cut % len(whole[1])
    middle = whole[1][:rest] if seed % 2 else whole[1][:rest] + random.Random(seed).randbytes(len(whole[1]) - rest)  # noqa: S311 - rubbish, not a secret
    (folder / "aisle").mkdir()
    (folder / "aisle" / "000000001-0.tracks").write_bytes(whole[0] + middle + whole[2])
    found, damaged = read(folder)
    assert [t for t in found if not 1.0 <= t < 2.0] == [0.0, 0.5, 2.0, 2.5]
    assert damaged == (0 if not middle else 1)


def test_each_byte_at_which_the_last_block_may_end(tmp_path: Path) -> None:
    """A cut at the very end is told as well."""
    first, last = block_of(moment(0.0)), block_of(moment(1.0))
    (tmp_path / "aisle").mkdir()
    for cut in range(len(last) + 1):
        (tmp_path / "aisle" / "000000001-0.tracks").write_bytes(first + last[:cut])
        expected = ([0.0], 1) if 0 < cut < len(last) else ([0.0, 1.0], 0) if cut else ([0.0], 0)
        assert read(tmp_path) == expected, cut


def test_each_byte_that_may_have_changed(tmp_path: Path) -> None:
    """One flipped bit costs its block and no other."""
    first, second, third = (block_of(moment(n)) for n in range(3))
    (tmp_path / "aisle").mkdir()
    for at in range(len(second)):
        torn = second[:at] + bytes([second[at] ^ 0x10]) + second[at + 1 :]
        (tmp_path / "aisle" / "000000001-0.tracks").write_bytes(first + torn + third)
        assert read(tmp_path) == ([0.0, 2.0], 1), at


@given(content=st.binary(max_size=2000), head=st.binary(max_size=40), marks=st.integers(0, 30))
def test_hostile_content_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bytes, marks: int
) -> None:
    """Whatever lies there, also in a block that is whole: it is told, and what follows is read."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "aisle").mkdir()
    said = b'{"v":2,"run":"r","offset":0,"watched":[]}'
    evil = [
        MARK * marks + content,
        pack(content),
        pack(len(head).to_bytes(4, "little") + head + content),
        pack(len(said).to_bytes(4, "little") + said + b"\xff" + content),
        pack(b"\xff" * 4 + content),
    ]
    (folder / "aisle" / "000000001-0.tracks").write_bytes(b"".join(evil) + block_of(moment(3.0)))
    found, damaged = read(folder)
    assert found[-1] == 3.0
    assert damaged >= 4


def test_marks_without_end_take_no_time_without_end() -> None:
    """So many blocks that are none, each said to be as long as all the rest, are given up."""
    size = 200_000
    heads = [MARK + (size - 12 * n).to_bytes(4, "little") + b"\0\0\0\0" for n in range(size // 12)]
    work = list(unpack(b"".join(heads)))
    assert work == [None]


def test_a_block_that_swells_is_none() -> None:
    """What is small on the disk and without end in memory is not opened."""
    assert list(unpack(pack(b"\0" * (2 * block.MAX_BLOCK + 1)))) == [None]
    assert list(unpack(pack(b"\0" * block.MAX_BLOCK))) != [None]


def test_not_a_number_is_no_row() -> None:
    """Nor is what is not finite."""
    good = encode_moment(moment(1.0), WALL)
    for bad in (float("nan"), float("inf")):
        torn = np.array([bad]).tobytes() + good[8:]
        with pytest.raises(ValueError, match="not finite"):
            decode_moments(torn, WALL, "r", WATCHED)


def test_a_full_disk_leaves_no_half_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What did not fit is cut off again, and what comes later is whole."""
    files, write, room = TrackFiles(tmp_path / "aisle"), os.write, [150]

    def narrow(file: int, content: bytes) -> int:
        if room[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(file, content[: room[0]])
        room[0] -= done
        return done

    files.append(block_of(moment(0.0)), WALL)
    monkeypatch.setattr(os, "write", narrow)
    room[0] = 50
    with pytest.raises(OSError, match="No space"):
        files.append(block_of(moment(1.0)), WALL + 1)
    room[0] = 100_000
    files.append(block_of(moment(2.0)), WALL + 2)
    assert read(tmp_path) == ([0.0, 2.0], 0)


def test_a_file_stays_open_until_its_hour_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hour is one file, opened once; one that somebody took away is begun again."""
    opened, plain = list[str](), os.open

    def noted(path: str, flags: int, mode: int) -> int:
        opened.append(path)
        return plain(path, flags, mode)

    monkeypatch.setattr(os, "open", noted)
    files = TrackFiles(tmp_path / "aisle")
    for n in range(70):
        files.append(block_of(moment(60.0 * n)), WALL + 60 * n)
    assert len(opened) == len(files_of(tmp_path / "aisle")) == 2
    for path in files_of(tmp_path / "aisle"):
        path.unlink()
    files.append(block_of(moment(1.0)), WALL + 60 * 70)
    files.close()
    assert read(tmp_path) == ([1.0], 0)


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.floats(-5e4, 5e4), min_size=1, max_size=12))
def test_a_clock_that_steps_mixes_nothing_up(tmp_path_factory: pytest.TempPathFactory, steps: list[float]) -> None:
    """Wherever it goes, what is kept comes back in the order in which it happened, the newest surely."""
    folder, wall = tmp_path_factory.mktemp("clock"), WALL
    files = TrackFiles(folder / "aisle")
    for n, step in enumerate(steps):
        wall = max(0.0, wall + step)
        files.append(block_of(moment(float(n)), offset=wall - n), wall)
    files.close()
    found, damaged = read(folder)
    assert damaged == 0
    assert found == sorted(found)
    assert found[-1] == len(steps) - 1
    kept = {path.name for path in files_of(folder / "aisle")}
    assert len(kept) == len(set(kept))


def test_what_is_too_old_or_of_a_time_to_come_goes(tmp_path: Path) -> None:
    """A clock that was wrong keeps nobody's tracks for longer than a day."""
    for start in (WALL + 1e7, WALL - 1e6, WALL - 3600.0, WALL):
        files = TrackFiles(tmp_path / "aisle")
        files.append(block_of(moment(start - WALL)), start)
        files.close()
    (tmp_path / "aisle" / "what.tracks").write_bytes(b"of somebody else")
    files.append(block_of(moment(9.0)), WALL + 9)
    files.close()
    assert read(tmp_path) == ([-3600.0, 0.0, 9.0], 0)


def test_the_log_is_bounded_in_bytes_and_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes first."""
    monkeypatch.setattr(log_files, "MAX_BYTES", 8000)
    monkeypatch.setattr(log_files, "MAX_SEGMENT_BYTES", 1000)
    files = TrackFiles(tmp_path / "aisle")
    for n in range(400):
        files.append(block_of(moment(float(n))), WALL + n)
    assert sum(path.stat().st_size for path in files_of(tmp_path / "aisle")) <= 8000
    found, damaged = read(tmp_path)
    assert damaged == 0
    assert found == [float(n) for n in range(400 - len(found), 400)]
    monkeypatch.setattr(log_files, "MAX_FILES", 4)
    for n in range(9):
        again = TrackFiles(tmp_path / "aisle")
        again.append(block_of(moment(500.0 + n)), WALL + 500 + n)
        again.close()
    assert read(tmp_path)[0] == [505.0, 506.0, 507.0, 508.0]
    files.close()
