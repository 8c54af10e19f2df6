"""What the page needs of the rest, and no more. Holds no code that does anything."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from device.config.model import Config
from device.core.arming.command import Answer
from device.core.arming.standing import Standing
from device.core.audit import Line, What
from device.core.event import Event
from device.core.search import Remark, Search, Verdict
from device.guard.guard import Request
from device.ports import Clock, Pictures
from device.web.door import Door
from device.web.feed import Feed
from device.web.hands import Hands
from device.web.sessions import Sessions
from device.web.users import Users


class Commands(Protocol):
    """The guard's door."""

    def command(self, request: Request) -> Answer:
        """Do what is asked, or say why not."""

    def standing(self) -> Standing:
        """How things stand now."""


class Book(Protocol):
    """What has happened; may be called from any thread, and each call may wait for the disk.

    Each raises ``StoreError`` where the disk fails.
    """

    can_lock: bool
    """Whether evidence can be locked."""

    def search(self, search: Search) -> list[Event]:
        """Events without their ends, newest first."""

    def happening(self, event_id: str) -> list[Event]:
        """Everything about one happening, in order."""

    def remark(self, event_id: str) -> Remark:
        """What people have said of a happening."""

    def judge(self, event_id: str, verdict: Verdict | None, by: str) -> None:
        """Note what somebody says of a happening; None takes it back."""

    def keep(self, event_id: str, by: str, *, locked: bool) -> None:
        """Lock a happening's evidence against being deleted to make room, or unlock it."""

    def seen(self, what: str, by: str) -> None:
        """Note in the audit that somebody has looked at evidence."""

    def note(self, what: What, about: str, by: str) -> None:
        """Note in the audit that somebody is about to change something."""

    def audit(self, before: int | None, limit: int) -> list[Line]:
        """Who did what, the newest first, from below a number on."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of health."""

    name: str
    text: str
    """What it means, for a person."""
    value: float | str | None
    unit: str = ""
    part: str | None = None
    """Of which camera or sink; None for the device."""
    good: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WebParts:
    """Everything that an answer may take."""

    config: Config
    config_file: Path | None
    """Where the drawing is written to; None where there is no file."""
    clock: Clock
    guard: Commands
    book: Book
    pictures: Pictures
    figures: Callable[[], Sequence[Figure]]
    metrics: Callable[[], str]
    """Everything as Prometheus reads it."""
    reload: Callable[[], None]
    """Has the service read its configuration again."""
    set_clock: Callable[[float], None] | None
    """Sets the system's clock to a Unix time, s; None where nobody would."""
    mutable: bool
    """Whether anything is wired that can be muted."""
    users: Users
    sessions: Sessions
    door: Door
    feed: Feed
    zone: ZoneInfo | None = None
    """The time zone that people live in; None for the system's."""
    disk: Hands = field(default_factory=lambda: Hands(4, "page-disk"))
    """For what may wait for a disk or a hash: a disk that hangs stops these, and nobody else."""
    porter: Hands = field(default_factory=lambda: Hands(1, "page-door"))
    """For passwords, one after the other: whoever floods the login holds up logins alone."""
    eyes: Hands = field(default_factory=lambda: Hands(2, "page-eyes"))
    """For pictures, which are waited for; OpenCV keeps some 6 MiB for each thread that ever made one."""
