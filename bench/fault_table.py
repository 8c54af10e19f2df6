"""What came of faults, as a table, and what of it breaks a promise. Injects nothing."""

import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.guarded import Resources

TOLD_S = 10.0
"""Within this time a camera that is lost or frozen has been told."""
FLAT_BYTES = 8 << 20
"""Growth of the resident set that counts as none: allocators keep a page here and there."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row."""

    name: str
    what: str
    cycles: int
    blind_s: tuple[float, ...]
    """From the last good picture to the next one, for each time that a camera came back."""
    never_back: int
    told: dict[str, tuple[int, int, float]]
    """By kind of event: starts, ends, the slowest start, s."""
    restarts: int
    """Of the service itself."""
    status: int
    """Exit status of the service in the end."""
    before: Resources
    after: Resources

    def broken(self) -> list[str]:
        """Promises that were not kept."""
        found = []
        if self.never_back:
            found.append(f"{self.name}: {self.never_back} cameras did not come back")
        if self.restarts or self.status:
            found.append(f"{self.name}: the service was restarted {self.restarts} times and left with {self.status}")
        for kind, (starts, ends, slowest_s) in self.told.items():
            if kind in {"camera_lost", "tamper_frozen"} and (slowest_s > TOLD_S or starts != ends):
                found.append(f"{self.name}: {kind}: {starts} starts, {ends} ends, told after {slowest_s:.1f} s")
        if self.after.rss_bytes - self.before.rss_bytes > FLAT_BYTES:
            found.append(f"{self.name}: memory grew from {self.before.rss_bytes} to {self.after.rss_bytes} bytes")
        if (self.after.files, self.after.threads) != (self.before.files, self.before.threads):
            found.append(f"{self.name}: files and threads went from {self.before} to {self.after}")
        return found


def markdown(outcomes: list[Outcome]) -> str:
    """The table with what it was measured on."""
    machine = f"{platform.machine()}, {cpus()} shared cores, Python {platform.python_version()}, commit {commit()}"
    head = [
        f"{machine}. Four drawn cameras of 320x240 at 10 a second in one service. *Blind*",
        "is the time from the last picture before the fault to the next one after it; a camera is given 20 s of health",
        "between two faults, so that each is the first in a row. Memory, files and threads are the service's own,",
        "after the first round and after the last.",
        "",
        "| fault | cycles | blind p50 | p95 | longest | told (starts/ends, slowest) | memory MiB | files | threads |",
        "|-|-|-|-|-|-|-|-|-|",
    ]
    return "\n".join([*head, *(_row(outcome) for outcome in outcomes)]) + "\n"


def _row(outcome: Outcome) -> str:
    blind = sorted(outcome.blind_s)
    figures = [f"{_quantile(blind, share):.1f} s" if blind else "-" for share in (0.5, 0.95, 1.0)]
    told = ", ".join(
        f"{kind} {starts}/{ends}, {slow:.1f} s"
        for kind, (starts, ends, slow) in outcome.told.items()
        if kind in {"camera_lost", "tamper_frozen"}
    )
    memory = f"{outcome.before.rss_bytes / 2**20:.0f} -> {outcome.after.rss_bytes / 2**20:.0f}"
    files = f"{outcome.before.files} -> {outcome.after.files}"
    threads = f"{outcome.before.threads} -> {outcome.after.threads}"
    cells = [outcome.what, str(outcome.cycles), *figures, told or "nothing", memory, files, threads]
    return f"| {' | '.join(cells)} |"


def put_section(report: Path, title: str, text: str) -> None:
    """Write a section of a page anew, and leave the others alone."""
    page = report.read_text(encoding="utf-8") if report.exists() else "# Cameras\n"
    before, mark, rest = page.partition(f"\n## {title}\n")
    after = rest.partition("\n## ") if mark else ("", "", "")
    tail = f"\n## {after[2]}" if after[1] else ""
    report.write_text(f"{before.rstrip()}\n\n## {title}\n\n{text.rstrip()}\n{tail}", encoding="utf-8")


def _quantile(rising: list[float], share: float) -> float:
    return rising[min(len(rising) - 1, int(share * len(rising)))]


def cpus() -> int:
    """How many this machine has."""
    return len(Path("/proc/cpuinfo").read_text(encoding="ascii").split("processor\t")) - 1


def commit() -> str:
    """What is measured."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
