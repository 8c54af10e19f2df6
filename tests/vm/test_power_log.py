"""The disk after a power cut, from a log that the emulator's own block layer writes."""

import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from bench.power_log import Cut, Fate, cut, writes

needs_qemu = pytest.mark.skipif(shutil.which("qemu-io") is None, reason="qemu-io is not installed")
SIZE = 1 << 20


def log_of(folder: Path, *orders: str) -> tuple[Path, Path]:
    """An empty disk, and the log of these orders to it."""
    disk, live, log = folder / "disk", folder / "live", folder / "log"
    for path in (disk, live, log):
        with path.open("wb") as file:
            file.truncate(8 * SIZE if path is log else SIZE)
    options = f"driver=blklogwrites,file.driver=file,file.filename={live},log.driver=file,log.filename={log}"
    words = [word for order in orders for word in ("-c", order)]
    subprocess.run(["qemu-io", "--image-opts", options, *words], check=True, capture_output=True)
    return disk, log


@needs_qemu
@pytest.mark.parametrize(
    ("fate", "late", "seen"),
    [("none", (0, 0), Cut(2, 0, 2, 0)), ("all", (3, 4), Cut(2, 2, 0, 1))],
)
def test_what_was_flushed_is_there(tmp_path: Path, fate: Fate, late: tuple[int, int], seen: Cut) -> None:
    """And nothing else, or all of it with its last write torn."""
    disk, log = log_of(
        tmp_path,
        "write -P 1 0 4k",
        "write -P 2 64k 8k",
        "flush",
        "write -P 3 0 4k",
        "write -P 4 128k 4k",
    )
    # Closing flushes, which no power cut would have allowed.
    with log.open("r+b") as file:
        last = [it for it in writes(file) if it.length][-1]
        file.truncate(last.found_at + last.length)
    assert cut(disk, log, fate, random.Random(1)) == seen  # noqa: S311 - the same in every run
    data = disk.read_bytes()
    first, second = late
    assert data[0] == (first or 1)
    assert data[64 << 10] == data[(72 << 10) - 1] == 2
    assert data[128 << 10] == second
    assert data[(132 << 10) - 1] == 0


def test_a_log_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Rather than a disk be made from it."""
    log, disk = tmp_path / "log", tmp_path / "disk"
    log.write_bytes(bytes(1024))
    disk.write_bytes(bytes(1024))
    with pytest.raises(ValueError, match="no log"):
        cut(disk, log, "all", random.Random(1))  # noqa: S311 - it decides nothing


def test_what_is_through_is_there(tmp_path: Path) -> None:
    """A write that does not come back before it is on the disk needs no flush."""
    log, disk = tmp_path / "log", tmp_path / "disk"
    entries = ((2, b"a", 2), (3, b"b", 0))
    written = b"".join(struct.pack("<QQQQ", at, 1, flags, 0).ljust(512, b"\0") + it * 512 for at, it, flags in entries)
    log.write_bytes(struct.pack("<QQQI", 0x6A736677736872, 1, 0, 512).ljust(512, b"\0") + written)
    disk.write_bytes(bytes(2048))
    assert cut(disk, log, "none", random.Random(1)) == Cut(0, 1, 1, 0)  # noqa: S311 - it decides nothing here
    assert disk.read_bytes()[1024:] == b"a" * 512 + bytes(512)
