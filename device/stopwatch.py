"""What each stage costs, in wall and CPU time. Knows no stage by name."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

Result = TypeVar("Result")

KEPT = 100_000
"""Durations kept for each stage; later ones count in the sums alone."""


@dataclass(slots=True)
class _Stage:
    count: int = 0
    cpu_s: float = 0.0
    wall_ms: list[float] = field(default_factory=list)


class StageTimes:
    """A stopwatch for the pipeline that remembers."""

    def __init__(self) -> None:
        self._stages: dict[str, _Stage] = {}

    def __call__(self, stage: str, work: Callable[[], Result]) -> Result:
        """Do the work, note its cost and return what it returns."""
        kept = self._stages.setdefault(stage, _Stage())
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        kept.count += 1
        kept.cpu_s += time.process_time() - cpu
        if len(kept.wall_ms) < KEPT:
            kept.wall_ms.append((time.perf_counter() - wall) * 1000)
        return result

    def table(self) -> dict[str, dict[str, float]]:
        """By stage: count, median_ms and p95_ms of wall time, cpu_s of all threads."""
        return {
            name: {
                "count": stage.count,
                "median_ms": round(float(np.median(stage.wall_ms)), 3),
                "p95_ms": round(float(np.percentile(stage.wall_ms, 95)), 3),
                "cpu_s": round(stage.cpu_s, 3),
            }
            for name, stage in self._stages.items()
        }


def cpu_now_s() -> float:
    """CPU time of this process and of its children that have ended, s."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def peak_rss_bytes() -> int:
    """Largest resident set that this very program has had."""
    # getrusage would tell that of whoever started us, where it was larger: Linux carries it over exec.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
