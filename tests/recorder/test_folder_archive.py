"""Room for recordings where nobody else makes it."""

from pathlib import Path
from typing import NamedTuple

import pytest

from device.errors import StoreError
from device.recorder.folder_archive import FolderArchive

DISK_BYTES, FLOOR_BYTES = 10_000, 3_000


class Usage(NamedTuple):
    """What the system says of a disk."""

    total: int
    used: int
    free: int


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderArchive:
    """On a disk of ten thousand bytes, of which three thousand are to stay free."""

    def usage(_: Path) -> Usage:
        used = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        return Usage(DISK_BYTES, used, DISK_BYTES - used)

    monkeypatch.setattr("device.recorder.folder_archive.shutil.disk_usage", usage)
    return FolderArchive(tmp_path, min_free_bytes=FLOOR_BYTES)


def record(archive: FolderArchive, name: str, *, end: bool = True) -> Path:
    """Two thousand bytes."""
    kind, event_id = ("ambient", None) if name.startswith("ambient") else ("clip", name.split("/")[1])
    path = archive.begin(name, kind=kind, camera="aisle", event_id=event_id)  # type: ignore[arg-type]
    path.write_bytes(bytes(2_000))
    if end:
        archive.finish(name)
    return path


def test_the_oldest_pieces_give_way_whosever_they_are(archive: FolderArchive) -> None:
    """To pieces and to evidence alike; the one that is being written stays."""
    writing = record(archive, "ambient/till/20000101T000000Z.mp4", end=False)
    pieces = [record(archive, f"ambient/{camera}/2000010{day}T000000Z.mp4") for camera in "ab" for day in (1, 2)]
    assert [piece.exists() for piece in pieces] == [False, True, True, True]
    clip = record(archive, "evidence/1/clip.mp4")
    assert writing.exists()
    assert clip.exists()
    assert sum(piece.exists() for piece in pieces) == 2


def test_evidence_gives_way_to_nothing(archive: FolderArchive) -> None:
    """Where there are no pieces left, nothing more is begun, and nothing of it is there."""
    clips = [record(archive, f"evidence/{number}/clip.mp4") for number in range(4)]
    with pytest.raises(StoreError, match="MiB are free"):
        record(archive, "evidence/5/clip.mp4")
    assert all(clip.exists() for clip in clips)
    assert archive.unfinished() == ()


def test_room_is_made_while_a_file_grows(archive: FolderArchive) -> None:
    """Of the oldest pieces; the file that grows is not touched, and without pieces it is told that there is none."""
    old = record(archive, "ambient/aisle/20000101T120000Z.mp4")
    growing = record(archive, "ambient/aisle/20000101T120100Z.mp4", end=False)
    growing.write_bytes(bytes(5_500))
    archive.make_room()
    assert not old.exists()
    growing.write_bytes(bytes(7_500))
    with pytest.raises(StoreError, match="are free"):
        archive.make_room()
    assert growing.exists()
