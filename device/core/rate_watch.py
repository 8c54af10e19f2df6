"""Tells that the device looks less often than it was asked to, once that lasts. Does not decide the rate."""

from device.core.event import Draft, RuleRef, State
from device.core.look_rate import LookRate

TOLD_AFTER_S = 30.0
"""A start of all cameras, or a crowd for some seconds, is nothing that a person can do something about."""
# A dot is in no name that an owner can give, so no rule of theirs decides what this is worth.
RULE = RuleRef(name="device.rate", version=1)


class RateWatch:
    """One device's rate, as events."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._told = False
        self._count = 0

    def look(self, t: float, rate: LookRate) -> tuple[Draft, ...]:
        """What the rate at a time means."""
        if rate.is_slowed:
            self._since = t if self._since is None else self._since
            if self._told or t - self._since < TOLD_AFTER_S:
                return ()
            self._told = True
            self._count += 1
            less = f"{rate.per_s:.1f} looks a second and camera instead of {rate.most_per_s:g}"
            return (self._draft("start", self._since, t, rate, less, rate.why),)
        since, self._since = self._since, None
        if not self._told or since is None:
            return ()
        self._told = False
        return (self._draft("end", since, t, rate, f"{rate.per_s:g} looks a second and camera again"),)

    def stop(self, t: float, rate: LookRate, why: str) -> tuple[Draft, ...]:
        """The end of what has been told: nobody watches any more."""
        if not self._told or self._since is None:
            return ()
        since, self._since, self._told = self._since, None, False
        return (self._draft("end", since, t, rate, why),)

    def _draft(self, state: State, since: float, t: float, rate: LookRate, *reasons: str) -> Draft:
        return Draft(
            kind="health",
            state=state,
            happening=f"{RULE.name}/{self._count}",
            t_start=since,
            t_end=t if state == "end" else None,
            t_emitted=t,
            confidence=1.0,
            zone=None,
            rule=RULE,
            reasons=reasons,
            priority="warning",
            data={"looks_per_s": round(rate.per_s, 2)},
        )
