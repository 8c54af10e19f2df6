"""All rules of one camera together. One rule's failure never reaches another."""

from collections.abc import Callable

from device.core.event import Draft, RuleRef
from device.core.rules.scene import Rule, Scene

RULE = RuleRef(name="rules.fault", version=1)
"""A name with a dot is none that an owner can give."""
MAX_FAULTS = 3
"""Faults after which a rule is left out until the next start."""


class RuleSet:
    """Asks each rule in turn."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._faults = dict.fromkeys(range(len(rules)), 0)

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds; a rule that fails adds a ``health`` event in place of its own."""
        return self._ask(lambda rule: rule.update(scene), scene.t)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """What is to be said when nobody watches any more."""
        return self._ask(lambda rule: rule.stop(t, why), t)

    def finish(self, t: float) -> tuple[Draft, ...]:
        """What a recording's end adds."""
        return self._ask(lambda rule: rule.finish(t), t)

    def _ask(self, question: Callable[[Rule], tuple[Draft, ...]], t: float) -> tuple[Draft, ...]:
        drafts: list[Draft] = []
        for number, rule in enumerate(self._rules):
            if self._faults[number] >= MAX_FAULTS:
                continue
            try:
                drafts += question(rule)
            except Exception as error:  # noqa: BLE001 - a bug in one rule is told as an event; the others carry on
                self._faults[number] += 1
                drafts.append(_fault(rule, error, self._faults[number], t))
        return tuple(drafts)


def _fault(rule: Rule, error: Exception, count: int, t: float) -> Draft:
    left_out = "; it is left out until the next start" if count >= MAX_FAULTS else ""
    return Draft(
        kind="health",
        state="start",
        happening=f"fault/{rule.settings.name}/{count}",
        t_start=t,
        t_end=t,
        t_emitted=t,
        confidence=1.0,
        zone=rule.settings.zone,
        rule=RULE,
        reasons=(f"rule {rule.settings.name} failed: {type(error).__name__}: {error}{left_out}",),
        priority="warning",
        data={"rule": rule.settings.name, "faults": count},
    )
