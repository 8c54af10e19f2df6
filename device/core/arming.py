"""What an event is worth in the state that the guard is in. Does not change that state by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from device.core.event import PRIORITIES, ArmedState, Draft, Priority


@dataclass(frozen=True, slots=True)
class ArmedRule:
    """When one rule's events count, and as what."""

    armed_in: frozenset[ArmedState]
    priority: Priority


class Arming:
    """Holds the armed state and gives each event its priority."""

    def __init__(self, state: ArmedState, rules: Mapping[str, ArmedRule]) -> None:
        """``rules`` by their name; events of others keep the priority that they came with."""
        self.state = state
        self._rules = dict(rules)

    def priority(self, draft: Draft) -> Priority:
        """What an event is worth now: never more unarmed than armed, and no more than ``info`` as a candidate."""
        if draft.candidate:
            return "info"
        rule = self._rules.get(draft.rule.name)
        if rule is None:
            return draft.priority
        if self.state in rule.armed_in:
            return rule.priority
        return min(draft.priority, rule.priority, key=PRIORITIES.index)
