"""A thousand simulated devices at one broker, on loopback by TLS, each with its own password and allowed topics.

``python -m bench.fleet [--devices N] [--report]``. The broker is a real mosquitto with the configuration that the
installer gives it. Three parts: all connect and say what a device says when it starts; events for a minute; the broker
is killed and all come back with what waited meanwhile. A reader hears all of it, and each event's way is timed.
"""

import argparse
import json
import os
import platform
import queue
import random
import selectors
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bench.fault_table import commit, cpus, put_section
from tests.fleet.brokers import WORD, Broker, shop

REPORT = Path("docs/measured/fleet.md")
PATIENCE_S = 180.0
TICK_S = 0.02
STATE = json.dumps({"panel": "disarmed", "armed": "disarmed", "bypassed": [], "siren": "OFF", "zones": {}, "rules": {}})
CONFIG_BYTES = 9000
"""What Home Assistant is told of a device with one camera, about."""


def now() -> float:
    """Monotonic, s."""
    return time.monotonic()  # noqa: TID251 - a benchmark measures


@dataclass
class Device:
    """One of them: a paho client without a thread of its own."""

    name: str
    client: Any = None
    """paho's; None before the first connection."""
    seq: int = 0
    up: bool = False
    waiting: list[bytes] = field(default_factory=list)
    """What it could not say while the broker was away; a real device has it on disk."""
    on_the_way: dict[int, bytes] = field(default_factory=dict)

    def event(self) -> bytes:
        """The next event, of the size of a usual one, with the moment of its making."""
        self.seq += 1
        told = {
            "v": 1,
            "device": self.name,
            "seq": self.seq,
            "made": now(),
            "kind": "person_in_zone",
            "fill": "x" * 700,
        }
        return json.dumps(told).encode()

    def published(self, number: int) -> None:
        """The broker has it."""
        self.on_the_way.pop(number, None)

    def say(self, payload: bytes) -> None:
        """At once where it is connected, else later."""
        if not self.up:
            self.waiting.append(payload)
            return
        sent = self.client.publish(f"shopwarden/{self.name}/event", payload, qos=1)
        self.on_the_way[sent.mid] = payload


class Fleet:
    """All of them in one thread."""

    def __init__(self, broker: Broker, names: list[str]) -> None:
        self.broker = broker
        self.selector = selectors.DefaultSelector()
        self.devices = [Device(name) for name in names]
        self.last = dict.fromkeys(names, 0)
        """The number of the last event of each that the reader has."""

    def _client(self, device: Device) -> Client:
        """A new one for each connection: what the last one had on its way is with the device, which says it again."""
        name = device.name
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"shopwarden-{name}", clean_session=True)
        client.username_pw_set(name, WORD)
        client.tls_set(str(self.broker.ca))
        client.max_inflight_messages_set(20)
        client.will_set(f"shopwarden/{name}/availability", "offline", qos=1, retain=True)
        client.on_connect = lambda *_: self._up(device)
        client.on_disconnect = lambda *_: self._down(device)
        client.on_publish = lambda _c, _d, mid, *_: device.published(mid)
        return client

    def _up(self, device: Device) -> None:
        device.up = True
        base = f"shopwarden/{device.name}"
        device.client.subscribe(f"{base}/command/#", qos=1)
        device.client.publish(f"{base}/availability", "online", qos=1, retain=True)
        device.client.publish(f"{base}/state", STATE, qos=1, retain=True)
        introduction = json.dumps({"fill": "x" * CONFIG_BYTES})
        device.client.publish(f"homeassistant/device/shopwarden_{device.name}/config", introduction, qos=1, retain=True)
        waiting, device.waiting = device.waiting, []
        for payload in waiting:
            device.say(payload)

    def _down(self, device: Device) -> None:
        device.up = False
        device.waiting = [*device.on_the_way.values(), *device.waiting]
        device.on_the_way.clear()

    def connect(self, device: Device) -> bool:
        """Try once; whether there is a connection to go on with."""
        device.client = self._client(device)
        try:
            device.client.connect("127.0.0.1", self.broker.port, keepalive=60)
        except OSError:
            return False
        self.selector.register(device.client.socket(), selectors.EVENT_READ, device)
        return True

    def turn(self, timeout_s: float) -> None:
        """Look after everybody once."""
        for key, _ in self.selector.select(timeout_s):
            device: Device = key.data
            device.client.loop_read()
            while device.client.socket() is not None and device.client.socket().pending():
                device.client.loop_read()
            if device.client.socket() is None:
                self.selector.unregister(key.fileobj)
                if device.up:
                    self._down(device)
        for device in self.devices:
            if device.client is not None and device.client.socket() is not None:
                while device.client.want_write():
                    device.client.loop_write()
                device.client.loop_misc()

    def idle(self) -> bool:
        """Whether everybody is there and has said all."""
        return all(it.up and not it.on_the_way and not it.waiting for it in self.devices)


