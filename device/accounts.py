"""The commands ``shopwarden user`` and ``shopwarden web``: who may use the page, and how a new device is reached."""

import getpass
import sys
from pathlib import Path

from device.config import load_config
from device.config.model import Config
from device.errors import UsageError
from device.page_parts import certificate_of, first_code_of, users_of
from device.web.sheet import FirstSheet, address_of
from device.web.users import Role


def add_user(config_file: Path, name: str, role: Role) -> str:
    """Make an account; the password comes from the terminal or standard input, never from the call, which others see.

    Raises:
        UsageError: the name is taken, the password too short, or the two that were typed differ.
        StoreError: it is not on disk.
    """
    users = users_of(load_config(config_file))
    if name in users.all():
        raise UsageError(f"there is a user {name!r} already; `shopwarden user reset` gives a new password")
    users.add(name, role, _typed())
    return f"{name} may log in, as {role}"


def reset_user(config_file: Path, name: str) -> str:
    """Give a user a new password; whoever is logged in under the old one no longer is.

    Raises:
        UsageError: there is no such user, or the password is too short.
        StoreError: it is not on disk.
    """
    users = users_of(load_config(config_file))
    if name not in users.all():
        raise UsageError(f"there is no user {name!r}; there are: {', '.join(users.all()) or 'none'}")
    users.reset(name, _typed())
    return f"{name} has a new password; what was open under the old one is closed"


def remove_user(config_file: Path, name: str) -> str:
    """Take an account away.

    Raises:
        UsageError: there is none.
        StoreError: it is still on disk.
    """
    users_of(load_config(config_file)).remove(name)
    return f"{name} may log in no more"


def list_users(config_file: Path) -> str:
    """Who may log in, and as what."""
    users = users_of(load_config(config_file)).all().values()
    return "\n".join(f"{user.name} ({user.role})" for user in users) or "nobody can log in: `shopwarden user add NAME`"


def first_sheet(config: Config) -> FirstSheet:
    """Address, a new one-time code and fingerprint of a device that has no users.

    Raises:
        UsageError: it has some: the code would open nothing.
        StoreError: code or certificate cannot be written.
    """
    users = users_of(config).all()
    if users:
        names = ", ".join(users)
        raise UsageError(f"there are users already ({names}); `shopwarden user reset NAME` gives a new password")
    certificate = certificate_of(config)
    fingerprint = certificate.fingerprint if certificate else None
    return FirstSheet(address_of(config.web), first_code_of(config).make(), fingerprint)


def make_code(config_file: Path) -> str:
    """The first sheet as text; each call makes the code before it worthless."""
    return first_sheet(load_config(config_file)).text()


def fingerprint(config_file: Path) -> str:
    """Where the page is, and the fingerprint that a browser shows there."""
    config = load_config(config_file)
    certificate = certificate_of(config)
    told = f"SHA-256 {certificate.fingerprint}" if certificate else "plain HTTP: only this machine reaches it"
    return f"{address_of(config.web)}\n{told}"


def _typed() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != first:
        raise UsageError("the two differ; nothing was changed")
    return first
