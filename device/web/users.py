"""Who may use the page: names, roles and hashed passwords in a file of their own. Counts no wrong tries."""

import hashlib
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from device.errors import ConfigError, StoreError, UsageError
from device.whole_file import replace_file

Role = Literal["viewer", "guard", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""Each may do what those before it may: look; arm, disarm and judge events; change the configuration."""
MAX_USERS: Final = 64
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 256
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
# As for PINs: 19 MiB, 2 rounds, 1 lane.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS: Final = _HASHER.hash("a password that opens nothing")


@dataclass(frozen=True, slots=True)
class User:
    """One account."""

    name: str
    role: Role
    hashed: str

    @property
    def generation(self) -> str:
        """Changes with the password, so that logins from before end with it."""
        return hashlib.sha256(self.hashed.encode()).hexdigest()[:16]

    def may(self, role: Role) -> bool:
        """Whether this user may do what a role may."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Users:
    """The accounts of a file, a line each: a name, a role, the hash; read again when somebody has changed it."""

    def __init__(self, path: Path) -> None:
        """Read them; a file that is not there holds none.

        Raises:
            ConfigError: the file cannot be read, or is no such file.
        """
        self._path = path
        # Guards what was read: requests come on several threads.
        self._lock = threading.Lock()
        self._stamp = _stamp(path)
        self._users = _read(path)

    def all(self) -> dict[str, User]:
        """Every account, by name, as the file is now.

        Raises:
            ConfigError: the file cannot be read any more, or is no such file.
        """
        with self._lock:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._users, self._stamp = _read(self._path), stamp
            return dict(self._users)

    def check(self, name: str, password: str) -> User | None:
        """The user whose name and password these are; an unknown name takes as long as a wrong password."""
        user = self.all().get(name)
        right = _matches(user.hashed if user else _NOBODYS, password[:LONGEST_PASSWORD])
        return user if user and right else None

    def add(self, name: str, role: Role, password: str) -> None:
        """Make an account; it is on disk when this returns.

        Raises:
            UsageError: the name is taken or none, the password too short, or there are too many.
            StoreError: it is not on disk.
        """
        users = self.all()
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name: up to 32 letters, digits, '.', '-' and '_'")
        if name in users:
            raise UsageError(f"there is a user {name!r} already; `shopwarden user reset` gives a new password")
        if len(users) >= MAX_USERS:
            raise UsageError(f"there are {MAX_USERS} users already: remove one first")
        self._write(users | {name: User(name, role, _hash(password))})

    def reset(self, name: str, password: str) -> None:
        """Give a user a new password; whoever is logged in under the old one no longer is.

        Raises:
            UsageError: there is no such user, or the password is too short.
            StoreError: it is not on disk.
        """
        user = self._known(name)
        self._write(self.all() | {name: User(name, user.role, _hash(password))})

    def remove(self, name: str) -> None:
        """Take an account away.

        Raises:
            UsageError: there is none.
            StoreError: it is still on disk.
        """
        self._known(name)
        self._write({other: user for other, user in self.all().items() if other != name})

    def _known(self, name: str) -> User:
        users = self.all()
        if name not in users:
            raise UsageError(f"there is no user {name!r}; there are: {', '.join(users) or 'none'}")
        return users[name]

    def _write(self, users: dict[str, User]) -> None:
        text = "".join(f"{user.name}:{user.role}:{user.hashed}\n" for user in users.values())
        try:
            self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            replace_file(self._path, text.encode("ascii"))
        except OSError as error:
            raise StoreError(f"users {self._path}: cannot be written ({error.strerror})") from error


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UsageError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return _HASHER.hash(password)


def _matches(hashed: str, password: str) -> bool:
    try:
        # Surrogates, which no keyboard types, are no password.
        return _HASHER.verify(hashed, password.encode("utf-8", "replace"))
    except (Argon2Error, InvalidHashError):
        return False


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes with the file."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _read(path: Path) -> dict[str, User]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no ASCII"
        raise ConfigError(f"users {path}: {reason}: check its owner and rights") from error
    users = {}
    for number, line in enumerate(lines, start=1):
        name, role, hashed = (*line.split(":", 2), "", "")[:3]
        if not _NAME.fullmatch(name) or role not in ROLES or not hashed.startswith("$argon2"):
            raise ConfigError(f"users {path}:{number}: is no name, role and hash: write it with `shopwarden user add`")
        users[name] = User(name, role, hashed)
    return users
