"""Judges one camera's events, or the inputs', by how a panel stands. Holds no state of the panel itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol

from device.core.arming.standing import Cause, Standing, rule_place
from device.core.arming.worth import ArmedRule, lesser, worth
from device.core.event import Draft, Priority

_MOST: Final = 64
"""Happenings of one camera that are judged anew at a time; the panel's own alarm stands for any beyond."""


class Guarding(Protocol):
    """The panel as a judge sees it, from any thread."""

    def standing(self) -> Standing:
        """How things stand now."""

    def alarm(self, cause: Cause) -> Priority:
        """Something would be an alarm; what it is worth after all."""


class PanelArming:
    """Gives events their priority, and judges anew what lasts whenever the panel stands otherwise.

    So what waited for the entry delay becomes an alarm once nobody has disarmed, and who is still inside when the exit
    delay is over is no less an intruder than who comes then.
    """

    def __init__(self, camera: str | None, rules: Mapping[str, ArmedRule], guard: Guarding) -> None:
        """``rules`` by their name; events of others keep the priority that they came with."""
        self._camera, self._rules, self._guard = camera, dict(rules), guard
        # What lasts, with what it was worth when it was last told.
        self._lasting: dict[str, tuple[Draft, Priority]] = {}
        self._seen: Standing | None = None

    def priority(self, draft: Draft) -> Priority:
        """What an event is worth now."""
        rule = self._rules.get(draft.rule.name)
        priority = self._worth(draft, rule, self._guard.standing())
        if draft.state == "end":
            _, told = self._lasting.pop(draft.happening, (draft, priority))
            return lesser(priority, told)
        if priority == "alarm":
            may_wait = draft.rises and rule is not None and "disarmed" not in rule.armed_in
            priority = self._guard.alarm(Cause(draft.kind, self._camera, draft.zone, may_wait))
        if (
            draft.t_end is None
            and rule is not None
            and (draft.happening in self._lasting or len(self._lasting) < _MOST)
        ):
            self._lasting[draft.happening] = (draft, priority)
        return priority

    def overdue(self) -> tuple[Draft, ...]:
        """What lasts and has become an alarm, or a reason to disarm, since it was last told."""
        if not self._lasting:
            return ()
        standing = self._guard.standing()
        if standing == self._seen:
            return ()
        self._seen = standing
        return tuple(
            _again(draft, told, standing)
            for draft, told in self._lasting.values()
            if self._is_more(draft, told, standing)
        )

    def _is_more(self, draft: Draft, told: Priority, standing: Standing) -> bool:
        if not draft.rises or told == "alarm" or (told == "warning" and standing.phase == "pending"):
            return False
        return self._worth(draft, self._rules.get(draft.rule.name), standing) == "alarm"

    def _worth(self, draft: Draft, rule: ArmedRule | None, standing: Standing) -> Priority:
        places = () if draft.zone is None else (draft.zone, f"{self._camera}/{draft.zone}")
        off = () if self._camera is None else (rule_place(self._camera, draft.rule.name),)
        bypassed = not standing.bypassed.isdisjoint((*places, *off))
        return worth(draft, rule, standing.in_force, bypassed=bypassed)


def _again(draft: Draft, told: Priority, standing: Standing) -> Draft:
    late = told == "warning" and standing.phase == "triggered"
    why = "nobody disarmed within the entry delay" if late else f"it lasts, and the guard is {standing.panel} now"
    reasons = (*draft.reasons, why.replace("_", " "))
    return replace(draft, state="update", t_emitted=max(draft.t_emitted, standing.since), reasons=reasons)
