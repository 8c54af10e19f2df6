import itertools
import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from device.capture.file import FileSource
from device.capture.mode import Mode
from device.capture.pace import Pace
from device.clock import SimulatedClock
from device.errors import CameraError, EndOfStream
from tests.capture.clips import BRIGHT, DARK, RATE_HZ, level_of, turn, write_clip, write_tone

HAS_X264 = "libx264" in av.codecs_available
Played = tuple[list[NDArray[np.uint8]], list[float], FileSource, str]


def source_of(path: Path, *, loop: bool = False) -> FileSource:
    """The file, as fast as it goes."""
    return FileSource(path, Pace(Mode.REPLAY, SimulatedClock()), loop=loop)


def play(path: Path) -> Played:
    """Every picture and its time, the source after its end, and what it said there."""
    source = source_of(path)
    width, height = source.open()
    pictures: list[NDArray[np.uint8]] = []
    times: list[float] = []
    while True:
        try:
            times.append(source.grab().t)
        except EndOfStream as end:
            source.close()
            return pictures, times, source, str(end)
        pictures.append(np.zeros((height * 3 // 2, width), np.uint8))
        source.copy_to(pictures[-1])


def level(picture: NDArray[np.uint8], row_frac: float, column_frac: float) -> float:
    """Mean brightness around a point of the luma."""
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    row, column = int(row_frac * height), int(column_frac * width)
    return float(picture[row - 3 : row + 3, column - 3 : column + 3].mean())


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mp4", "mpeg4", "yuv420p"),
        pytest.param("b.mp4", "libx264", "yuv420p", marks=pytest.mark.skipif(not HAS_X264, reason="no libx264")),
        pytest.param("c.mkv", "libx264", "yuv444p", marks=pytest.mark.skipif(not HAS_X264, reason="no libx264")),
        ("d.avi", "msmpeg4v2", "yuv420p"),
        ("e.avi", "mpeg4", "yuv420p"),
        ("f.mkv", "ffv1", "yuv420p"),
    ],
)
def test_every_picture_of_a_clip_arrives_as_it_was_recorded(
    tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    """Containers and codecs make no difference to number, time and brightness of the pictures."""
    pictures, times, source, end = play(write_clip(tmp_path / name, codec=codec, pix_fmt=pix_fmt))
    assert times == pytest.approx([index / RATE_HZ for index in range(12)], abs=0.002)
    assert [level(picture, 0.75, 0.75) for picture in pictures] == pytest.approx(
        [level_of(index) for index in range(12)], abs=5
    )
    assert [level(picture, 0.25, 0.25) for picture in pictures] == pytest.approx([BRIGHT] * 12, abs=5)
    assert np.abs(np.stack(pictures)[:, 48:].astype(int) - 128).max() <= 3
    assert source.faults() == 0
    assert "after 12 pictures" in end
    assert "damaged" not in end


def test_a_gif_plays_like_any_clip(tmp_path: Path) -> None:
    """RGB pictures become limited-range I420."""
    pictures, times, _, _ = play(write_clip(tmp_path / "a.gif", codec="gif", pix_fmt="rgb8"))
    assert len(pictures) == 12
    assert times == pytest.approx([index / RATE_HZ for index in range(12)], abs=0.011)
    # rgb8 has 8 levels of red and green and 4 of blue: 200 becomes 182..219 or so
    assert level(pictures[0], 0.25, 0.25) == pytest.approx(16 + BRIGHT * 219 / 255, abs=20)
    assert level(pictures[0], 0.25, 0.75) == pytest.approx(16 + DARK * 219 / 255, abs=20)


def test_full_range_becomes_limited_range(tmp_path: Path) -> None:
    """Motion JPEG's 0..255 is squeezed to 16..235."""
    pictures, _, _, _ = play(write_clip(tmp_path / "a.avi", codec="mjpeg", pix_fmt="yuvj420p"))
    assert level(pictures[0], 0.25, 0.25) == pytest.approx(16 + BRIGHT * 219 / 255, abs=3)
    assert level(pictures[0], 0.25, 0.75) == pytest.approx(16 + DARK * 219 / 255, abs=3)


def test_an_odd_last_row_and_column_are_left_out(tmp_path: Path) -> None:
    """65 by 49 pixels become 64 by 48, nothing shifted."""
    pictures, _, _, _ = play(write_clip(tmp_path / "a.mkv", codec="ffv1", size=(65, 49)))
    assert pictures[0].shape == (72, 64)
    assert (pictures[0][:24, :32] == BRIGHT).all()
    assert (pictures[0][24:48, 33:] == level_of(0)).all()


@pytest.mark.parametrize(
    ("matrix", "shape", "bright_at"),
    [
        ((0, 1, -1, 0), (96, 48), (0.25, 0.75)),  # recorded lying on the left: top left belongs to the top right
        ((0, -1, 1, 0), (96, 48), (0.75, 0.25)),
        ((-1, 0, 0, -1), (72, 64), (0.75, 0.75)),
    ],
)
def test_a_clip_from_a_turned_phone_stands_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int], shape: tuple[int, int], bright_at: tuple[float, float]
) -> None:
    """The display matrix of the track is honoured, chroma planes included."""
    clip = write_clip(tmp_path / "a.mp4", pictures=2)
    turn(clip, matrix)
    pictures, _, _, _ = play(clip)
    assert pictures[0].shape == shape
    assert level(pictures[0], *bright_at) == pytest.approx(BRIGHT, abs=5)
    assert level(pictures[0], 1 - bright_at[0], 1 - bright_at[1]) == pytest.approx(level_of(0), abs=5)


