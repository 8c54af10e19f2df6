"""A happening with a length that no owner's rule is about: its name, and when it began. Decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from device.core.event import Draft, Kind, Priority, RuleRef, State


@dataclass(frozen=True, slots=True)
class Lasting:
    """One happening of a watch or of the panel, from ``start`` to ``end``."""

    kind: Kind
    rule: RuleRef
    number: int
    """Tells it from others of the same rule."""
    t_start: float

    def draft(
        self,
        state: State,
        t: float,
        reasons: tuple[str, ...],
        priority: Priority,
        data: Mapping[str, Any] | None = None,
        *,
        t_end: float | None = None,
    ) -> Draft:
        """A message about it at time t; ``t_end`` is given where it ended before that."""
        ended = t if t_end is None else t_end
        return Draft(
            kind=self.kind,
            state=state,
            happening=f"{self.rule.name}/{self.number}",
            t_start=self.t_start,
            t_end=ended if state == "end" else None,
            t_emitted=t,
            confidence=1.0,
            zone=None,
            rule=self.rule,
            reasons=reasons,
            priority=priority,
            data=data or {},
        )
