"""How right rules were: events against what was expected, and how much that proves. Runs nothing."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.truth_expected import Expected
from bench.truth_scenes import CONTACT_SLACK_S
from device.core.event import Event

DAY_S = 86400.0


@dataclass(slots=True)
class Tally:
    """One kind of event over many scenes."""

    positive: int = 0
    """Scenes in which it is to be told."""
    negative: int = 0
    negative_s: float = 0.0
    """How long they last."""
    quiet_false: int = 0
    """False alarms in scenes in which nothing was to be told."""
    hits: int = 0
    wrong: int = 0
    missed: int = 0
    delays: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take in what another has counted."""
        self.positive += other.positive
        self.negative += other.negative
        self.negative_s += other.negative_s
        self.quiet_false += other.quiet_false
        self.hits += other.hits
        self.wrong += other.wrong
        self.missed += other.missed
        self.delays += other.delays
        self.faults += other.faults

    @property
    def precision(self) -> float:
        """Share of what was told that was right."""
        told = self.hits + self.wrong
        return self.hits / told if told else math.nan

    @property
    def recall(self) -> float:
        """Share of what was to be told that was told."""
        wanted = self.hits + self.missed
        return self.hits / wanted if wanted else math.nan

    @property
    def false_per_day(self) -> float:
        """False alarms in a day of scenes like the negative ones."""
        return self.quiet_false / self.negative_s * DAY_S if self.negative_s else math.nan

    @property
    def bound_per_day(self) -> float:
        """What that is at most, with 95 %."""
        return poisson_bound(self.quiet_false) / self.negative_s * DAY_S if self.negative_s else math.nan


def told(events: Iterable[Event], kind: str) -> list[Event]:
    """What of a kind was told: each once, and nothing that is information alone."""
    return [event for event in events if event.kind == kind and event.state == "start" and event.priority != "info"]


def match(events: list[Event], expected: list[Expected], tally: Tally, where: str) -> list[Event]:
    """Pair events of one kind with what was expected in one scene, each once, the nearest first; those left over."""
    pairs = sorted(
        (abs(event.t_start - wanted.t_s), n, m)
        for n, event in enumerate(events)
        for m, wanted in enumerate(expected)
        if max(wanted.told_from_s, wanted.t_s - CONTACT_SLACK_S) <= event.t_emitted <= wanted.until_s
    )
    used, met = set[int](), set[int]()
    for _, n, m in pairs:
        if n not in used and m not in met:
            used.add(n)
            met.add(m)
            if not expected[m].optional:
                tally.hits += 1
                tally.delays.append(max(0.0, events[n].t_emitted - expected[m].t_clear_s))
    met |= {m for m, wanted in enumerate(expected) if wanted.optional}
    tally.missed += len(expected) - len(met)
    tally.wrong += len(events) - len(used)
    tally.faults += [f"{where}: missed at {expected[m].t_s:.1f} s" for m in range(len(expected)) if m not in met]
    false = [event for n, event in enumerate(events) if n not in used]
    tally.faults += [f"{where}: false at {event.t_start:.1f} s: {event.reasons}" for event in false]
    return false


def poisson_bound(count: int) -> float:
    """The largest mean with which so few events are still seen once in twenty times."""
    low, high = float(count), count + 20.0 + 4.0 * math.sqrt(count + 1)
    for _ in range(60):
        mean = (low + high) / 2
        term = total = math.exp(-mean)
        for k in range(1, count + 1):
            term *= mean / k
            total += term
        low, high = (mean, high) if total > 0.05 else (low, mean)
    return high


def quantile(values: list[float], share: float) -> float:
    """The value under which that share of the values lies."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else math.nan
