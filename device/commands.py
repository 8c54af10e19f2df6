"""Which commands the running service answers, whatever configuration it runs under."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Final, Self

from device.config import Config
from device.control import CONTROL_NAME, ControlSocket
from device.core.event import Event
from device.ports import Clock
from device.trial import answer_trial
from device.worker import LoopStats

_STOP_S: Final = 1.0


class Commands:
    """One socket from start to end; it moves only where a new configuration names another state directory."""

    def __init__(self) -> None:
        """Nobody can ask yet."""
        self._control: ControlSocket | None = None

    def __enter__(self) -> Self:
        """Close it at the end."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nobody can ask any more; who waits is told so."""
        if self._control is not None:
            self._control.stop(_STOP_S)

    @contextlib.contextmanager
    def answered(
        self, config: Config, clock: Clock, emit: Callable[[Event], None], stats: Callable[[], Sequence[LoopStats]]
    ) -> Iterator[None]:
        """Let commands reach the guard under this configuration; a test in hand ends before this is left."""
        over = threading.Event()
        control = self._at(config)
        with control.serving({"test-event": lambda asked: answer_trial(asked, config, clock, emit, stats, over)}):
            try:
                yield
            finally:
                over.set()

    def _at(self, config: Config) -> ControlSocket:
        path = config.device.state_dir / CONTROL_NAME
        if self._control is not None and self._control.path != path:
            self._control.stop(_STOP_S)
            self._control = None
        if self._control is None:
            self._control = ControlSocket(path)
        return self._control
