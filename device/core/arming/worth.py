"""What an event is worth in the state that the guard is in. Does not change that state by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from device.core.event import PRIORITIES, ArmedState, Draft, Priority


@dataclass(frozen=True, slots=True)
class ArmedRule:
    """When one rule's events count, and as what."""

    armed_in: frozenset[ArmedState]
    priority: Priority


class Judge(Protocol):
    """Gives events their priority."""

    def priority(self, draft: Draft) -> Priority:
        """What an event is worth now."""

    def overdue(self) -> tuple[Draft, ...]:
        """What was held back for an entry delay that has run out: each to be told as an alarm."""


class Arming:
    """Holds an armed state that nothing changes but its owner, and gives each event its priority: for recordings."""

    def __init__(self, state: ArmedState, rules: Mapping[str, ArmedRule]) -> None:
        """``rules`` by their name; events of others keep the priority that they came with."""
        self.state = state
        self._rules = dict(rules)

    def priority(self, draft: Draft) -> Priority:
        """What an event is worth now: never more unarmed than armed, and no more than ``info`` as a candidate."""
        return worth(draft, self._rules.get(draft.rule.name), self.state)

    def overdue(self) -> tuple[Draft, ...]:
        """Nothing: without a panel nothing is delayed."""
        return ()


def worth(draft: Draft, rule: ArmedRule | None, state: ArmedState, *, bypassed: bool = False) -> Priority:
    """What an event is worth in a state, before any delay."""
    if draft.candidate:
        return "info"
    if rule is None:
        return draft.priority
    if state in rule.armed_in and not bypassed:
        return lesser(rule.priority, draft.most)
    return lesser(draft.priority, rule.priority)


def lesser(one: Priority, other: Priority) -> Priority:
    """The lower of two priorities."""
    return min(one, other, key=PRIORITIES.index)
