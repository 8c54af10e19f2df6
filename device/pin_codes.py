"""The commands ``shopwarden pin``: give, take away and list PINs. Checks none for the guard."""

import getpass
import sys
from pathlib import Path

from device.config import load_config
from device.config.panel import pins_file
from device.errors import UsageError
from device.guard.codes import Codes

_RELOAD = "`systemctl reload shopwarden` makes a running service read it"


def set_pin(config_file: Path, name: str) -> str:
    """Give somebody a PIN: from the terminal or standard input, never from the call, which others can see.

    Raises:
        UsageError: it is no PIN, or the two that were typed differ.
        StoreError: it is not on disk.
    """
    path = pins_file(load_config(config_file))
    codes = Codes(path)
    codes.set(name, _typed() if sys.stdin.isatty() else sys.stdin.readline().strip())
    return f"{name} has a PIN in {path}; {_RELOAD}"


def remove_pin(config_file: Path, name: str) -> str:
    """Take somebody's PIN away.

    Raises:
        UsageError: they have none.
        StoreError: it is still on disk.
    """
    path = pins_file(load_config(config_file))
    Codes(path).remove(name)
    return f"{name} has no PIN any more; {_RELOAD}"


def list_pins(config_file: Path) -> str:
    """Whose PINs there are."""
    path = pins_file(load_config(config_file))
    return "\n".join(Codes(path).names) or f"no PIN is set in {path}: what weakens the guard is refused while armed"


def _typed() -> str:
    first = getpass.getpass("PIN: ")
    if getpass.getpass("once more: ") != first:
        raise UsageError("the two differ; nothing was changed")
    return first
