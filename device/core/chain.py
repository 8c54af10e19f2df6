"""The chain of evidence: each link names the one before by its digest, and what it vouches for. Signs nothing."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

LinkKind = Literal["sealed", "deleted"]
NOTHING: Final = "0" * 64
"""What the first link names as the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One step: the files of an event as they were when they were complete, or that they were deleted."""

    n: int
    """From 1, without gaps."""
    before: str
    """Digest of the link before, 64 hexadecimal digits; zeros for the first."""
    kind: LinkKind
    device: str
    event_id: str
    time: str
    """RFC 3339 with offset, as this device had it: a label."""
    files: Mapping[str, str]
    """SHA-256 of each file by its name in the event's folder; none where they were deleted."""

    @property
    def text(self) -> bytes:
        """What is signed and digested: one line of JSON, keys sorted."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text).hexdigest()


@dataclass(frozen=True, slots=True)
class Signed:
    """A link with its signature."""

    link: Link
    signature: bytes


def read_link(document: Any) -> Link:
    """A link as ``asdict`` made it.

    Raises:
        ValueError: it is none.
    """
    try:
        link = Link(**document)
        sound = (
            isinstance(link.n, int)
            and not isinstance(link.n, bool)
            and link.kind in ("sealed", "deleted")
            and all(isinstance(it, str) for it in (link.before, link.device, link.event_id, link.time))
            and all(isinstance(name, str) and isinstance(value, str) for name, value in link.files.items())
        )
    except (TypeError, AttributeError) as error:
        raise ValueError("no link of a chain") from error
    if not sound:
        raise ValueError("no link of a chain")
    return link


def faults(links: Sequence[Signed], signed: Callable[[bytes, bytes], bool]) -> list[str]:
    """What is wrong with a stretch of a chain, each in a line; the first link of it may be any.

    Args:
        links: as they were found.
        signed: whether a signature over a text is the key's.
    """
    found = [
        f"link {it.link.n}: its signature is not the key's" for it in links if not signed(it.signature, it.link.text)
    ]
    for before, after in itertools.pairwise(links):
        if after.link.n != before.link.n + 1:
            found.append(f"link {after.link.n} stands after link {before.link.n}: some are missing or out of order")
        elif after.link.before != before.link.digest:
            found.append(f"link {after.link.n} does not follow from link {before.link.n}: one of them was changed")
    if links and links[0].link.n == 1 and links[0].link.before != NOTHING:
        found.append("link 1 names one before it")
    return found


def differences(link: Link, there: Mapping[str, str]) -> list[str]:
    """How files differ from those that a link vouches for, each in a line.

    Args:
        link: a sealed one.
        there: SHA-256 of each file that was found, by its name.
    """
    missing = [f"{name} is missing" for name in sorted(link.files) if name not in there]
    strange = [f"{name} is not of this event" for name in sorted(there) if name not in link.files]
    changed = [f"{name} was changed" for name, sum_ in sorted(link.files.items()) if there.get(name, sum_) != sum_]
    return [*missing, *strange, *changed]


def sealed_in(links: Iterable[Signed], event_id: str) -> Signed | None:
    """The last link that seals an event."""
    found = [it for it in links if it.link.event_id == event_id and it.link.kind == "sealed"]
    return found[-1] if found else None
