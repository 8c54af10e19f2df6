"""How long to wait before a camera is started again. Pure; starts nothing, reads no clock."""

STALL_S = 8.0
"""A camera that gives no picture, or the same one, for so long is started again: after it has been told as an event."""
HEALTHY_S = 20.0
"""A camera that worked for so long begins anew: one that dies at its first picture is waited for longer and longer."""
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_LONGEST_STANDSTILL_S = 300.0


def back_off_s(failures: int, jitter: float) -> float:
    """How long to wait after so many failures in a row, s: doubling, bounded, and never two cameras in step.

    Args:
        failures: 1 or more.
        jitter: 0..1, from chance.
    """
    longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(failures - 1, 16))
    return longest * (0.5 + 0.5 * jitter)


def standstill_s(restarts: int) -> float:
    """How long a picture may stand still after so many restarts for that reason alone, s.

    A camera that goes on giving the same picture is not waited for, it is tried less and less often: the pictures that
    it does give are better than none, and its loss would be told again and again.
    """
    return min(_LONGEST_STANDSTILL_S, STALL_S * 2.0 ** min(restarts, 16))
