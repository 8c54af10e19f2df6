"""One connection to a broker, driven from one thread. Knows no events and no store; retries nothing."""

import select
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from device.core.address import is_here
from device.errors import ConfigError, FatalSinkError, TransientSinkError
from device.secret_file import secret_path

_REFUSED_USER: Final = ("Bad user name or password", "Not authorized")


_HELD: Final = 64
"""Messages from the broker that may wait to be read; more are a flood, and lost."""


@dataclass(frozen=True, slots=True)
class Tls:
    """By what the broker is known, and this device to it."""

    ca_file: Path | None = None
    """None: the system's authorities."""
    cert_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Read the files.

        Raises:
            ConfigError: one of them cannot be read, or is none.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            # Python 3.13 began to refuse what most authorities made by hand lack; all that counts is checked without.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            if self.cert_file is not None and self.key_file is not None:
                context.load_cert_chain(self.cert_file, secret_path(self.key_file))
        except (OSError, ValueError) as error:
            files = ", ".join(str(it) for it in (self.ca_file, self.cert_file, self.key_file) if it is not None)
            raise ConfigError(f"mqtt: {files}: {error}: PEM files that the service may read are needed") from error
        return context


@dataclass(frozen=True, slots=True)
class Message:
    """What the broker sent."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is and who we are to it."""

    host: str
    port: int = 1883
    username: str | None = None
    password_file: Path | None = None
    client_id: str = "shopwarden"
    keepalive_s: int = 30
    connect_timeout_s: float = 3.0
    tls: Tls | None = None
    resend_s: float = 10.0
    """What was acknowledged so shortly before a reconnect is sent again."""

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read along: over TLS, or on this machine."""
        return self.tls is not None or is_here(self.host)

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says, retained, when the connection dies."""

    topic: str
    payload: str


def read_password(path: Path) -> str:
    """The password in a file: its text without the line's end.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        return secret_path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no UTF-8"
        raise ConfigError(f"mqtt: password_file {path}: {reason}: write the password into it") from error


class Session:
    """A connection from TCP to its end; after any error it is of no more use.

    paho's own threads stay off: one thread that connects, publishes and reads needs no locks.
    """

    def __init__(self, broker: Broker, will: Will, clock: Callable[[], float]) -> None:
        """Connect and wait for the broker's word; ``clock`` gives monotonic seconds.

        Raises:
            TransientSinkError: the broker is away or busy.
            FatalSinkError: it refuses the user, or is not whom the certificates say.
            ConfigError: the password or a certificate cannot be read.
        """
        self._broker = broker
        self._clock = clock
        self._answer: ReasonCode | None = None
        self._acknowledged: list[int] = []
        self.heard_t = clock()
        """When the broker last said anything, s: until then at least it was alive."""
        self._received: list[Message] = []
        self._client = self._make_client(will)
        self._waker, self._wakes = socket.socketpair()
        self._waker.setblocking(False)
        self._wakes.setblocking(False)
        with ExitStack() as undo:
            undo.callback(self.close)
            self._connect()
            undo.pop_all()

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> int:
        """Send with QoS 1; the number comes back from ``acknowledged`` once the broker has it.

        Raises:
            TransientSinkError: the connection is gone.
        """
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        self._require(sent.rc)
        return sent.mid

    def acknowledged(self) -> tuple[int, ...]:
        """Numbers of messages that the broker has taken since the last call."""
        numbers, self._acknowledged = tuple(self._acknowledged), []
        return numbers

    def subscribe(self, *topics: str) -> None:
        """Have messages of these topics kept for ``received``.

        Raises:
            TransientSinkError: the connection is gone.
        """
        code, _ = self._client.subscribe([(topic, 1) for topic in topics])
        self._require(code)

    def received(self) -> tuple[Message, ...]:
        """What came since the last call, oldest first."""
        messages, self._received = tuple(self._received), []
        return messages

    def pump(self, timeout_s: float) -> None:
        """Read and write what there is, waiting at most that long for any; ``wake`` ends the wait.

        Raises:
            TransientSinkError: the connection is gone.
        """
        sock: Any = self._client.socket()
        if sock is None:
            raise self._lost("the broker closed the connection")
        writers = [sock] if self._client.want_write() else []
        # What TLS has decrypted already shows on no socket.
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            timeout_s = 0.0
            self._require(self._client.loop_read())
        readable, writable, _ = select.select([sock, self._wakes], writers, [], timeout_s)
        if self._wakes in readable:
            self._wakes.recv(4096)
        if sock in readable:
            self._require(self._client.loop_read())
            self.heard_t = self._clock()
        if writable:
            self._require(self._client.loop_write())
        self._require(self._client.loop_misc())

    def wake(self) -> None:
        """End a waiting ``pump``; the one method for other threads."""
        try:
            self._waker.send(b"\0")
        except OSError:
            # Full: it is awake already. Closed: nobody waits.
            return

    def disconnect(self) -> None:
        """Say good-bye, so that the broker keeps the will to itself."""
        self._client.disconnect()

    def close(self) -> None:
        """Let go of the sockets; without ``disconnect`` before it the broker speaks the will."""
        sock: Any = self._client.socket()
        if sock is not None:
            sock.close()
        self._waker.close()
        self._wakes.close()

    def _make_client(self, will: Will) -> Client:
        broker = self._broker
        client = Client(CallbackAPIVersion.VERSION2, client_id=broker.client_id, reconnect_on_failure=False)
        client.connect_timeout = broker.connect_timeout_s
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        if broker.username is not None:
            password = read_password(broker.password_file) if broker.password_file else None
            client.username_pw_set(broker.username, password)
        if broker.tls is not None:
            client.tls_set_context(broker.tls.context())
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _connect(self) -> None:
        try:
            self._client.connect(self._broker.host, self._broker.port, self._broker.keepalive_s)
        except ssl.SSLCertVerificationError as error:
            raise FatalSinkError(
                f"mqtt: broker {self._broker.place} is not to be believed ({error.verify_message}): "
                "check ca_file and host"
            ) from error
        except (OSError, ValueError) as error:
            raise TransientSinkError(
                f"mqtt: broker {self._broker.place} cannot be reached ({error}): events wait on disk"
            ) from error
        deadline = self._clock() + self._broker.connect_timeout_s
        while self._answer is None:
            left_s = deadline - self._clock()
            if left_s <= 0.0:
                raise TransientSinkError(f"mqtt: broker {self._broker.place} does not answer: events wait on disk")
            try:
                self.pump(left_s)
            except TransientSinkError:
                # A refusal comes with its reason first and closes the connection then.
                if self._answer is None:
                    raise
        self._check_answer(self._answer)

    def _check_answer(self, answer: ReasonCode) -> None:
        if not answer.is_failure:
            return
        if answer.getName() in _REFUSED_USER:
            raise FatalSinkError(
                f"mqtt: broker {self._broker.place} refused user {self._broker.username or '(none)'}: "
                "check username and password_file"
            )
        raise TransientSinkError(f"mqtt: broker {self._broker.place} refused the connection ({answer})")

    def _require(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._lost(error_string(code))

    def _lost(self, reason: str) -> TransientSinkError:
        return TransientSinkError(f"mqtt: broker {self._broker.place} is gone ({reason}): events wait on disk")

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, answer: ReasonCode, _more: Properties | None
    ) -> None:
        self._answer = answer

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if len(self._received) < _HELD:
            self._received.append(Message(message.topic, bytes(message.payload), bool(message.retain)))

    def _on_publish(
        self, _client: Client, _data: object, number: int, _answer: ReasonCode, _more: Properties | None
    ) -> None:
        self._acknowledged.append(number)
