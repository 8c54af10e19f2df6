"""The input pins and the thread that reads them. Decides nothing: it tells of each steady change."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from gpiozero import DigitalInputDevice

from device.core.debounce import Debounce
from device.errors import TransientSinkError
from device.pins.board import pin_errors
from device.worker import Loop, LoopStats

_LOOK_S: Final = 1.0
"""Edges wake the thread; an edge that was missed is made up for within this time."""
_PULL_UP: Final[dict[str, bool | None]] = {"up": True, "down": False, "none": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSettings:
    """How one input is wired."""

    id: str
    pin: int
    pull: Literal["up", "down", "none"]
    active_high: bool
    debounce_s: float = 0.05
    hold_s: float = 0.0


class InputPin:
    """One input pin."""

    def __init__(self, settings: InputSettings, factory: Any, on_edge: Callable[[], None]) -> None:
        """Take the pin; ``on_edge`` is called from a thread of the pins' library.

        Raises:
            ConfigError: there is no such pin, or it is in use.
            FatalSinkError: the board refuses it.
        """
        self.settings = settings
        self.debounce = Debounce(settings.debounce_s, settings.hold_s)
        pull_up = _PULL_UP[settings.pull]
        # With a pull-up gpiozero calls a low pin active.
        self._inverted = pull_up is True
        with pin_errors(f"pin {settings.pin}"):
            self._device = DigitalInputDevice(
                settings.pin, pull_up=pull_up, active_state=True if pull_up is None else None, pin_factory=factory
            )
            self._device.when_activated = on_edge
            self._device.when_deactivated = on_edge

    def is_active(self) -> bool:
        """Whether it is pressed, moved or opened at this moment.

        Raises:
            TransientSinkError: the board refuses to say.
        """
        with pin_errors(f"pin {self.settings.pin}", TransientSinkError):
            high = bool(self._device.value) != self._inverted
        return high == self.settings.active_high

    def close(self) -> None:
        """Let go of the pin; may be called twice."""
        self._device.close()


class InputPins(Loop):
    """All inputs: one thread, woken by edges, that tells of what has lasted."""

    def __init__(
        self,
        inputs: Sequence[InputSettings],
        *,
        factory: Any,
        clock: Callable[[], float],
        tell: Callable[[str, bool, float], None],
    ) -> None:
        """``tell`` hears of each steady change: which input, whether it is active now, and when it was noticed.

        Raises:
            ConfigError: there is no such pin, or it is in use.
            FatalSinkError: the board refuses it.
        """
        super().__init__("inputs")
        self._clock, self._tell_change = clock, tell
        self._edge = threading.Event()
        self._pins: list[InputPin] = []
        try:
            for settings in inputs:
                self._pins.append(InputPin(settings, factory, self._edge.set))
        except Exception:
            self._close()
            raise

    def stats(self) -> LoopStats:
        """Figures so far."""
        return LoopStats(self.name, self._progress, 0, 0, self._failures, self._bugs, self._trouble, self._fatal)

    def _step(self) -> bool:
        self._edge.clear()
        now = self._clock()
        changed = [pin for pin in self._pins if pin.debounce.feed(now, active=pin.is_active())]
        for pin in changed:
            self._tell_change(pin.settings.id, pin.debounce.active is True, now)
        if not changed:
            due = min((pin.debounce.due() for pin in self._pins), default=now + _LOOK_S)
            self._edge.wait(max(0.0, min(due - now, _LOOK_S)))
        return True

    def _wake(self) -> None:
        self._edge.set()

    def _close(self) -> None:
        for pin in self._pins:
            pin.close()
