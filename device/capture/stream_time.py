"""Stamps of a stream on this machine's clock, whatever the camera's clock does. Pure; reads no clock."""

from dataclasses import dataclass, replace

LATE_S = 1.0
"""What comes later than this after its time has waited somewhere."""
_LEAP_BACK_S = 1.0  # further back than any reordering of pictures: the camera's clock was set, or started again
_LEAP_BACK_IN_ORDER_S = 0.1  # times of decoding only rise; less is how unevenly cameras write them
_BELIEVED_LATE_S = 3.0  # late for so long without catching up: it is not the way that is slow, the clock stood still
_DRIFT_FRAC = 0.001  # far more than a camera's quartz strays (0.0001); lets a way that became longer be forgotten
_LEAST_STEP_S = 0.0005


@dataclass(frozen=True, slots=True)
class StreamTime:
    """Where a stream has come to."""

    t: float | None = None
    """Time of the last packet on this machine's clock, s; None before it."""
    offset_s: float | None = None
    """What to add to the camera's stamps: that of the packet with the shortest way."""
    media_s: float | None = None
    arrived_s: float = 0.0
    late_since_s: float | None = None

    @property
    def lag_s(self) -> float:
        """How much later than on the shortest way the last packet came."""
        return 0.0 if self.t is None else max(0.0, self.arrived_s - self.t)


def advance(
    before: StreamTime, media_s: float | None, arrived_s: float, step_s: float, *, in_order: bool = False
) -> StreamTime:
    """The time of the next packet: strictly rising, and hardly ever later than its arrival.

    Args:
        before: where the packet before this one left off.
        media_s: what the camera says, s; None where it says nothing; if it never does, arrival counts.
        arrived_s: when it came, on this machine's clock.
        step_s: the usual time from one picture to the next.
        in_order: whether ``media_s`` is a time of decoding, which never goes back while the camera's clock is right.
    """
    if media_s is None:
        return replace(before, t=_unsaid(before, arrived_s, step_s), arrived_s=arrived_s)
    straight = arrived_s - media_s
    leap_s = _LEAP_BACK_IN_ORDER_S if in_order else _LEAP_BACK_S
    if before.offset_s is None or before.media_s is None or media_s < before.media_s - leap_s:
        return StreamTime(_rising(before.t, arrived_s), straight, media_s, arrived_s)
    drift_s = _DRIFT_FRAC * max(0.0, arrived_s - before.arrived_s)
    offset_s = min(straight, before.offset_s + drift_s)
    late_since_s = None
    if straight - offset_s > LATE_S:
        late_since_s = arrived_s if before.late_since_s is None else before.late_since_s
        if arrived_s - late_since_s > _BELIEVED_LATE_S:
            offset_s, late_since_s = straight, None
    t = _rising(before.t, media_s + offset_s)
    return StreamTime(t, offset_s, media_s, arrived_s, late_since_s)


def _unsaid(before: StreamTime, arrived_s: float, step_s: float) -> float:
    """Time of a packet without a stamp: one step after its neighbour that had one."""
    if before.t is None or before.offset_s is None:
        return _rising(before.t, arrived_s)
    t = min(before.t + step_s, arrived_s)
    # The step is a guess, and must not add up.
    return _rising(before.t, t if arrived_s - t < LATE_S else arrived_s)


def _rising(before: float | None, t: float) -> float:
    return t if before is None else max(t, before + _LEAST_STEP_S)
