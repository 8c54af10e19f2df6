"""Tells that the device looks less often than it was asked to, once that lasts. Does not decide the rate."""

from device.core.event import Draft, RuleRef, State
from device.core.lasting import Lasting
from device.core.look_rate import LookRate

TOLD_AFTER_S = 30.0
"""A start of all cameras, or a crowd for some seconds, is nothing that a person can do something about."""
# A dot is in no name that an owner can give, so no rule of theirs decides what this is worth.
RULE = RuleRef(name="device.rate", version=1)


class RateWatch:
    """One device's rate, as events."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._told: Lasting | None = None
        self._count = 0

    def look(self, t: float, rate: LookRate) -> tuple[Draft, ...]:
        """What the rate at a time means."""
        if not rate.is_slowed:
            self._since = None
            return self.stop(t, rate, f"{rate.per_s:g} looks a second and camera again")
        self._since = t if self._since is None else self._since
        if self._told is not None or t - self._since < TOLD_AFTER_S:
            return ()
        self._count += 1
        self._told = Lasting("health", RULE, self._count, self._since)
        less = f"{rate.per_s:.1f} looks a second and camera instead of {rate.most_per_s:g}"
        return (_draft(self._told, "start", t, rate, less, rate.why),)

    def stop(self, t: float, rate: LookRate, why: str) -> tuple[Draft, ...]:
        """The end of what has been told, because it is over or because nobody watches any more."""
        if self._told is None:
            return ()
        told, self._told, self._since = self._told, None, None
        return (_draft(told, "end", t, rate, why),)


def _draft(told: Lasting, state: State, t: float, rate: LookRate, *reasons: str) -> Draft:
    return told.draft(state, t, reasons, "warning", {"looks_per_s": round(rate.per_s, 2)})
