"""What of a disk is left when its power goes: read from the log that qemu's ``blklogwrites`` keeps of every write.

A disk has a cache. What was written before the last flush is on it; of what came later each write is there or not, the
last of them perhaps in part. Killing the emulator alone would keep all of that, as the host's own cache lives on.
"""

import os
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

Fate = Literal["none", "some", "all"]
"""How much of what was not flushed is there after the cut; of ``some`` and ``all`` the last write is torn."""

_MAGIC: Final = 0x6A736677736872
_SUPER: Final = struct.Struct("<QQQI")
_ENTRY: Final = struct.Struct("<QQQQ")
_FLUSH, _FUA, _DISCARD = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Write:
    """One write, or a flush alone."""

    at: int
    """Byte on the disk where it begins."""
    length: int
    """Bytes."""
    found_at: int
    """Byte in the log where its data begin."""
    is_flush: bool
    is_through: bool
    """It did not come back before it was on the disk."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of the writes of one run."""

    flushed: int
    kept: int
    """Of those after the last flush."""
    lost: int
    torn: int


def writes(log: BinaryIO) -> Iterator[Write]:
    """All that was written, in order, as far as the log goes.

    Raises:
        ValueError: it is no such log.
    """
    magic, version, _, sector = _SUPER.unpack(log.read(_SUPER.size))
    if (magic, version) != (_MAGIC, 1):
        raise ValueError("this is no log of blklogwrites")
    # The count in the first sector is as of the last flush; what came after it is told by the entries themselves.
    place, end = sector, log.seek(0, os.SEEK_END)
    while place + _ENTRY.size <= end:
        log.seek(place)
        first, count, flags, _ = _ENTRY.unpack(log.read(_ENTRY.size))
        length = 0 if flags & _DISCARD else count * sector
        # Nothing was written here any more, or not to its end.
        if not (count or flags) or place + sector + length > end:
            return
        yield Write(first * sector, length, place + sector, bool(flags & _FLUSH), bool(flags & _FUA))
        place += sector + length


def cut(disk: Path, log: Path, fate: Fate, chance: random.Random) -> Cut:
    """Bring a disk from how it was before a run to how the power cut at the run's end leaves it.

    Args:
        disk: as it was when the run began; changed in place. Doing the same twice changes nothing more.
        log: of the run.
        fate: what becomes of what was not flushed.
        chance: decides each.
    """
    with disk.open("r+b") as target, log.open("rb") as source:
        found = list(writes(source))
        last = max((number for number, it in enumerate(found) if it.is_flush), default=-1)
        later = [it for it in found[last + 1 :] if it.length]
        kept = [it for it in later if it.is_through or fate == "all" or (fate == "some" and chance.random() < 0.5)]
        torn = [it for it in kept[-1:] if not it.is_through and it.length > 512]
        for it in [it for it in found[: last + 1] if it.length] + kept:
            length = chance.randrange(1, it.length // 512) * 512 if it in torn else it.length
            source.seek(it.found_at)
            target.seek(it.at)
            target.write(source.read(length))
        target.flush()
        os.fsync(target.fileno())
    flushed = sum(1 for it in found[: last + 1] if it.length)
    return Cut(flushed=flushed, kept=len(kept), lost=len(later) - len(kept), torn=len(torn))
