"""PINs as hashes in a file of their own. Counts no wrong tries."""

import re
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from device.errors import ConfigError, StoreError, UsageError
from device.whole_file import replace_file

MAX_CODES: Final = 16
"""Checking a wrong PIN costs one hash for each."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_CODE: Final = re.compile(r"[0-9]{4,12}")
# OWASP's second choice for argon2id: 19 MiB, 2 rounds, 1 lane. A Pi checks one in a fraction of a second, and the
# daemon's memory stays within its budget.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Codes:
    """The PINs of a file, a line each: a name, a colon, the hash."""

    def __init__(self, path: Path) -> None:
        """Read them; a file that is not there holds none.

        Raises:
            ConfigError: the file cannot be read, or is no such file.
        """
        self._path = path
        self._hashes = _read(path)

    def __bool__(self) -> bool:
        return bool(self._hashes)

    @property
    def names(self) -> tuple[str, ...]:
        """Whose PINs there are."""
        return tuple(self._hashes)

    def whose(self, code: str) -> str | None:
        """Whose PIN this is; None where nobody's."""
        if not _CODE.fullmatch(code):
            return None
        # Every one is looked at, so that the time taken does not tell whose it was.
        found = [name for name, hashed in self._hashes.items() if _matches(hashed, code)]
        return found[0] if found else None

    def set(self, name: str, code: str) -> None:
        """Give somebody a PIN, in place of any other of theirs; it is on disk when this returns.

        Raises:
            UsageError: the name or the PIN is no such thing, or somebody else's.
            StoreError: it is not on disk.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name: up to 32 letters, digits, '.', '-' and '_'")
        if not _CODE.fullmatch(code):
            raise UsageError("a PIN has 4 to 12 digits")
        if self.whose(code) not in (None, name):
            raise UsageError("this PIN is taken: choose another")
        if name not in self._hashes and len(self._hashes) >= MAX_CODES:
            raise UsageError(f"there are {MAX_CODES} PINs already: remove one first")
        self._write(self._hashes | {name: _HASHER.hash(code)})

    def remove(self, name: str) -> None:
        """Take somebody's PIN away.

        Raises:
            UsageError: they have none.
            StoreError: it is still on disk.
        """
        if name not in self._hashes:
            raise UsageError(f"{name!r} has no PIN; there are: {', '.join(self._hashes) or 'none'}")
        self._write({other: hashed for other, hashed in self._hashes.items() if other != name})

    def _write(self, hashes: dict[str, str]) -> None:
        text = "".join(f"{name}:{hashed}\n" for name, hashed in hashes.items())
        folder = self._path.parent
        try:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            replace_file(self._path, text.encode("ascii"))
        except OSError as error:
            raise StoreError(f"pins_file {self._path}: cannot be written ({error.strerror})") from error
        self._hashes = hashes


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no ASCII"
        raise ConfigError(f"pins_file {path}: {reason}: check its owner and rights") from error
    hashes = {}
    for number, line in enumerate(lines, start=1):
        name, _, hashed = line.partition(":")
        if not _NAME.fullmatch(name) or not hashed.startswith("$argon2"):
            raise ConfigError(f"pins_file {path}:{number}: is no name and hash: write it with `shopwarden pin set`")
        hashes[name] = hashed
    return hashes


def _matches(hashed: str, code: str) -> bool:
    try:
        return _HASHER.verify(hashed, code)
    except (Argon2Error, InvalidHashError):
        return False
