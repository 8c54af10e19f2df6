"""Fragmented MP4 out of packets: what it plays, wherever it is cut."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.core.packet import TICKS_PER_S, EncodedPacket
from device.errors import ShopwardenError
from device.recorder.fragments import Fragments
from device.recorder.seekable import PART, make_seekable
from tests.recorder.packets import FPS, HEIGHT, WIDTH, packets, picture, played


def boxes(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, place and size of each whole box of the outermost level."""
    place = 0
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if size < 8 or place + size > len(data):
            return
        yield data[place + 4 : place + 8].decode("latin-1"), place, size
        place += size


def recorded(made: tuple[EncodedPacket, ...] | list[EncodedPacket], info: object = None) -> list[bytes]:
    """The pieces that come out, in order."""
    fragments = Fragments(packets(1)[0] if info is None else info, made[0])  # type: ignore[arg-type]
    pieces = [piece for packet in made if (piece := fragments.add(packet))]
    return [*pieces, fragments.finish()]


def test_all_pictures_with_their_times(tmp_path: Path) -> None:
    """Time zero is the first picture's; nothing is lost or encoded again."""
    _, made = packets(47, t0=1234.5)
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"".join(recorded(made)))
    shown = played(path)
    assert [number for _, number in shown] == [number % 20 for number in range(47)]
    assert [t for t, _ in shown] == pytest.approx([number / FPS for number in range(47)], abs=0.001)


@pytest.mark.parametrize("keyframe_s", [1.0, 4.0])
def test_fragments_last_a_second_at_most_however_far_apart_keyframes_are(tmp_path: Path, keyframe_s: float) -> None:
    """They are cut by duration; each piece that is handed out ends with a whole one."""
    _, made = packets(95, keyframe_s=keyframe_s)
    pieces = recorded(made)
    for piece in pieces:
        found = list(boxes(piece))
        assert found
        assert found[-1][1] + found[-1][2] == len(piece)
    # What a reader of the first so many pieces has not got: never more than a second.
    path = tmp_path / "clip.mp4"
    ends = []
    for count in range(2, len(pieces) + 1):
        path.write_bytes(b"".join(pieces[:count]))
        ends.append(len(played(path)) / FPS)
    assert max(after - before for before, after in itertools.pairwise([0.0, *ends])) <= 1.0 + 1e-9


def test_a_recording_cut_anywhere_plays_up_to_its_last_whole_fragment(tmp_path: Path) -> None:
    """Also when it is then made seekable."""
    _, made = packets(60)
    data = b"".join(recorded(made))
    whole = [place + size for name, place, size in boxes(data) if name == "mdat"]
    path = tmp_path / "clip.mp4"
    for cut in range(whole[0], len(data), 397):
        path.write_bytes(data[:cut])
        fragments = sum(end <= cut for end in whole)
        make_seekable(path)
        assert len(played(path)) >= min(60, fragments * 9)
        with av.open(str(path)) as container:
            assert container.duration == pytest.approx(len(played(path)) / FPS * 1e6, rel=0.2)


def test_a_stream_that_was_started_again_goes_on(tmp_path: Path) -> None:
    """Its stamps have another zero; the pause between is shown as long as it was."""
    info, first = packets(20, t0=100.0)
    _, then = packets(20, t0=105.0)
    again = [replace(packet, pts=packet.pts - 9_000_000, dts=packet.dts - 9_000_000) for packet in then]
    fragments = Fragments(info, first[0])
    assert fragments.fits(info, again[0])
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"".join(recorded([*first, *again])))
    times = [t for t, _ in played(path)]
    assert times == pytest.approx([*(n / FPS for n in range(20)), *(5.0 + n / FPS for n in range(20))], abs=0.002)


