"""The one-time code by which the first admin is made. Makes no user."""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Final

from device.errors import StoreError
from device.whole_file import replace_file

_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without those that people take for another."""
_GROUPS, _LENGTH = 3, 4
"""Twelve letters: 59 bits, against a lock-out."""


class FirstCode:
    """One code, of which the file keeps only the hash."""

    def __init__(self, path: Path) -> None:
        """Look for it in a file, which need not be there."""
        self._path = path

    def make(self) -> str:
        """A new code in place of any before it.

        Raises:
            StoreError: it is not on disk.
        """
        groups = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_GROUPS)]
        code = "-".join(groups)
        try:
            self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            replace_file(self._path, _digest(code).encode("ascii"))
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be written ({error.strerror})") from error
        return code

    def matches(self, code: str) -> bool:
        """Whether this is the code; dashes, spaces and case do not matter."""
        try:
            kept = self._path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return False
        return hmac.compare_digest(kept, _digest(code))

    def used(self) -> None:
        """It opens nothing any more."""
        self._path.unlink(missing_ok=True)


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.upper()[:64] if letter.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()
