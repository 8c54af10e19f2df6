"""A page that is served for tests, with everything around it in the test's hand. Holds no test."""

import functools
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from argon2 import PasswordHasher

from device.config import load_config
from device.core.audit import Access, Line, What
from device.core.event import PRIORITIES, Event
from device.core.ids import unix_ms_of
from device.core.search import Remark, Search, Verdict
from device.errors import UsageError
from device.web.app import build_app
from device.web.certificate import Certificate
from device.web.door import Door
from device.web.feed import Feed
from device.web.first_code import FirstCode
from device.web.parts import Figure, WebParts
from device.web.server import WebServer
from device.web.sessions import Sessions
from device.web.users import Users
from tests.device.drawn import write_config
from tests.guard.guards import AtWork, at_work

PASSWORDS = {"anna": "anna has a long one", "gert": "gert guards the yard", "vera": "vera only looks on"}
ROLES: dict[str, Any] = {"anna": "admin", "gert": "guard", "vera": "viewer"}


@functools.cache
def hashed(name: str) -> str:
    """Somebody's password, hashed once for all tests."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORDS[name])


def _trusting() -> ssl.SSLContext:
    """Takes the certificate that a test has just made; made once, as it takes long."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


TRUSTING = _trusting()


class MemoryBook:
    """What has happened, in memory."""

    can_lock = True

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.remarks: dict[str, Remark] = {}
        self.looks: list[tuple[str, str]] = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def search(self, search: Search) -> list[Event]:
        """As the store does."""
        self.goes_on.wait(30.0)
        rank = PRIORITIES.index(search.priority) if search.priority else 0
        found = [
            it
            for it in reversed(self.events)
            if it.state != "end"
            and search.kind in (None, it.kind)
            and PRIORITIES.index(it.priority) >= rank
            and search.camera in (None, it.camera)
            and (search.before_seq is None or (it.seq or 0) < search.before_seq)
            and (search.begin is None or unix_ms_of(it.id) >= search.begin * 1000)
            and (search.end is None or unix_ms_of(it.id) < search.end * 1000)
        ]
        return found[: search.limit]

    def happening(self, event_id: str) -> list[Event]:
        """Its messages."""
        return [it for it in self.events if it.event_id == event_id]

    def remark(self, event_id: str) -> Remark:
        """What was said."""
        return self.remarks.get(event_id, Remark())

    def judge(self, event_id: str, verdict: Verdict | None, by: str) -> None:
        """Note it."""
        self.remarks[event_id] = Remark(verdict, by, self.remark(event_id).locked)

    def keep(self, event_id: str, by: str, *, locked: bool) -> None:
        """Note it."""
        self.looks.append((event_id, by))
        said = self.remark(event_id)
        self.remarks[event_id] = Remark(said.verdict, said.by, locked)

    def seen(self, what: str, by: str) -> None:
        """Note it."""
        self.looks.append((what, by))

    def note(self, what: What, about: str, by: str) -> None:
        """Note it."""
        assert what in ("drawing", "clock")
        self.looks.append((about, by))

    def audit(self, before: int | None, limit: int) -> list[Line]:
        """Two lines."""
        lines = [
            Line(n=n, at_s=1.0, clock_synced=True, access=Access(what="login", way="page", who="anna")) for n in (2, 1)
        ]
        return [it for it in lines if before is None or it.n < before][:limit]


class DrawnPictures:
    """A picture that says how it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool, bool]] = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def jpeg(self, camera: str, *, boxes: bool, pixelated: bool, timeout_s: float) -> bytes | None:
        """A grey picture with the camera's name."""
        self.asked.append((camera, boxes, pixelated))
        if not self.goes_on.wait(timeout_s):
            return None
        picture = np.full((240, 320, 3), 96, np.uint8)
        cv2.putText(picture, camera, (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2)
        return bytes(cv2.imencode(".jpg", picture)[1].tobytes())


class Served:
    """The server, and clients of it."""

    def __init__(
        self, work: AtWork, folder: Path, config: Path, certificate: Certificate | None, *, sets_clock: bool
    ) -> None:
        self.work, self.book, self.pictures, self.feed = work, MemoryBook(), DrawnPictures(), Feed()
        self.folder, self.config_file = folder, config
        self.state = folder / "state"
        self.state.mkdir(exist_ok=True)
        self.users = Users(self.state / "web-users")
        self.code = FirstCode(self.state / "web-first-code")
        self.reloads = 0
        self.clients: list[httpx.Client] = []
        self.parts = WebParts(
            config=load_config(config), config_file=config, clock=work.clock, guard=work.guard, book=self.book,
            pictures=self.pictures,
            figures=lambda: (Figure("fps", "pictures a second", 14.5, part="aisle"),),
            metrics=lambda: "shopwarden_up 1\n", reload=self._reload, mutable=True, users=self.users,
            set_clock=self.set_clock if sets_clock else None,
            sessions=Sessions(b"s" * 32, lasts_s=3600.0), door=Door(self.users, self.code, work.clock), feed=self.feed,
        )  # fmt: skip
        self.certificate = certificate
        self.server = WebServer(
            lambda: build_app(self.parts), self.feed, host="127.0.0.1", port=0, certificate=certificate
        )

    @property
    def url(self) -> str:
        """Where it is."""
        address = self.server.address
        assert address is not None
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{address[1]}"

    def set_clock(self, unix_s: float) -> None:
        """As whoever may set it does."""
        if unix_s < 1e9:
            raise UsageError("this is no time")
        self.work.clock.set_wall(unix_s)

    def client(self, name: str | None = None) -> httpx.Client:
        """A browser's worth of cookies, logged in if a name is given."""
        client = httpx.Client(base_url=self.url, verify=TRUSTING, timeout=30.0)
        self.clients.append(client)
        if name is not None:
            # As a login would leave it; what a login takes is tried where logins are.
            sessions, wall = self.parts.sessions, self.parts.clock.wall()
            cookie = sessions.begin(name, self.users.all()[name].generation, wall)
            session = sessions.read(cookie, wall)
            assert session is not None
            client.cookies.set("__Host-shopwarden" if self.certificate else "shopwarden", cookie)
            client.headers["x-csrf-token"] = sessions.token(session)
        return client

    def tell(self, event: Event) -> Event:
        """Something happens."""
        self.book.events.append(event)
        self.feed.offer(event)
        return event

    def _reload(self) -> None:
        self.reloads += 1


@contextmanager
def served(
    folder: Path,
    *,
    armed: Any = "away",
    users: bool = True,
    certificate: Certificate | None = None,
    more: str = "",
    sets_clock: bool = True,
) -> Iterator[Served]:
    """A page that answers, with a user of each role."""
    with at_work(armed, pins_set=True) as work:
        page = Served(work, folder, write_config(folder, more=more), certificate, sets_clock=sets_clock)
        if users:
            lines = [f"{name}:{ROLES[name]}:{hashed(name)}\n" for name in PASSWORDS]
            (page.state / "web-users").write_text("".join(lines), encoding="ascii")
        page.server.start()
        poll = threading.Event()
        for _ in range(400):
            if page.server.address is not None:
                break
            poll.wait(0.02)
        try:
            yield page
        finally:
            for client in page.clients:
                client.close()
            assert page.server.stop(10.0)
            for pool in (page.parts.disk, page.parts.eyes, page.parts.porter):
                pool.shutdown()
