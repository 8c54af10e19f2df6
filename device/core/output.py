"""When an output is on: alarms, the panel's phase, patterns, longest time, pause, mute. Drives no pin."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from device.core.event import Event

OutputKind = Literal["siren", "light", "relay", "buzzer", "status"]
Pattern = tuple[float, ...]
"""Seconds on, off, on, off ... over and over; empty for steadily on."""

STEADY: Final[Pattern] = ()
_REMEMBERED: Final = 1024
"""Alarms whose updates do not sound again; more do not last at one time."""
_EPSILON_S: Final = 1e-6
"""An edge that is due so soon is due now: sums of fractions of a second are not exact."""

_PANEL: Final = MappingProxyType[OutputKind, MappingProxyType[str, Pattern]](
    {
        "buzzer": MappingProxyType({"arming": (0.1, 0.9), "pending": (0.2, 0.3)}),
        "status": MappingProxyType(
            {
                "armed_home": STEADY,
                "armed_away": STEADY,
                "armed_night": STEADY,
                "arming": (0.5, 0.5),
                "pending": (0.1, 0.1),
                "triggered": (0.1, 0.1),
            }
        ),
    }
)
"""What an output shows of the panel, by the panel's word."""
_MUTABLE: Final = frozenset[OutputKind]({"siren", "buzzer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """One output."""

    kind: OutputKind = "siren"
    pattern: Pattern = STEADY
    pulse_s: float | None = None
    """On once for so long at each alarm; in place of the pattern."""
    max_on_s: float = 180.0
    """Longest time that alarms keep it on without a pause."""
    cooldown_s: float = 0.0
    """Pause after that time, whatever happens."""


class Output:
    """One output, told of events; ``t`` never goes back.

    It is on while an alarm lasts, ``max_on_s`` at most: many places forbid a siren that sounds for longer. An alarm
    without an end, such as a crossed line, lasts that long. For one happening it sounds once. What comes while it
    sounds has its own time afterwards, behind the pause. Disarming ends it all.
    """

    def __init__(self, settings: OutputSettings) -> None:
        """Off."""
        self._settings = settings
        self._known: OrderedDict[str, None] = OrderedDict()
        self._sounding: set[str] = set()
        self._after: set[str] = set()
        """Alarms that came while others sounded."""
        self._window: float | None = None
        """When the time of those that sound began, or will, s."""
        self._quiet_until = -math.inf
        self._muted_until = -math.inf
        self._panel: tuple[str, float] = ("disarmed", 0.0)

    def hear(self, event: Event, t: float) -> None:
        """Take note of an event."""
        self._advance(t)
        if event.kind in ("armed", "disarmed"):
            self._hear_panel(event, t)
        if event.state == "end":
            self._over(event.event_id)
        elif event.priority == "alarm" and event.event_id not in self._known:
            self._sound(event.event_id, t)

    def mute(self, until: float) -> None:
        """Keep silent until a time; nothing where it is no sounder."""
        if self._settings.kind in _MUTABLE:
            self._muted_until = until

    def level(self, t: float) -> tuple[bool, float]:
        """Whether it is on, and when that may change by itself, s; infinity where it does not."""
        self._advance(t)
        if t < self._muted_until:
            return False, self._muted_until
        on, due = self._by_alarm(t)
        if on or due < math.inf:
            return on, due
        word, since = self._panel
        shown = _PANEL.get(self._settings.kind)
        pattern = shown.get(word) if shown is not None else None
        return (False, math.inf) if pattern is None else _blink(pattern, since, t)

    def _hear_panel(self, event: Event, t: float) -> None:
        word = str(event.data.get("panel", "disarmed"))
        if word != self._panel[0]:
            self._panel = (word, t)
        if event.kind == "disarmed":
            self._sounding.clear()
            self._after.clear()
            self._window = None
        elif event.priority != "alarm":
            # The panel's next alarm is a new one, though the stretch of being armed is the same.
            self._known.pop(event.event_id, None)
            self._over(event.event_id)

    def _sound(self, event_id: str, t: float) -> None:
        self._known[event_id] = None
        if len(self._known) > _REMEMBERED:
            forgotten, _ = self._known.popitem(last=False)
            self._over(forgotten)
        if self._window is None:
            self._window = max(t, self._quiet_until)
            self._sounding = {event_id}
        else:
            self._after.add(event_id)

    def _over(self, event_id: str) -> None:
        self._sounding.discard(event_id)
        self._after.discard(event_id)
        if not self._sounding and not self._after:
            self._window = None

    def _advance(self, t: float) -> None:
        """End the time of what has sounded for the longest that it may."""
        while self._window is not None and t >= self._window + self._settings.max_on_s - _EPSILON_S:
            end = self._window + self._settings.max_on_s
            self._quiet_until = end + self._settings.cooldown_s
            self._sounding, self._after = self._after, set()
            self._window = self._quiet_until if self._sounding else None

    def _by_alarm(self, t: float) -> tuple[bool, float]:
        settings, start = self._settings, self._window
        if start is None:
            return False, math.inf
        if t < start - _EPSILON_S:
            return False, start
        end = start + settings.max_on_s
        if settings.pulse_s is not None:
            over = start + settings.pulse_s
            return (True, min(over, end)) if t < over - _EPSILON_S else (False, end)
        shown = (0.1, 0.1) if settings.kind == "status" else settings.pattern
        on, due = _blink(shown, start, t)
        return on, min(due, end)


def _blink(pattern: Pattern, start: float, t: float) -> tuple[bool, float]:
    """Where a pattern that began at a time is, and when it changes."""
    if not pattern:
        return True, math.inf
    period = sum(pattern)
    rounds, into = divmod(t - start + _EPSILON_S, period)
    edge, on = 0.0, True
    for length in pattern:
        edge += length
        if into < edge:
            break
        on = not on
    return on, start + rounds * period + edge
