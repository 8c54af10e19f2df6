"""Who hears what a broker sends to this device. Does nothing about it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from paho.mqtt.client import topic_matches_sub

from device.sinks.mqtt_session import Message


@dataclass(frozen=True, slots=True)
class Ear:
    """A listener and its topics."""

    topics: tuple[str, ...]
    hear: Callable[[Message], None]
    """Called by the broker's thread: it must not wait."""
    connected: Callable[[], None] = field(default=lambda: None)
    """Called when a connection begins, before anything is heard on it."""

    def wants(self, topic: str) -> bool:
        """Whether it listens to that topic."""
        return any(topic_matches_sub(mine, topic) for mine in self.topics)
