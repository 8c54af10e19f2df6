"""Introduces this device to Home Assistant, and takes back what an earlier introduction named and is gone."""

from collections.abc import Mapping
from typing import Any, Final

from device.core.home_assistant import config_topic, encoded, removals
from device.sinks.mqtt_board import Board
from device.sinks.mqtt_session import Message

BIRTH: Final = "online"


class Discovery:
    """Told by the broker's thread alone."""

    def __init__(self, board: Board, prefix: str, device: str, payload: Mapping[str, Any]) -> None:
        """``payload`` is the introduction that holds now."""
        self._board, self._payload = board, payload
        self._birth, self._topic = f"{prefix}/status", config_topic(prefix, device)

    @property
    def topics(self) -> tuple[str, ...]:
        """What it listens to: Home Assistant's birth, and what the broker holds of us."""
        return (self._birth, self._topic)

    def connected(self) -> None:
        """A connection begins: introduce the device."""
        self._board.put(self._topic, encoded(self._payload))

    def hear(self, message: Message) -> None:
        """Home Assistant has started, or the broker shows what it held before this connection."""
        now = encoded(self._payload)
        if message.topic == self._birth:
            if message.payload == BIRTH.encode():
                self._board.say(self._topic, now)
        elif message.retained and (gone := removals(message.payload.decode("utf-8", "replace"), self._payload)):
            # With what is gone, so that it is taken away, and at once as it is.
            self._board.say(self._topic, encoded(gone))
            self._board.say(self._topic, now)
