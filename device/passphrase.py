"""Where a passphrase comes from: a file, a terminal, or the first line of standard input. Seals nothing."""

import getpass
import secrets
import sys
from pathlib import Path
from typing import Final

from device.errors import UsageError

_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's 32: none is taken for another."""
_GROUPS, _EACH = 5, 5
"""125 bits: nobody tries those."""


def made_passphrase() -> str:
    """One that nobody guesses and a person can copy from paper."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_EACH)) for _ in range(_GROUPS))


def passphrase_for(file: Path | None, *, new: bool) -> str:
    """The passphrase: of a file's first line, typed, or of standard input.

    Args:
        file: that holds it, or None.
        new: whether it is to seal; then it is asked twice, and one is made and shown where nothing is typed.

    Raises:
        UsageError: there is none, or the two that were typed differ.
    """
    if file is not None:
        try:
            return _first_line(file.read_text(encoding="utf-8"), str(file))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--passphrase-file {file}: cannot be read: {error}") from error
    if not sys.stdin.isatty():
        return _first_line(sys.stdin.readline(), "standard input: give it there, or by --passphrase-file")
    return _new() if new else getpass.getpass("passphrase: ")


def _first_line(text: str, place: str) -> str:
    line = text.partition("\n")[0].rstrip("\r")
    if not line:
        raise UsageError(f"no passphrase in {place}")
    return line


def _new() -> str:
    first = getpass.getpass("passphrase (nothing: one is made for you): ")
    if not first:
        made = made_passphrase()
        sys.stderr.write(
            f"shopwarden: the passphrase is {made}\nWrite it down now, away from the file: nothing else opens it.\n"
        )
        return made
    if getpass.getpass("once more: ") != first:
        raise UsageError("the two differ; nothing was written")
    return first
