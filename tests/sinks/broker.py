"""A real broker and a real listener on loopback, for tests."""

import queue
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

USER, PASSWORD = "cam", "correct horse"
PATIENCE_S = 20.0


def free_port() -> int:
    """A loopback port that nobody holds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Mosquitto:
    """A broker that can be killed and started again on its port; it forgets everything in between."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    tls: tuple[Path, Path, Path] | None = None
    """Authority, certificate and key; then nobody without a certificate is let in, and no password is asked for."""
    acl: Path | None = None
    """Who may read and write which topics; without, everybody all."""

    def start(self) -> Self:
        """Run it, and wait until it answers."""
        passwords, config = self.folder / "passwords", self.folder / "mosquitto.conf"
        if not passwords.exists():
            subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), USER, PASSWORD], check=True)
        head = f"user root\npersistence false\nlog_dest none\nlistener {self.port} 127.0.0.1\n"
        if self.tls is None:
            who = f"allow_anonymous false\npassword_file {passwords}\n"
        else:
            cafile, certfile, keyfile = self.tls
            who = f"cafile {cafile}\ncertfile {certfile}\nkeyfile {keyfile}\n"
            who += "require_certificate true\nuse_identity_as_username true\nallow_anonymous false\n"
        if self.acl is not None:
            who += f"acl_file {self.acl}\n"
        config.write_text(head + who, encoding="utf-8")
        self.process = subprocess.Popen(["mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
        poll = threading.Event()
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            poll.wait(0.05)
        raise TimeoutError("mosquitto does not answer")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Listener:
    """Gets every message of the broker, in order."""

    def __init__(self, port: int) -> None:
        self.messages: queue.Queue[tuple[str, str, bool]] = queue.Queue()
        self._ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not self._ready.wait(PATIENCE_S):
            raise TimeoutError("no subscription")

    def next(self) -> tuple[str, str, bool]:
        """The next message: topic, payload, whether it was retained."""
        return self.messages.get(timeout=PATIENCE_S)

    def take(self, count: int) -> list[str]:
        """The payloads of the next events."""
        payloads: list[str] = []
        while len(payloads) < count:
            topic, payload, _ = self.next()
            if topic.endswith("/event"):
                payloads.append(payload)
        return payloads

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Say something, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, _answer: ReasonCode, _more: Properties | None
    ) -> None:
        client.subscribe("#", qos=1)

    def _on_subscribe(self, *_: Any) -> None:
        self._ready.set()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.messages.put((message.topic, message.payload.decode(errors="replace"), message.retain))
