"""Judges one camera's events, or the inputs', by how a panel stands. Holds no state of the panel itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

from device.core.arming.standing import Cause, Standing
from device.core.arming.worth import ArmedRule, lesser, worth
from device.core.event import Draft, Priority

_HELD: Final = 64
"""Happenings that wait for the entry delay at a time; the panel's own alarm stands for any beyond."""


class Guarding(Protocol):
    """The panel as a judge sees it, from any thread."""

    def standing(self) -> Standing:
        """How things stand now."""

    def alarm(self, cause: Cause) -> Priority:
        """Something would be an alarm; what it is worth after all."""


class PanelArming:
    """Gives events their priority; what waits for the entry delay becomes an alarm once nobody has disarmed."""

    def __init__(self, camera: str | None, rules: Mapping[str, ArmedRule], guard: Guarding) -> None:
        """``rules`` by their name; events of others keep the priority that they came with."""
        self._camera, self._rules, self._guard = camera, dict(rules), guard
        self._held: dict[str, Draft] = {}

    def priority(self, draft: Draft) -> Priority:
        """What an event is worth now."""
        rule = self._rules.get(draft.rule.name)
        standing = self._guard.standing()
        bypassed = self._is_bypassed(draft, standing)
        priority = worth(draft, rule, standing.in_force, bypassed=bypassed)
        if draft.state == "end":
            held = self._held.pop(draft.happening, None)
            return lesser(priority, "warning") if held is not None else priority
        if priority != "alarm":
            return priority
        may_wait = rule is not None and "disarmed" not in rule.armed_in
        verdict = self._guard.alarm(Cause(draft.kind, self._camera, draft.zone, may_wait))
        if verdict == "warning" and draft.t_end is None and len(self._held) < _HELD:
            self._held[draft.happening] = draft
        return verdict

    def overdue(self) -> tuple[Draft, ...]:
        """What was held back and still lasts, once the entry delay has run out."""
        if not self._held:
            return ()
        standing = self._guard.standing()
        if standing.phase == "pending":
            return ()
        held, self._held = tuple(self._held.values()), {}
        return tuple(_late(draft, standing) for draft in held) if standing.phase == "triggered" else ()

    def _is_bypassed(self, draft: Draft, standing: Standing) -> bool:
        return draft.zone is not None and not standing.bypassed.isdisjoint((draft.zone, f"{self._camera}/{draft.zone}"))


def _late(draft: Draft, standing: Standing) -> Draft:
    reasons = (*draft.reasons, "nobody disarmed within the entry delay")
    return replace(draft, state="update", t_emitted=max(draft.t_emitted, standing.since), reasons=reasons)