def test_uneven_stamps_are_kept(tmp_path: Path) -> None:
    """A clip of variable rate keeps its own times, counted from its first picture."""
    stamps = [700, 800, 1000, 1500, 1510, 3000]
    clip = write_clip(tmp_path / "a.mkv", codec="ffv1", pictures=6, stamps=stamps)
    assert play(clip)[1] == pytest.approx([0.0, 0.1, 0.3, 0.8, 0.81, 2.3], abs=0.002)


def test_time_goes_on_when_a_clip_loops(tmp_path: Path) -> None:
    """The second round follows one picture's time after the first, again and again."""
    source = source_of(write_clip(tmp_path / "a.mp4", pictures=5), loop=True)
    source.open()
    stamps = [source.grab() for _ in range(23)]
    source.close()
    assert [stamp.t for stamp in stamps] == pytest.approx([index / RATE_HZ for index in range(23)], abs=0.002)
    assert [stamp.seq for stamp in stamps] == list(range(23))


@pytest.mark.parametrize(
    ("name", "options"), [("a.avi", {}), ("a.mp4", {"movflags": "faststart"}), ("a.mkv", {}), ("a.ts", {})]
)
def test_a_clip_cut_short_plays_up_to_the_cut(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    """What is there is shown, then the recording is over; where the file tells its length, the loss is counted."""
    clip = write_clip(tmp_path / name, pictures=40, options=options, key_every=1)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    pictures, times, source, end = play(clip)
    assert 5 <= len(pictures) < 40
    assert all(after > before for before, after in itertools.pairwise(times))
    if name != "a.ts":
        assert source.faults() > 0
        assert "damaged or missing" in end


def test_damage_in_the_middle_does_not_end_a_clip(tmp_path: Path) -> None:
    """Pictures after the damage still come, with their own times."""
    clip = write_clip(tmp_path / "a.avi", pictures=40, key_every=1)
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = b"\xff" * 600
    clip.write_bytes(data)
    pictures, times, source, _ = play(clip)
    assert source.faults() > 0
    assert len(pictures) >= 30
    assert times[-1] == pytest.approx(3.9, abs=0.2)


def _text(path: Path) -> Path:
    path.write_text("no pictures here\n" * 40)
    return path


def _headless(path: Path) -> Path:
    """An MP4 file whose table of contents, at its end, is lost."""
    write_clip(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _no_pictures(path: Path) -> Path:
    """A clip whose pictures are all noise."""
    clip = write_clip(path, codec="ffv1", pictures=3)
    with av.open(str(clip)) as container:
        sizes = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.pos is not None]
    data = bytearray(clip.read_bytes())
    for at, size in sizes:
        data[at : at + size] = bytes(size)
    clip.write_bytes(data)
    return clip


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("gone.mp4", lambda path: path, "no such file"),
        ("a.txt", _text, "holds no video"),
        ("a.mp4", _headless, "damaged"),
        ("b.mp4", _empty, "no video file"),
        ("folder.mp4", _folder, "is no file"),
        ("a.wav", write_tone, "holds no video"),
        ("a.nut", _no_pictures, "no picture in it can be decoded"),
    ],
)
def test_what_cannot_be_played_is_refused_by_name(
    tmp_path: Path, name: str, make: Callable[[Path], Path], words: str
) -> None:
    """The message is one line that names the file, says what is wrong with it and what to do."""
    source = source_of(make(tmp_path / name))
    with pytest.raises(CameraError, match=words) as caught:
        source.open()
    source.close()
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, EndOfStream)


def test_a_file_in_a_locked_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as what it is; root, who runs tests as well, may look into any."""

    def refuse(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    source = source_of(tmp_path / "a.mp4")
    with pytest.raises(CameraError, match=r"a\.mp4: may not be looked at \(Permission denied\)"):
        source.open()
    source.close()


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    """A colon, a question mark or a per cent sign in a name chooses no protocol and no series of files."""
    for name in ("concat:a.mp4", "a?b.mp4", "%d.mp4", "ä b'\"$.mp4"):
        (tmp_path / "plain.mp4").unlink(missing_ok=True)
        write_clip(tmp_path / "plain.mp4", pictures=2).rename(tmp_path / name)
        assert len(play(tmp_path / name)[0]) == 2


def test_real_clips_play_without_a_fault() -> None:
    """Clips from real cameras give every picture that they promise, and no false alarm of damage."""
    root = os.environ.get("SHOPWARDEN_DEV_DATA")
    if not root:
        pytest.skip("SHOPWARDEN_DEV_DATA is not set")
    clips = sorted(Path(root).glob("clips/*.gif")) + sorted(Path(root).glob("tud_*/*.mp4"))
    assert clips
    for clip in clips:
        pictures, _, source, _ = play(clip)
        assert len(pictures) > 30
        assert source.faults() == 0
