"""What of the recordings has to go, and whether that is enough. Deletes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

HeldKind = Literal["evidence", "ambient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What goes as one: the folder of an event, or a piece of what is recorded all the time."""

    name: str
    kind: HeldKind
    size_bytes: int
    t: float
    """When it was last written, Unix time, s."""
    locked: bool = False
    """Somebody wants it kept whatever happens."""
    writing: bool = False
    """It is not finished."""

    @property
    def may_go(self) -> bool:
        """Whether it may be deleted at all."""
        return not (self.locked or self.writing)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How much is kept, and how long."""

    max_bytes: int | None = None
    """Of all recordings; None = as much as there is room for."""
    min_free_bytes: int = 0
    """So much of the disk is left to others."""
    evidence_max_s: float | None = None
    ambient_max_s: float | None = None


def doomed(held: Iterable[Held], settings: RetentionSettings, *, free_bytes: int, wall: float | None) -> list[Held]:
    """What has to go, in the order in which it should: what is too old, then ambient before evidence, oldest first.

    Args:
        held: everything there is.
        settings: the bounds.
        free_bytes: on the disk now.
        wall: Unix time, s; None where it cannot be trusted, and then nothing is too old.
    """
    found = list(held)
    # By name among those of one moment, so that the order never depends on how they were listed.
    able = sorted((it for it in found if it.may_go), key=lambda it: (it.kind == "evidence", it.t, it.name))
    gone = [it for it in able if _too_old(it, settings, wall)]
    kept_bytes = sum(it.size_bytes for it in found) - sum(it.size_bytes for it in gone)
    left_bytes = free_bytes + sum(it.size_bytes for it in gone)
    rest = iter([it for it in able if not _too_old(it, settings, wall)])
    while _too_much(kept_bytes, left_bytes, settings) and (it := next(rest, None)) is not None:
        gone.append(it)
        kept_bytes -= it.size_bytes
        left_bytes += it.size_bytes
    return gone


def _too_old(it: Held, settings: RetentionSettings, wall: float | None) -> bool:
    most_s = settings.evidence_max_s if it.kind == "evidence" else settings.ambient_max_s
    return wall is not None and most_s is not None and wall - it.t > most_s


def _too_much(kept_bytes: int, left_bytes: int, settings: RetentionSettings) -> bool:
    over = settings.max_bytes is not None and kept_bytes > settings.max_bytes
    return over or left_bytes < settings.min_free_bytes
