"""How the C library keeps memory, told once at the start. Allocates nothing."""

import contextlib
import ctypes
from typing import Final

# Of malloc.h.
_ARENA_MAX: Final = -8
_MMAP_THRESHOLD: Final = -3
_MMAP_FROM_BYTES: Final = 4 << 20


def keep_one_heap() -> None:
    """Have all threads share one heap, and give back what is large; nothing where the C library has no such setting.

    glibc gives threads heaps of their own, up to eight for each core, and what one has used for a picture stays with
    it. And it takes what was large once for usual: the 19 MiB that a password's hash takes would be kept for ever. With
    both, a daemon whose page was in use held 212 MiB.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 1)
        library.mallopt(_MMAP_THRESHOLD, _MMAP_FROM_BYTES)
