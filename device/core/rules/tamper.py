"""Rules about the camera itself: covered, turned, out of focus, in the dark. Measures no picture."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from device.core.event import Draft, Kind, Priority, RuleRef
from device.core.lasting import Lasting
from device.core.rules.scene import CANDIDATE_FLOOR, RuleSettings, Scene
from device.core.rules.senses import Looker
from device.core.tamper.eye import Sight

CLEAR_S: Final = 2.0
"""How long all must be well before it is over."""
GAP_S: Final = 1.1
"""One look that says otherwise, among others, is no end."""
SUDDEN_S: Final = 20.0
"""What comes on more slowly than this is fog or dirt, and nobody's deed."""
_DUSK_S: Final = 10.0
"""The same of the light: it is switched off at once."""
RESTLESS_S: Final = 8.0
"""A picture that never rests is believed to be another one only after so long: somebody may pass close by."""
_STEADY_DARK = 0.9
# A dot is in no name that an owner can give.
_BLIND = RuleRef(name="camera.sight", version=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the picture it takes, fractions."""

    covered_frac: float = 0.8
    moved_frac: float = 0.75
    detail_frac: float = 0.35
    dark_frac: float = 0.9


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look means."""

    is_so: bool
    is_clear: bool
    """Whether it is over, were it told."""
    is_usual: bool
    """Whether nothing of it has even begun."""
    confidence: float
    why: str


def _covered(sight: Sight, limits: Limits) -> Verdict | None:
    if not sight.known or sight.dark_frac >= limits.dark_frac:
        return None
    other = 1.0 - sight.kept_frac
    share = min(sight.lost_frac, other)
    why = (
        f"{sight.lost_frac:.0%} of {sight.known} places with structure have lost their contrast (asked: "
        f"{limits.covered_frac:.0%}), {other:.0%} look otherwise, "
        f"mean luma {sight.mean:.0f} (usual: {sight.usual_mean:.0f})"
    )
    return Verdict(share >= limits.covered_frac, share < 0.5 * limits.covered_frac, sight.lost_frac < 0.4, share, why)


def _moved(sight: Sight, limits: Limits) -> Verdict | None:
    if not sight.known or sight.dark_frac >= _STEADY_DARK or sight.lost_frac >= 0.7:
        return None
    other = 1.0 - sight.kept_frac
    why = f"{other:.0%} of {sight.known} places with structure look otherwise (asked: {limits.moved_frac:.0%})"
    if sight.shift is not None:
        right, down = sight.shift
        why += f"; the scene lies {right:+.1%} of the width to the right and {down:+.1%} of the height down"
        return Verdict(True, False, False, max(0.9, other), why)
    clear = other < 0.6 * limits.moved_frac
    return Verdict(other >= limits.moved_frac and not sight.doubtful, clear, clear, other, why)


def _defocused(sight: Sight, limits: Limits) -> Verdict | None:
    if sight.sharpness is None or not sight.known or sight.dark_frac >= _STEADY_DARK:
        return None
    if sight.kept_frac < 0.6 or sight.shift is not None:  # another view has other detail
        return None
    sharp = min(sight.sharpness, 1.0)
    why = (
        f"detail fell to {sight.sharpness:.0%} of the usual (asked: {limits.detail_frac:.0%}), while "
        f"{sight.kept_frac:.0%} of the scene is where it was"
    )
    clear = sharp > min(0.9, 1.7 * limits.detail_frac)
    return Verdict(sharp < limits.detail_frac, clear, clear, 1.0 - sharp, why)


def _dark(sight: Sight, limits: Limits) -> Verdict | None:
    why = (
        f"{sight.dark_frac:.0%} of the picture is black (asked: {limits.dark_frac:.0%}), mean luma {sight.mean:.0f} "
        f"(usual: {sight.usual_mean:.0f})"
    )
    is_so = sight.dark_frac >= limits.dark_frac
    clear = sight.dark_frac < limits.dark_frac - 0.2
    return Verdict(is_so, clear, clear and sight.mean >= 0.5 * sight.usual_mean, sight.dark_frac, why)


_JUDGES: Final = MappingProxyType[Kind, Callable[[Sight, Limits], Verdict | None]](
    {"tamper_covered": _covered, "tamper_moved": _moved, "tamper_defocused": _defocused, "tamper_dark": _dark}
)


def judge(kind: Kind, sight: Sight, limits: Limits) -> Verdict | None:
    """What one look means for a kind; None where it says nothing about it."""
    return _JUDGES[kind](sight, limits)


class TamperRule:
    """One of the ``tamper_*`` kinds, from start to end; armed again once all is well."""

    def __init__(self, settings: RuleSettings, eye: Looker, limits: Limits) -> None:
        """``eye`` is shared by the rules of a camera; ``settings.after_s`` is how long it must hold."""
        self.settings = settings
        self._eye, self._limits, self._judge = eye, limits, _JUDGES[settings.kind]
        self._since: float | None = None
        self._last_so = 0.0
        self._clear_t = -math.inf
        self._clear_since: float | None = None
        self._sudden = False
        self._happening: str | None = None
        self._t_start = 0.0
        self._count = 0
        self._most: Priority = "alarm"
        self._blind: Lasting | None = None

    def update(self, scene: Scene) -> tuple[Draft, ...]:
        """What this moment adds."""
        sight = None if scene.frame is None else self._eye.look(scene.frame.i420, scene.t)
        if sight is None:
            return ()
        verdict = self._judge(sight, self._limits)
        if self._happening is not None:
            return self._go_on(verdict, scene.t)
        if verdict is None:
            if scene.t - self._last_so > GAP_S:
                self._since = None
            return ()
        return self._begin(verdict, sight, scene.t)

    def stop(self, t: float, why: str) -> tuple[Draft, ...]:
        """Nobody watches any more: what lasts is told to end."""
        return self._end(t, 1.0, why)

    def finish(self, t: float) -> tuple[Draft, ...]:  # noqa: ARG002 - a camera that is covered stays covered
        """Nothing is ever undecided here."""
        return ()

    def _begin(self, verdict: Verdict, sight: Sight, t: float) -> tuple[Draft, ...]:
        if verdict.is_usual:
            self._clear_t = t
        if not verdict.is_so:
            if self._since is not None and t - self._last_so > GAP_S:
                self._since = None
            return ()
        if self._since is None:
            self._since = t
            self._sudden = t - self._clear_t <= (_DUSK_S if self.settings.kind == "tamper_dark" else SUDDEN_S)
        self._last_so = t
        wanted_s = self.settings.after_s
        if self.settings.kind == "tamper_moved" and not sight.steady and sight.shift is None:
            wanted_s = max(wanted_s, RESTLESS_S)
        slow_counts = self.settings.kind in ("tamper_moved", "tamper_dark")
        if t - self._since < wanted_s or not (self._sudden or slow_counts):
            return ()
        return self._tell(verdict, t)

    def _tell(self, verdict: Verdict, t: float) -> tuple[Draft, ...]:
        unsure = verdict.confidence < self.settings.min_confidence
        if unsure and not (self.settings.keep_candidates and verdict.confidence >= CANDIDATE_FLOOR):
            return ()
        self._count += 1
        self._happening, self._clear_since = f"{self.settings.name}/{self._count}", None
        self._t_start = t if self._since is None else self._since
        reasons = (verdict.why, f"for {t - self._t_start:.1f} s (asked: {self.settings.after_s:g} s)")
        if self.settings.kind != "tamper_dark":
            return (self._draft("start", t, verdict.confidence, reasons, candidate=unsure),)
        self._most = "alarm" if self._sudden else "warning"
        lit = "the scene was lit before" if self._sudden else "it grew dark slowly, or was dark from the first"
        self._blind = Lasting("health", _BLIND, self._count, self._t_start)
        note = ("cannot see: the picture is black", verdict.why)
        return (
            self._draft("start", t, verdict.confidence, (*reasons, lit), candidate=unsure),
            self._blind.draft("start", t, note, "warning"),
        )

    def _go_on(self, verdict: Verdict | None, t: float) -> tuple[Draft, ...]:
        if verdict is None or not verdict.is_clear:
            self._clear_since = None
            return ()
        self._clear_since = t if self._clear_since is None else self._clear_since
        if t - self._clear_since < CLEAR_S:
            return ()
        return self._end(t, verdict.confidence, f"over after {self._clear_since - self._t_start:.1f} s: {verdict.why}")

    def _end(self, t: float, confidence: float, why: str) -> tuple[Draft, ...]:
        if self._happening is None:
            return ()
        ends = [self._draft("end", t, confidence, (why,))]
        if self._blind is not None:
            ends.append(self._blind.draft("end", t, ("the camera sees again", why), "warning"))
        self._happening = self._since = self._blind = None
        self._clear_t = t
        return tuple(ends)

    def _draft(
        self,
        state: Literal["start", "end"],
        t: float,
        confidence: float,
        reasons: tuple[str, ...],
        *,
        candidate: bool = False,
    ) -> Draft:
        dark = self.settings.kind == "tamper_dark"
        return Draft(
            kind=self.settings.kind,
            state=state,
            happening=self._happening or "",
            t_start=self._t_start,
            t_end=t if state == "end" else None,
            t_emitted=t,
            confidence=round(min(1.0, max(0.0, confidence)), 4),
            zone=None,
            rule=self.settings.ref,
            reasons=reasons,
            candidate=candidate,
            priority="warning",
            most=self._most,
            rises=not dark,
        )
