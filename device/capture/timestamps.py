"""Media time that strictly rises, whatever a file says. Pure; reads no clock and no file."""

from dataclasses import dataclass, replace

_LEAP_BACK_S = 1.0  # further back than any reordering of pictures: the clock of the recording was started again
_LEAST_STEP_S = 0.0005  # no camera is faster; less than this is two stamps for one moment
_MAX_STAMP_S = 1e8  # three years; beyond it float time loses sense and the stamp is damage


@dataclass(frozen=True, slots=True)
class MediaTime:
    """Where a recording has come to."""

    t: float | None = None
    """Time of the last picture, s from the first one; None before it."""
    offset_s: float | None = None
    """What to add to the file's stamps; None = take it from the next stamp."""


def advance(before: MediaTime, stamp_s: float | None, step_s: float) -> MediaTime:
    """The time of the next picture.

    A stamp that is missing, equal or a little too early counts as one step; one that is far too early starts the
    recording's clock again from here.

    Args:
        before: where the picture before this one left off.
        stamp_s: what the file says, s; None where it says nothing.
        step_s: the usual time between two pictures, s, at least a millisecond.
    """
    expected = 0.0 if before.t is None else before.t + step_s
    if stamp_s is None or not abs(stamp_s) < _MAX_STAMP_S:
        return replace(before, t=expected)
    if before.offset_s is None:
        return MediaTime(expected, expected - stamp_s)
    stamped = stamp_s + before.offset_s
    if before.t is None or stamped >= before.t + _LEAST_STEP_S:
        return replace(before, t=stamped)
    if stamped < before.t - _LEAP_BACK_S:
        return MediaTime(expected, expected - stamp_s)
    return replace(before, t=expected)


def start_again(before: MediaTime) -> MediaTime:
    """The same moment, with the file read from its beginning once more: time goes on."""
    return replace(before, offset_s=None)
