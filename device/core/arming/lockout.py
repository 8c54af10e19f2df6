"""Who may not try another PIN, and for how long. Knows no PIN."""

from dataclasses import dataclass
from typing import Final

LOCKS_AT: Final = 3
"""Which wrong PIN in a row locks first: fingers slip twice."""
FIRST_LOCK_S: Final = 30.0
LONGEST_LOCK_S: Final = 3600.0
"""At that pace ten thousand PINs take one source more than a year."""
MAX_SOURCES: Final = 64
"""Sources told apart; those beyond share one lock, so that many addresses are no way around it."""
FORGET_S: Final = 24 * 3600.0
_OTHERS: Final = "(others)"


@dataclass(slots=True)
class _Tries:
    failures: int
    until: float
    last: float


@dataclass(frozen=True, slots=True)
class Lock:
    """One source's lock as it outlives a restart."""

    source: str
    failures: int
    left_s: float


class Lockout:
    """Wrong PINs by source: the first few are free, then each locks for twice as long as the one before."""

    def __init__(self, locks: tuple[Lock, ...], t: float) -> None:
        """Go on with what was saved."""
        self._tries = {it.source: _Tries(it.failures, t + min(it.left_s, LONGEST_LOCK_S), t) for it in locks}

    def left_s(self, source: str, t: float) -> float:
        """How long a source must still wait; 0 where it may try."""
        tries = self._tries.get(self._bucket(source))
        return max(0.0, tries.until - t) if tries else 0.0

    def wrong(self, source: str, t: float) -> float:
        """Count a wrong PIN; the seconds for which the source is locked now."""
        self._forget(t)
        tries = self._tries.setdefault(self._bucket(source), _Tries(0, t, t))
        tries.failures += 1
        tries.last = t
        beyond = tries.failures - LOCKS_AT
        # 2 ** 32 first locks are beyond any longest, and the exponent stays small.
        lock_s = min(FIRST_LOCK_S * 2.0 ** min(beyond, 32), LONGEST_LOCK_S) if beyond >= 0 else 0.0
        tries.until = t + lock_s
        return lock_s

    def right(self, source: str) -> None:
        """A right PIN: what this source did wrong is forgotten. What many did together is not: one knows the PIN."""
        self._tries.pop(source, None)

    def saved(self, t: float) -> tuple[Lock, ...]:
        """What is to outlive a restart."""
        return tuple(Lock(source, it.failures, max(0.0, it.until - t)) for source, it in self._tries.items())

    def _bucket(self, source: str) -> str:
        return source if source in self._tries or len(self._tries) < MAX_SOURCES - 1 else _OTHERS

    def _forget(self, t: float) -> None:
        for source in [name for name, it in self._tries.items() if t - it.last > FORGET_S and it.until <= t]:
            del self._tries[source]
