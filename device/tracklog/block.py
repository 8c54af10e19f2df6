"""Blocks of bytes that are found again behind a damaged one. Knows nothing of what is in them."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

MARK: Final = b"\xf5SWt"
MAX_BLOCK: Final = 4 * 1024 * 1024
"""Bytes of what is put into one."""
_HEAD = struct.Struct("<II")
_LEVEL = 6


def pack(content: bytes) -> bytes:
    """One block: a mark, its length, a sum over the rest, and the content packed."""
    packed = zlib.compress(content, _LEVEL)
    return MARK + _HEAD.pack(len(packed), zlib.crc32(packed)) + packed


def unpack(content: bytes) -> Iterator[bytes | None]:
    """What is in each block, in order; None stands for a stretch that is none, however long."""
    at, torn, work = 0, False, 4 * len(content)
    while at < len(content):
        start = content.find(MARK, at)
        whole, end = _block(content, start) if start >= 0 and work >= 0 else (None, at)
        work -= end - start if start >= 0 else 0
        if (start != at or whole is None) and not torn:
            torn = True
            yield None
        if start < 0 or work < 0:
            # Nothing is left, or marks that are none, in such number that no power cut has made them.
            return
        if whole is None:
            at = start + 1
            continue
        yield whole
        at, torn = end, False


def _block(content: bytes, start: int) -> tuple[bytes | None, int]:
    """What is in the block that begins there, None where there is none, and up to where was read."""
    first = start + len(MARK) + _HEAD.size
    if first > len(content):
        return None, first
    size, check = _HEAD.unpack_from(content, start + len(MARK))
    if size > MAX_BLOCK or first + size > len(content):
        return None, first
    packed = content[first : first + size]
    if zlib.crc32(packed) != check:
        return None, first + size
    try:
        opened = zlib.decompressobj()
        whole = opened.decompress(packed, 2 * MAX_BLOCK)
    except zlib.error:
        return None, first + size
    return (whole if opened.eof else None), first + size
