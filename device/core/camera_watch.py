"""Notices that a camera gives no pictures any more, and that it does again. Knows no process and no driver."""

from device.core.event import Draft, RuleRef, State

LOST_AFTER_S = 7.0
"""Ten seconds are promised, and closing another camera that hangs may take two of them."""
BACK_AFTER_S = 2.0
"""A camera that gives a picture and dies again is not back: its alarm would start and end at every try."""
# A dot is in no name that an owner can give, so no rule of theirs decides what this is worth.
RULE = RuleRef(name="camera.watch", version=1)


class CameraWatch:
    """One camera's silence, as events."""

    def __init__(self, t: float) -> None:
        """Begin to watch at a time, s; a camera that never gives a picture is lost as well."""
        self._last_t = t
        self._lost_since: float | None = None
        self._back_since = t
        self._count = 0

    @property
    def lost(self) -> bool:
        """Whether it has been told that the camera is lost."""
        return self._lost_since is not None

    def picture(self, t: float) -> tuple[Draft, ...]:
        """A picture came."""
        if t - self._last_t >= LOST_AFTER_S:
            self._back_since = t
        self._last_t = t
        since = self._lost_since
        if since is None or t - self._back_since < BACK_AFTER_S:
            return ()
        self._lost_since = None
        back = self._back_since
        again = f"pictures again after {back - since:.1f} s"
        return (self._draft("end", since, t, again, "the camera is back", t_end=back),)

    def silence(self, t: float, why: str) -> tuple[Draft, ...]:
        """No picture came; ``why`` is what the camera's process said last, or empty."""
        if self._lost_since is not None or t - self._last_t < LOST_AFTER_S:
            return ()
        self._lost_since = self._last_t
        self._count += 1
        reason = why or "its process runs, and delivers nothing"
        return (self._draft("start", self._last_t, t, f"no picture for {t - self._last_t:.1f} s", reason),)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """The end of what has been told: nobody watches any more, whether or not it is back."""
        if self._lost_since is None:
            return ()
        since, self._lost_since = self._lost_since, None
        return (self._draft("end", since, t, why, t_end=t),)

    def _draft(self, state: State, since: float, t: float, *reasons: str, t_end: float | None = None) -> Draft:
        return Draft(
            kind="camera_lost",
            state=state,
            happening=f"{RULE.name}/{self._count}",
            t_start=since,
            t_end=t_end,
            t_emitted=t,
            confidence=1.0,
            zone=None,
            rule=RULE,
            reasons=reasons,
            # Armed but blind is an alarm, and so is blind at any other time: theft happens by day.
            priority="alarm",
        )