class Reader:
    """Home Assistant, or a central: hears everything."""

    def __init__(self, broker: Broker) -> None:
        self.events: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self.online: set[str] = set()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id="reader", clean_session=False)
        self.client.username_pw_set("home", WORD)
        self.client.tls_set(str(broker.ca))
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe("shopwarden/#", qos=1)
        self.client.on_message = lambda _c, _d, it: self._hear(it.topic, it.payload)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()

    def _hear(self, topic: str, payload: bytes | bytearray) -> None:
        if topic.endswith("/event"):
            self.events.put((now(), json.loads(payload)))
        elif topic.endswith("/availability"):
            name = topic.split("/")[1]
            (self.online.add if payload == b"online" else self.online.discard)(name)

    def taken(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """What it has heard so far."""
        while not self.events.empty():
            yield self.events.get()


def used(broker: Broker) -> tuple[float, float]:
    """The broker's CPU time, s, and resident memory, MiB."""
    if broker.process is None:
        raise RuntimeError("the broker does not run")
    folder = Path(f"/proc/{broker.process.pid}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    pages = int((folder / "statm").read_text().split()[1])
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return cpu, pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def connect_all(fleet: Fleet, reader: Reader, *, spread_s: float) -> float:
    """Until everybody is online for the reader; how long that took, s. Who is refused tries again a second later."""
    began = now()
    due = {it.name: began + random.random() * spread_s for it in fleet.devices if not it.up}  # noqa: S311 - no secret
    by_name = {it.name: it for it in fleet.devices}
    while len(reader.online) < len(fleet.devices) or not fleet.idle():
        if now() - began > PATIENCE_S:
            raise TimeoutError(f"{len(reader.online)} of {len(fleet.devices)} are online")
        for name in [name for name, t in due.items() if t <= now()][:10]:
            if fleet.connect(by_name[name]):
                del due[name]
            else:
                due[name] = now() + 1.0
        fleet.turn(TICK_S / 4)
    return now() - began


def steady(fleet: Fleet, reader: Reader, for_s: float, each_s: float) -> list[float]:
    """Each device says an event every so often; the ways of all, s."""
    begun = now()
    due = {it.name: begun + random.random() * each_s for it in fleet.devices}  # noqa: S311 - no secret
    while (t := now()) < begun + for_s:
        for device in fleet.devices:
            if due[device.name] <= t:
                device.say(device.event())
                due[device.name] += each_s
        fleet.turn(TICK_S)
    settle(fleet)
    return heard(fleet, reader)


def settle(fleet: Fleet) -> None:
    """Until the broker has acknowledged everything."""
    until = now() + PATIENCE_S
    while not fleet.idle():
        if now() > until:
            raise TimeoutError("something is still on its way")
        fleet.turn(TICK_S)


def heard(fleet: Fleet, reader: Reader) -> list[float]:
    """The ways of all events that were said, s, once the reader has every one; each device's in order."""
    wanted, last, ways, until = sum(it.seq for it in fleet.devices), fleet.last, list[float](), now() + PATIENCE_S
    while sum(last.values()) < wanted:
        if now() > until:
            raise TimeoutError(f"{wanted - sum(last.values())} events of {wanted} are lost")
        for t, told in reader.taken():
            name, seq = told["device"], told["seq"]
            # A repeat, as QoS 1 allows: a broker that was killed says again what it had said just before.
            if seq <= last[name]:
                continue
            if seq != last[name] + 1:
                raise AssertionError(f"{name}: {seq} after {last[name]}")
            last[name] = seq
            ways.append(t - told["made"])
        fleet.turn(TICK_S)
    return ways


def save(broker: Broker) -> None:
    """Have the broker bring to disk, as it does by itself each five seconds, that there is a reader to keep for."""
    if broker.process is None:
        raise RuntimeError("the broker does not run")
    saved = broker.folder / "data" / "mosquitto.db"
    saved.unlink(missing_ok=True)
    broker.process.send_signal(signal.SIGUSR1)
    until = now() + PATIENCE_S
    while not saved.exists():
        if now() > until:
            raise TimeoutError("the broker does not save")
        time.sleep(TICK_S)  # noqa: TID251 - a file has no other way to tell


def outage(fleet: Fleet, reader: Reader) -> tuple[float, list[float]]:
    """The broker dies and comes back; how long until all is as it was, s, and the ways of what waited."""
    save(fleet.broker)
    fleet.broker.end(kill=True)
    while any(it.up for it in fleet.devices):
        fleet.turn(TICK_S)
    for device in fleet.devices:
        for _ in range(10):
            device.say(device.event())
    reader.online.clear()
    fleet.broker.start()
    began = now()
    connect_all(fleet, reader, spread_s=5.0)
    ways = heard(fleet, reader)
    return now() - began, ways


def told(ways: list[float]) -> str:
    """Figures of ways."""
    cut = statistics.quantiles(ways, n=100)
    return f"p50 {cut[49] * 1000:.1f} ms, p95 {cut[94] * 1000:.1f} ms, longest {max(ways) * 1000:.0f} ms"


def measure(folder: Path, count: int, for_s: float, each_s: float) -> str:
    """The whole of it, as text."""
    names = [f"shop-{number}" for number in range(count)]
    broker = shop(folder / "broker", names)
    broker.start()
    reader = Reader(broker)
    fleet = Fleet(broker, names)
    try:
        took = connect_all(fleet, reader, spread_s=0.0)
        (cpu, rss), rate = used(broker), count / each_s
        lines = [
            f"- {count} devices come at once, by TLS with a password each, and say availability, state and an "
            f"introduction of {CONFIG_BYTES} bytes: all online after {took:.1f} s (broker: {cpu:.1f} s CPU, "
            f"{rss:.0f} MiB)"
        ]
        ways = steady(fleet, reader, for_s, each_s)
        more, rss = used(broker)
        lines.append(
            f"- an event of 0.8 kB from each every {each_s:g} s, {rate:.0f} a second for {for_s:g} s, from "
            f"device to reader: {told(ways)}; none lost, in order (broker: {(more - cpu) / for_s * 100:.0f} % of a "
            f"core, {rss:.0f} MiB)"
        )
        took, ways = outage(fleet, reader)
        lines.append(
            f"- the broker is killed, each device gathers 10 events, the broker starts, all come back within 5 s: all "
            f"online, and each of {len(ways)} events at the reader, in order, after {took:.1f} s (broker: "
            f"{used(broker)[1]:.0f} MiB)"
        )
        return "\n".join(lines)
    finally:
        reader.client.loop_stop()
        broker.end()


def main() -> None:
    """Measure, print, and on request write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--for", type=float, default=60.0, dest="for_s", metavar="S")
    parser.add_argument("--each", type=float, default=10.0, dest="each_s", metavar="S")
    parser.add_argument("--report", action="store_true", help=f"write the section into {REPORT}")
    asked = parser.parse_args()
    threading.stack_size(1 << 20)
    with tempfile.TemporaryDirectory() as folder:
        text = measure(Path(folder), asked.devices, asked.for_s, asked.each_s)
    machine = f"{platform.machine()}, {cpus()} shared cores, Python {platform.python_version()}, commit {commit()}"
    text = f"`python -m bench.fleet --devices {asked.devices}` on {machine}.\n\n{text}"
    print(text)
    if asked.report:
        put_section(
            REPORT, "A thousand devices at one broker" if asked.devices == 1000 else "Devices at one broker", text
        )


if __name__ == "__main__":
    main()