@settings(max_examples=25)
@given(st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=4), st.integers(0, 19))
def test_times_rise_whatever_the_camera_says(leaps: list[float], at: int) -> None:
    """Stamps that leap cost no picture and no recording."""
    made = list(packets(40)[1])
    for place, leap_s in enumerate(leaps):
        ticks = round(leap_s * TICKS_PER_S)
        made[at + place * 4 :] = [replace(p, pts=p.pts + ticks, dts=p.dts + ticks) for p in made[at + place * 4 :]]
    data = b"".join(recorded(made))
    assert data.count(b"moof") >= 4


def test_another_size_or_other_parameter_sets_do_not_fit() -> None:
    """A decoder that began with these would show garbage."""
    info, made = packets(10)
    other_info, other = packets(10, size=(96, 64))
    fragments = Fragments(info, made[0])
    assert fragments.fits(info, made[1])
    assert not fragments.fits(other_info, other[0])
    assert not fragments.fits(info, other[0])


def test_garbage_is_an_error() -> None:
    """What is no keyframe begins no recording."""
    info, made = packets(3)
    with pytest.raises(ShopwardenError, match="cannot be recorded"):
        Fragments(info, replace(made[0], data=b"\xff" * 200))


def test_what_cannot_be_made_seekable_stays_as_it_was(tmp_path: Path) -> None:
    """The good file is never lost, and nothing is left beside it."""
    path = tmp_path / "clip.mp4"
    _, made = packets(30)
    data = b"".join(recorded(made))
    path.write_bytes(data)
    blocked = tmp_path / f"clip.mp4{PART}"
    blocked.mkdir()
    with pytest.raises(ShopwardenError, match="stays as it was recorded"):
        make_seekable(path)
    assert path.read_bytes() == data
    blocked.rmdir()
    path.write_bytes(b"\0" * 3000)
    with pytest.raises(ShopwardenError, match="stays as it was recorded"):
        make_seekable(path)
    assert path.read_bytes() == b"\0" * 3000
    assert list(tmp_path.iterdir()) == [path]


def test_made_seekable_its_index_stands_in_front(tmp_path: Path) -> None:
    """One movie, index first: a browser jumps without reading what lies between."""
    path = tmp_path / "clip.mp4"
    _, made = packets(30)
    path.write_bytes(b"".join(recorded(made)))
    path.chmod(0o640)
    before = played(path)
    assert make_seekable(path) == path.stat().st_size
    names = [name for name, _, _ in boxes(path.read_bytes())]
    assert names.index("moov") < names.index("mdat")
    assert "moof" not in names
    assert played(path) == before
    assert path.stat().st_mode & 0o777 == 0o640


def test_pictures_that_are_sent_out_of_order_are_shown_in_order(tmp_path: Path) -> None:
    """Cameras with B-frames: each picture once, a tenth of a second apart, as recorded and made seekable."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base, context.framerate = Fraction(1, TICKS_PER_S), Fraction(10)
    context.max_b_frames, context.gop_size, context.thread_count = 2, 10, 1
    context.options = {"preset": "veryfast", "b-adapt": "0"}
    made: list[EncodedPacket] = []
    for number in range(41):
        shown = av.VideoFrame.from_ndarray(picture(number), format="yuv420p") if number < 40 else None
        if shown is not None:
            shown.pts, shown.time_base = number * TICKS_PER_S // 10, Fraction(1, TICKS_PER_S)
        for packet in context.encode(shown):
            pts, dts = packet.pts or 0, packet.dts or 0
            made.append(EncodedPacket(bytes(packet), 50.0 + pts / TICKS_PER_S, pts, dts, packet.is_keyframe))
    assert any(packet.pts > packet.dts for packet in made)
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"".join(recorded(made)))
    for _ in range(2):
        found = played(path)
        assert [number for _, number in found] == [number % 20 for number in range(40)]
        assert [after - before for (before, _), (after, _) in itertools.pairwise(found)] == pytest.approx(
            [0.1] * 39, abs=0.001
        )
        make_seekable(path)
