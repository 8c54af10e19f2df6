"""What a try came to, and how a table of them looks to a person and to a program. Tries nothing."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line."""

    check: str
    """camera, model, pins, broker, disk, clock, watchdog; walk and lights, where they are asked for."""
    name: str
    """Which of them, where there may be several; else empty."""
    status: Status
    text: str
    """What was seen, or what is wrong and what to do."""


def passed(findings: Iterable[Finding]) -> bool:
    """Whether nothing failed."""
    return all(finding.status != "failed" for finding in findings)


def line(finding: Finding) -> str:
    """For a person."""
    what = f"{finding.check} {finding.name}".strip()
    return f"{finding.status:<8} {what:<20} {' '.join(finding.text.split())}\n"


def document(findings: Iterable[Finding]) -> str:
    """For a program."""
    found = list(findings)
    return (
        json.dumps({"ok": passed(found), "checks": [asdict(it) for it in found]}, indent=2, ensure_ascii=False) + "\n"
    )
