"""Which events somebody wants to see, and what people said of them. Finds none."""

from dataclasses import dataclass
from typing import Literal

from device.core.event import Kind, Priority

Verdict = Literal["true", "false"]
"""What a person says of an alarm afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which events somebody wants to see, newest first."""

    kind: Kind | None = None
    priority: Priority | None = None
    """This one and those above it."""
    camera: str | None = None
    begin: float | None = None
    """From this moment on, Unix time, s; with it, the newest are those of the latest time, else those told last."""
    end: float | None = None
    """Before this moment, Unix time, s."""
    before_seq: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Remark:
    """What people have said of a happening, and whether it is kept."""

    verdict: Verdict | None = None
    by: str | None = None
    locked: bool = False
