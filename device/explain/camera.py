"""The account of the camera itself: how much it was tampered with at most. Decides no event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from device.config.rules import limits_of
from device.core.event import Event, Kind
from device.core.rules.scene import RuleSettings, Scene
from device.core.rules.tamper import GAP_S, Verdict, judge
from device.explain.account import Shown

_KEYS: Final = MappingProxyType[Kind, str](
    {
        "tamper_covered": "covered_frac",
        "tamper_moved": "moved_frac",
        "tamper_defocused": "detail_frac",
        "tamper_dark": "dark_frac",
    }
)


@dataclass(slots=True)
class TamperAccount:
    """One of the ``tamper_*`` kinds."""

    settings: RuleSettings
    shown: Shown
    after: str
    """The key that says how long it must last."""
    _worst: Verdict | None = None
    _worst_t: float = 0.0
    _looks: int = 0
    _since: float | None = None
    _so_t: float = field(default=0.0)
    _longest_s: float = 0.0

    def add(self, scene: Scene) -> None:
        """Note how it looks."""
        sight = self.shown.past.sight
        if sight is None:
            return
        self._looks += 1
        verdict = judge(self.settings.kind, sight, limits_of(self.shown.camera))
        if verdict is None:
            return
        if self._worst is None or verdict.confidence > self._worst.confidence:
            self._worst, self._worst_t = verdict, scene.t
        if verdict.is_so:
            self._since = scene.t if self._since is None or scene.t - self._so_t > GAP_S else self._since
            self._so_t = scene.t
            self._longest_s = max(self._longest_s, scene.t - self._since)

    def silent(self, told: Sequence[Event]) -> Iterable[str]:
        """What came nearest to it."""
        if told:
            return []
        if self._worst is None:
            short = f"for too short a time to know it, in {self._looks} looks, or it has too little structure"
            return [f": the camera saw its scene {short}"]
        key, after = f"`{_KEYS[self.settings.kind]}`", self.settings.after_s
        worst = f"when it came nearest to it, at {self._worst_t:.1f} s: {self._worst.why} ({key})"
        if self._since is None:
            return [f": the camera saw its scene; {worst}"]
        if self._longest_s < after:
            lasted = f"for {self._longest_s:.1f} s at most, asked are {after:g} (`{self.after}`)"
            return [f": not for long enough: {lasted}; {worst}"]
        return [f": it came on too slowly to be somebody's deed, as fog and dirt do, or was so from the first; {worst}"]
