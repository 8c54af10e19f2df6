"""A file that only a passphrase opens, written and read in one go of any length. Knows nothing of what is in it.

The key comes from the passphrase by Argon2id (RFC 9106, the second recommended choice: 64 MiB, which a Pi has). The
content goes in chunks of 1 MiB, each under ChaCha20-Poly1305 (RFC 8439; a Pi 4 has no AES in hardware) with a nonce of
a random prefix, the chunk's number and whether it is the last: the STREAM construction of V. T. Hoang et al., "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015. So a chunk that is changed, moved, left out or
cut off at the end is found.
"""

import io
import secrets
import struct
from typing import Protocol

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from device.errors import UsageError

MAGIC = b"shopwarden sealed file, version 1\n"
MIN_LENGTH = 12
"""Characters of a passphrase: whoever has the file may try as often as they like."""
_HEAD = struct.Struct(">16s7sIII")
"""Salt, prefix of the nonces, and what Argon2 is to spend: rounds, KiB, lanes."""
_ROUNDS, _KIB, _LANES = 3, 64 << 10, 4
_MOST_ROUNDS, _MOST_KIB, _MOST_LANES = 16, 256 << 10, 16
"""What a file may ask of whoever reads it."""
_CHUNK, _TAG = 1 << 20, 16
_NONCE = struct.Struct(">7sIB")
_MOST_CHUNKS = 2**32 - 1


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> int:
        """Take all of them."""


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to so many; fewer only at the end."""


class Sealing:
    """Seals what is written to it; without ``close`` what was written cannot be opened."""

    def __init__(self, file: Sink, passphrase: str, *, spend: tuple[int, int, int] = (_ROUNDS, _KIB, _LANES)) -> None:
        """Write the head.

        Args:
            file: takes the sealed bytes.
            passphrase: opens it again.
            spend: rounds, KiB and lanes of Argon2; less than usual is for tests alone.

        Raises:
            UsageError: the passphrase is too short.
        """
        if len(passphrase) < MIN_LENGTH:
            raise UsageError(f"the passphrase must have at least {MIN_LENGTH} characters")
        salt, self._prefix = secrets.token_bytes(16), secrets.token_bytes(7)
        self._head = MAGIC + _HEAD.pack(salt, self._prefix, *spend)
        self._cipher = _cipher(passphrase, salt, spend)
        self._file, self._rest, self._number = file, bytearray(), 0
        file.write(self._head)

    def write(self, data: bytes) -> int:
        """Take bytes; all but the last chunk go on at once."""
        self._rest += data
        # A full chunk waits for the next byte: it might be the last.
        while len(self._rest) > _CHUNK:
            self._seal(bytes(self._rest[:_CHUNK]), last=False)
            del self._rest[:_CHUNK]
        return len(data)

    def close(self) -> None:
        """Seal the end."""
        self._seal(bytes(self._rest), last=True)
        self._rest.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        nonce = _NONCE.pack(self._prefix, self._number, last)
        self._file.write(self._cipher.encrypt(nonce, chunk, self._head))
        self._number += 1


class Opening:
    """Opens what ``Sealing`` wrote; gives no byte that was not checked."""

    def __init__(self, file: Source, passphrase: str, name: str) -> None:
        """Read the head.

        Args:
            file: gives the sealed bytes.
            passphrase: that it was sealed with.
            name: of the file, for errors.

        Raises:
            UsageError: it is no such file.
        """
        self._file, self._name, self._number, self._ready = file, name, 0, io.BytesIO()
        magic, head = file.read(len(MAGIC)), file.read(_HEAD.size)
        if magic != MAGIC or len(head) != _HEAD.size:
            raise UsageError(f"{name}: is no backup, or was cut short")
        salt, self._prefix, *spend = _HEAD.unpack(head)
        rounds, kib, lanes = spend
        if not (0 < rounds <= _MOST_ROUNDS and 8 * lanes <= kib <= _MOST_KIB and 0 < lanes <= _MOST_LANES):
            raise UsageError(f"{name}: is damaged: its head asks for more than this program spends")
        self._head = magic + head
        self._cipher = _cipher(passphrase, salt, (rounds, kib, lanes))
        self._sealed = file.read(_CHUNK + _TAG)
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes; all that are left where ``size`` is negative; fewer only at the end.

        Raises:
            UsageError: the passphrase is another, or the file was damaged or cut short.
        """
        data = self._ready.read(size)
        while not self._ended and (size < 0 or len(data) < size):
            self._ready = io.BytesIO(self._next())
            data += self._ready.read(size if size < 0 else size - len(data))
        return data

    def _next(self) -> bytes:
        sealed, self._sealed = self._sealed, self._file.read(_CHUNK + _TAG)
        self._ended = not self._sealed
        nonce = _NONCE.pack(self._prefix, min(self._number, _MOST_CHUNKS), self._ended)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._head)
        except InvalidTag as error:
            why = (
                "another passphrase opens it, or it is damaged" if self._number == 1 else "is damaged or was cut short"
            )
            raise UsageError(f"{self._name}: {why}") from error


def _cipher(passphrase: str, salt: bytes, spend: tuple[int, int, int]) -> ChaCha20Poly1305:
    rounds, kib, lanes = spend
    key = hash_secret_raw(passphrase.encode(), salt, rounds, kib, lanes, hash_len=32, type=Type.ID)
    return ChaCha20Poly1305(key)
