"""Writes a recording anew so that every player and browser can jump in it. Never leaves less than there was."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import av
import av.error

from device.errors import ShopwardenError
from device.recorder.growing import sync_folder

PART = ".part"
"""End of the name of a file that is not whole yet: whoever finds one without its writer may take it away."""


def make_seekable(path: Path) -> int:
    """Put the index of an MP4 to its front, as one whole movie; the new file's size, bytes.

    It takes the old one's place once it is whole and on the disk. A recording that was cut short becomes whole up to
    where it can be read.

    Raises:
        ShopwardenError: it cannot be read, or the new one not be written; the old one is still there.
    """
    part = path.with_name(path.name + PART)
    try:
        cut_torn_end(path)
        _rewrite(path, part)
        part.chmod(path.stat().st_mode & 0o777)
        size_bytes = _sync(part)
        part.replace(path)
        sync_folder(path.parent)
    except (OSError, av.error.FFmpegError, IndexError, ValueError) as fault:
        with contextlib.suppress(OSError):
            part.unlink()
        why = getattr(fault, "strerror", None) or str(fault)
        raise ShopwardenError(f"{path}: cannot be made seekable ({why}); it stays as it was recorded") from fault
    return size_bytes


def is_worth_keeping(path: Path) -> bool:
    """Whether a file that was cut short shows anything: a whole JPEG, or a movie with a whole fragment.

    Raises:
        OSError: it cannot be read.
    """
    if path.suffix == ".mp4":
        return any(name == b"mdat" for name, _ in _boxes(path))
    return path.read_bytes().endswith(b"\xff\xd9")


def cut_torn_end(path: Path) -> None:
    """Take away what follows the last whole box of an MP4: many players refuse half a head of a fragment.

    Raises:
        OSError: it cannot be read or written.
    """
    end = max((end for _, end in _boxes(path)), default=0)
    # No box at all: whatever it is, it is none of ours.
    if 0 < end < path.stat().st_size:
        os.truncate(path, end)


def _boxes(path: Path) -> Iterator[tuple[bytes, int]]:
    """Name and end of each whole box of the outermost level."""
    with path.open("rb") as file:
        size_bytes, place = os.fstat(file.fileno()).st_size, 0
        while place + 8 <= size_bytes:
            file.seek(place)
            length, name = int.from_bytes(file.read(4), "big"), file.read(4)
            if length < 8 or place + length > size_bytes:
                return
            place += length
            yield name, place


def _rewrite(path: Path, part: Path) -> None:
    # The prefix keeps a colon in the name from choosing a protocol.
    with (
        av.open(f"file:{path}", format="mp4") as source,
        av.open(f"file:{part}", "w", format="mp4", options={"movflags": "faststart"}) as target,
    ):
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        count = 0
        for packet in source.demux(stream):
            if packet.dts is not None and not packet.is_corrupt:
                packet.stream = copy
                target.mux_one(packet)
                count += 1
        if not count:
            raise ValueError("there is no picture in it")


def _sync(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
