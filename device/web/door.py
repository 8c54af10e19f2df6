"""Who gets in: passwords and the first code, with a lock-out by source and by user. Knows no HTTP."""

import ipaddress
import math
import threading
from collections.abc import Callable

import structlog

from device.core.arming.lockout import Lockout
from device.core.audit import Access
from device.ports import Clock
from device.web.first_code import FirstCode
from device.web.users import User, Users

log = structlog.get_logger(__name__)


class Refused(Exception):  # noqa: N818 - it is an answer
    """Nobody gets in this way; the text says why."""


class Door:
    """Checks one password at a time: a check takes 19 MiB and a moment, and tries are counted before the next."""

    def __init__(
        self,
        users: Users,
        code: FirstCode,
        clock: Clock,
        note: Callable[[Access], None] = lambda access: None,  # noqa: ARG005 - a demonstration has no audit
    ) -> None:
        """Nobody is locked out yet: a restart forgives. ``note`` writes into the audit."""
        self._users, self._code, self._clock, self._note = users, code, clock, note
        # Guards the lock-outs, and lets one check go on at a time.
        self._lock = threading.Lock()
        self._by_source = Lockout((), clock.monotonic())
        self._by_user = Lockout((), clock.monotonic())

    def login(self, source: str, name: str, password: str) -> User:
        """The user, whose name and password they are.

        Raises:
            Refused: they are nobody's, or no try counts for now.
        """
        key, name = source_key(source), name[:64]
        with self._lock:
            self._waits(key, name)
            user = self._users.check(name, password)
            if user is None:
                self._wrong(key, name, source)
                log.warning("login_refused", source=source, user=name)
                raise Refused("this name and password are nobody's")
            self._by_source.right(key)
            self._by_user.right(name)
        self._note(Access(what="login", who=name, way=f"page {source}"))
        log.info("login", source=source, user=name)
        return user

    def set_up(self, source: str, code: str, name: str, password: str) -> User:
        """Make the first user, an admin, for whoever has the code; it works once, and only while there is no user.

        Raises:
            Refused: there is somebody already, the code is wrong, or no try counts for now.
            UsageError: the name or the password is none.
            StoreError: it is not on disk.
        """
        key = source_key(source)
        with self._lock:
            if self._users.all():
                raise Refused("this device has been set up: log in")
            self._waits(key, "(code)")
            if not self._code.matches(code):
                self._wrong(key, "(code)", source)
                log.warning("first_code_refused", source=source)
                raise Refused("this is not the code of this device")
            self._users.add(name, "admin", password)
            self._code.used()
        self._note(Access(what="set_up", who=name, way=f"page {source}"))
        log.info("set_up", source=source, user=name)
        return self._users.all()[name]

    def _waits(self, key: str, name: str) -> None:
        now = self._clock.monotonic()
        left_s = max(self._by_source.left_s(key, now), self._by_user.left_s(name, now))
        if left_s > 0.0:
            raise Refused(f"too many wrong tries: locked for {math.ceil(left_s)} s")

    def _wrong(self, key: str, name: str, source: str) -> None:
        now, way = self._clock.monotonic(), f"page {source}"
        self._by_source.wrong(key, now)
        self._by_user.wrong(name, now)
        self._note(Access(what="login_refused", who=name, way=way, done=False))
        if self._by_source.left_s(key, now) > 0.0 or self._by_user.left_s(name, now) > 0.0:
            self._note(Access(what="locked_out", who=name, way=way))


def source_key(source: str) -> str:
    """The address by which tries are counted: of IPv6 the network, as one machine has as many of those as it likes."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return source[:64]
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
