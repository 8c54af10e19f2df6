"""Files that grow: what is on the disk when."""

import os
from pathlib import Path

import pytest

from device.recorder.growing import GrowingFile, write_whole


def test_each_piece_is_on_the_disk_before_the_next(tmp_path: Path) -> None:
    """One sync a piece."""
    file = GrowingFile(tmp_path / "clip")
    for number in range(1, 4):
        file.add(b"piece")
        assert (tmp_path / "clip").read_bytes() == b"piece" * number
        assert file.syncs == number
    file.close()
    file.close()


def test_batches_are_written_at_once_and_synced_in_the_end(tmp_path: Path) -> None:
    """Nothing in between."""
    file = GrowingFile(tmp_path / "clip", batch_bytes=10)
    file.add(b"12345")
    assert (tmp_path / "clip").stat().st_size == 0
    assert file.size_bytes == 5
    file.add(b"67890")
    assert (tmp_path / "clip").stat().st_size == 10
    file.add(b"rest")
    assert file.syncs == 0
    file.close()
    assert (file.syncs, (tmp_path / "clip").read_bytes()) == (1, b"1234567890rest")


def test_half_a_piece_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk becomes full in the middle of one: what was whole stays, and no more is taken."""
    file, write = GrowingFile(tmp_path / "clip"), os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < 5:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:3])

    file.add(b"whole")
    monkeypatch.setattr("device.recorder.growing.os.write", full)
    with pytest.raises(OSError, match="No space"):
        file.add(b"half a piece"[:6])
    assert (tmp_path / "clip").read_bytes() == b"whole"
    monkeypatch.undo()
    with pytest.raises(OSError, match="failed before"):
        file.add(b"more")
    file.close()
    assert file.good_bytes == 5


def test_a_small_file_is_whole_or_an_error(tmp_path: Path) -> None:
    """Written once, synced, closed; not readable for everybody."""
    write_whole(tmp_path / "still", b"picture")
    assert (tmp_path / "still").read_bytes() == b"picture"
    assert (tmp_path / "still").stat().st_mode & 0o007 == 0
    with pytest.raises(OSError, match="No space"):
        write_whole(Path("/dev/full"), b"picture")
