"""Which of two models to ship, and why. Does not measure them."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.compare.resample import Difference

_NOTABLY = 0.1
"""A part of time or size that is worth a change of model; less is within what two runs of one model differ by."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One of the two."""

    name: str
    path: str
    model_bytes: int
    latency_ms: float
    lacking: tuple[str, ...]
    """Classes of the set that it does not know and the other does."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do."""

    ship: str
    """``a`` or ``b``."""
    sure: bool
    """Whether the pictures tell the two apart."""
    reason: str


def decide(a: Contender, b: Contender, figures: Mapping[str, Difference], decisive: str) -> Verdict:
    """The better one, where the pictures tell; else the faster, else the smaller, else the first.

    Args:
        a: the model in use.
        b: the other.
        figures: of both.
        decisive: the figure that decides.
    """
    gain = figures[decisive].gain
    figure = "AP" if decisive == "ap" else decisive
    spread = f"{figure} {gain.value:+.3f}, 95 %: {gain.low:+.3f} to {gain.high:+.3f}"
    if gain.low > 0:
        return Verdict("b", True, f"{b.name} is better: {spread}{_warning(b, a)}")
    if gain.high < 0:
        return Verdict("a", True, f"{b.name} is worse: {spread}{_warning(a, b)}")
    ship, why = _by_cost(a, b)
    chosen, other = (a, b) if ship == "a" else (b, a)
    return Verdict(ship, False, f"these pictures do not tell them apart ({spread}); {why}{_warning(chosen, other)}")


def _by_cost(a: Contender, b: Contender) -> tuple[str, str]:
    for what, first, second in (
        ("faster", a.latency_ms, b.latency_ms),
        ("smaller", float(a.model_bytes), float(b.model_bytes)),
    ):
        if min(first, second) < (1.0 - _NOTABLY) * max(first, second):
            ship, chosen = ("a", a) if first < second else ("b", b)
            return ship, f"{chosen.name} is {what} by {1.0 - min(first, second) / max(first, second):.0%}"
    return "a", "neither is notably faster or smaller, so nothing speaks for a change"


def _warning(chosen: Contender, other: Contender) -> str:
    slower = chosen.latency_ms / max(other.latency_ms, 1e-6)
    cost = f"; but it takes {slower:.1f} times as long" if slower > 1.0 + _NOTABLY else ""
    lacking = f"; but it does not know {', '.join(chosen.lacking)}, which {other.name} does" if chosen.lacking else ""
    return cost + lacking
