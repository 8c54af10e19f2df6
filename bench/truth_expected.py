"""What a rule must tell of a scene. Computes nothing."""

import math
from dataclasses import KW_ONLY, dataclass

STEP_S = 0.1
"""How finely the truth is asked."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Something that a rule must tell."""

    kind: str
    t_s: float
    """When it happens."""
    t_clear_s: float
    """From when on it can be seen: delay is counted from here."""
    until_s: float
    """What is told later is another thing."""
    _: KW_ONLY
    optional: bool = False
    """Nobody could tell: it is out of sight until it is undone or the scene ends. To tell it is no fault."""
    told_from_s: float = -math.inf
    """What is told sooner is something else: who stays has to have stayed for long enough."""
