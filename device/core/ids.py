"""Names for messages and happenings: UUID version 7 of RFC 9562. Owns no clock and no entropy; both are handed in."""

import hashlib
from collections.abc import Callable
from typing import Final, Protocol

FREE_BITS: Final = 74
"""Bits of a UUIDv7 that are neither time, version nor variant."""
_MS_LIMIT: Final = 1 << 48
_FREE_LIMIT: Final = 1 << FREE_BITS
_STEP_BITS: Final = 32


def uuid7(unix_ms: int, free: int) -> str:
    """The UUIDv7 of a moment and 74 further bits, in lower case.

    Raises:
        ValueError: the moment is no 48-bit number or the bits are no 74-bit number.
    """
    if not 0 <= unix_ms < _MS_LIMIT or not 0 <= free < _FREE_LIMIT:
        raise ValueError(f"not 48 bits of time and 74 free bits: {unix_ms}, {free}")
    rand_a, rand_b = free >> 62, free & ((1 << 62) - 1)
    text = f"{unix_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def unix_ms_of(text: str) -> int:
    """The moment inside a UUIDv7, Unix time in ms."""
    return int(text.replace("-", "")[:12], 16)


class IdSource(Protocol):
    """Gives out names, never one twice; used from one thread."""

    def next(self, wall_s: float) -> str:
        """A new UUIDv7 for a moment in Unix time, s."""


class RandomIds:
    """Names for the service: unguessable, and rising even where the clock stands or steps back."""

    def __init__(self, entropy: Callable[[int], int]) -> None:
        """Take ``entropy(bits)``, for example ``secrets.randbits``."""
        self._entropy = entropy
        self._last_ms = -1
        self._last_free = 0

    def next(self, wall_s: float) -> str:
        """A name above all earlier ones; a clock that stepped back keeps the highest moment seen."""
        unix_ms = _clamped_ms(wall_s)
        if unix_ms > self._last_ms:
            self._last_ms, self._last_free = unix_ms, self._entropy(FREE_BITS)
        else:
            # RFC 9562, 6.2, method 2: within a millisecond the random part grows by a random step.
            self._last_free += 1 + self._entropy(_STEP_BITS)
            if self._last_free >= _FREE_LIMIT:
                self._last_ms, self._last_free = self._last_ms + 1, self._entropy(FREE_BITS)
        return uuid7(self._last_ms, self._last_free)


class DerivedIds:
    """Names for replay: the same seed gives the same names in the same order."""

    def __init__(self, seed: str) -> None:
        """Take what the names follow from: a hash of configuration and clip, for example."""
        self._seed = seed
        self._count = 0

    def next(self, wall_s: float) -> str:
        """The next name of this seed; only its 48 bits of time come from the moment."""
        self._count += 1
        digest = hashlib.sha256(f"{self._seed}\n{self._count}".encode()).digest()
        return uuid7(_clamped_ms(wall_s), int.from_bytes(digest[:10]) >> 6)


def _clamped_ms(wall_s: float) -> int:
    return min(max(int(wall_s * 1000), 0), _MS_LIMIT - 1)
