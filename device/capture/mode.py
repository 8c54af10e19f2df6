"""The two ways to run a camera. Knows nothing of how either is done."""

from enum import StrEnum


class Mode(StrEnum):
    """What counts: the present, or every picture."""

    LIVE = "live"
    """Pictures come at their own pace on monotonic time; the newest one wins, those it overtakes are dropped."""
    REPLAY = "replay"
    """Pictures come as fast as they are taken, on media time from 0; none is lost, and two runs are equal."""
