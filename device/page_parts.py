"""Makes the page out of the configuration: its users, secrets, certificate and server. Answers no request itself."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from device.clock_setter import ClockSetter
from device.config.model import Config
from device.core.arming.standing import Standing
from device.core.audit import Access, Line, What
from device.core.search import Remark, Verdict
from device.errors import ConfigError, ShopwardenError
from device.guard.guard import Guard
from device.ports import Clock, Pictures
from device.recorder.holdings import Holdings
from device.store.audit_book import AuditBook, read_audit
from device.store.book import EventBook
from device.store.store import Store
from device.web.certificate import Certificate, own_certificate
from device.web.door import Door
from device.web.feed import Feed
from device.web.first_code import FirstCode
from device.web.parts import Figure, WebParts
from device.web.sessions import Sessions, read_secret
from device.web.users import Users

if TYPE_CHECKING:
    from device.web.server import WebServer

log = structlog.get_logger(__name__)

STOP_S = 3.0
"""How long open connections may take to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWays:
    """What the page shows, and whom it asks."""

    guard: Guard
    store: Store
    pictures: Pictures
    feed: Feed
    figures: Callable[[], Sequence[Figure]]
    metrics: Callable[[], str]
    reload: Callable[[], None]
    config_file: Path | None = None
    mutable: bool = False


class PageBook(EventBook):
    """The book of the service."""

    can_lock = True

    def __init__(self, store: Store, clock: Clock, holdings: Holdings, audit: AuditBook) -> None:
        """Look into an open store, and into the recordings beside it.

        Raises:
            StoreError: it cannot be read.
        """
        super().__init__(store, clock)
        self._holdings, self._audit = holdings, audit

    def remark(self, event_id: str) -> Remark:
        """What people said of it, and whether it is kept.

        Raises:
            StoreError: it cannot be read.
        """
        return replace(super().remark(event_id), locked=self._holdings.is_locked(event_id))

    def keep(self, event_id: str, by: str, *, locked: bool) -> None:
        """Keep its evidence whatever happens, or let go of it.

        Raises:
            StoreError: there is none, or the disk fails.
        """
        self._holdings.keep(event_id, locked=locked)
        self.note("locked" if locked else "unlocked", event_id, by)
        log.info("evidence_kept" if locked else "evidence_let_go", event_id=event_id, by=by)

    def seen(self, what: str, by: str) -> None:
        """Note that somebody is about to look at evidence.

        Raises:
            StoreError: it is not on disk, and then nobody may look.
        """
        self.note("seen", what, by)
        log.info("evidence_seen", what=what, by=by)

    def note(self, what: What, about: str, by: str) -> None:
        """Note that somebody is about to change something.

        Raises:
            StoreError: it is not on disk, and then nothing may be changed.
        """
        # As ``Visit.by`` has it: the name, and in brackets the way.
        who, _, way = by.partition(" (")
        self._audit.note(Access(what=what, who=who, way=way.rstrip(")") or "page", about=about))

    def judge(self, event_id: str, verdict: Verdict | None, by: str) -> None:
        """Note what somebody says of a happening; None takes it back.

        Raises:
            StoreError: it is not on disk.
        """
        super().judge(event_id, verdict, by)
        self.note("verdict", event_id, by)

    def audit(self, before: int | None, limit: int) -> list[Line]:
        """Who did what, the newest first.

        Raises:
            StoreError: it cannot be read.
        """
        return read_audit(self._store.path.parent, before=before, limit=limit)


def users_of(config: Config) -> Users:
    """Who may use the page.

    Raises:
        ConfigError: their file cannot be read.
    """
    return Users(config.device.state_dir / "web-users")


def first_code_of(config: Config) -> FirstCode:
    """The one-time code of a device that nobody can log in to yet."""
    return FirstCode(config.device.state_dir / "web-first-code")


def certificate_of(config: Config) -> Certificate | None:
    """What the page shows to prove that it is itself, made if need be; None where it speaks plain HTTP.

    Raises:
        StoreError: it cannot be written.
    """
    web = config.web
    if not web.tls:
        return None
    if web.certificate_file is not None and web.key_file is not None:
        return Certificate(web.certificate_file, web.key_file)
    return own_certificate(config.device.state_dir, config.device.id)


def audit_of(config: Config, store: Store, clock: Clock) -> AuditBook:
    """The audit, as long as the configuration keeps it."""
    days = config.retention.audit_max_days
    return AuditBook(store, clock, max_age_s=None if days is None else days * 86_400.0)


@contextlib.contextmanager
def open_page(config: Config, clock: Clock, ways: PageWays) -> Iterator["WebServer | None"]:
    """The page, served until the block ends; None where none is wanted, or it cannot be: the guard goes on without."""
    if not config.web.serve:
        yield None
        return
    with contextlib.ExitStack() as stack:
        server = None
        try:
            server = _server(config, clock, ways, stack)
        except ShopwardenError as error:
            # An alarm system with a damaged file of users must still be one.
            log.error("page_cannot_be_served", reason=str(error))
        if server is not None:
            ways.guard.listen(_tell_panel(ways.feed))
            server.start()
            stack.callback(server.stop, STOP_S)
        yield server


def _tell_panel(feed: Feed) -> Callable[[Standing], None]:
    return lambda standing: feed.tell_panel(standing.panel)


def _server(config: Config, clock: Clock, ways: PageWays, stack: contextlib.ExitStack) -> "WebServer":
    # What serves takes some 20 MiB: only where there is a page.
    from device.web.server import WebServer  # noqa: PLC0415

    users, state_dir = users_of(config), config.device.state_dir
    audit = audit_of(config, ways.store, clock)
    book = PageBook(ways.store, clock, Holdings(state_dir), audit)
    web = config.web
    if not users.all():
        log.warning("page_has_no_users", advice="`shopwarden web code` or `shopwarden user add` lets the first one in")
    if web.metrics_token_file is not None and not web.metrics_token_file.is_file():
        raise ConfigError(f"web.metrics_token_file {web.metrics_token_file}: there is no such file")
    setter = ClockSetter.of_service(clock)
    parts = WebParts(
        config=config,
        config_file=ways.config_file,
        clock=clock,
        guard=ways.guard,
        book=stack.enter_context(contextlib.closing(book)),
        pictures=ways.pictures,
        figures=ways.figures,
        metrics=ways.metrics,
        reload=ways.reload,
        set_clock=setter.set if setter else None,
        mutable=ways.mutable,
        users=users,
        sessions=Sessions(read_secret(state_dir / "web-secret"), lasts_s=web.session_h * 3600.0),
        door=Door(users, first_code_of(config), clock, audit.note_if_it_can),
        feed=ways.feed,
        zone=ZoneInfo(config.arming.timezone) if config.arming.timezone else None,
    )
    for pool in (parts.disk, parts.eyes, parts.porter):
        stack.callback(pool.shutdown)

    def make_app() -> object:
        # Loaded on the page's own thread: nobody waits for it.
        from device.web.app import build_app  # noqa: PLC0415

        return build_app(parts)

    return WebServer(make_app, ways.feed, host=web.host, port=web.port, certificate=certificate_of(config))
