"""From a device by its shop's broker to a centre, with the configuration that is shipped, on two real brokers."""

import json
import queue
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.fleet.brokers import DEVICE, READER, SHOP, WORD, Broker, central, shop

pytestmark = [
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed"),
]
PATIENCE_S = 40.0
LINE = f"shopwarden-shops/{SHOP}"


class Party:
    """Somebody at a broker, by TLS and password; hears what it asked for, in order, also what it missed."""

    def __init__(self, broker: Broker, user: str, *topics: str) -> None:
        self.heard: queue.Queue[tuple[str, str]] = queue.Queue()
        self._ready = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=f"party-{user}", clean_session=False)
        self.client.username_pw_set(user, WORD)
        self.client.tls_set(str(broker.ca))
        self.client.reconnect_delay_set(1, 1)
        self.client.on_message = lambda _c, _d, it: self.heard.put((it.topic, it.payload.decode()))
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_connect = lambda *_: self._connected(topics)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        assert self._ready.wait(PATIENCE_S)

    def _connected(self, topics: tuple[str, ...]) -> None:
        if topics:
            self.client.subscribe([(topic, 1) for topic in topics])
        else:
            self._ready.set()

    def say(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Say something, and wait until the broker has it."""
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def until(self, topic: str, payload: str) -> None:
        """Wait for a message."""
        seen = []
        try:
            while (it := self.heard.get(timeout=PATIENCE_S)) != (topic, payload):
                seen.append(it)
        except queue.Empty:
            raise AssertionError(f"never heard {topic} {payload}, but {seen[-5:]}") from None

    def leave(self) -> None:
        """Go."""
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[tuple[Broker, Broker]]:
    """A shop and a centre."""
    centre = central(tmp_path / "central")
    harbour = shop(tmp_path / "shop", [DEVICE, "harbour-till"], to=centre)
    try:
        centre.start()
        harbour.start()
        yield harbour, centre
    finally:
        harbour.end()
        centre.end()


def event(seq: int) -> str:
    """What a device says, as far as order goes."""
    return json.dumps({"v": 1, "seq": seq, "device": DEVICE})


def test_events_outlive_the_centre(brokers: tuple[Broker, Broker]) -> None:
    """What is said while the centre is dead arrives in order, also where the shop's broker restarts meanwhile."""
    harbour, centre = brokers
    device = Party(harbour, DEVICE)
    reader = Party(centre, READER, "shopwarden/#", "shopwarden-shops/#")
    reader.until(LINE, "1")
    topic = f"shopwarden/{DEVICE}/event"
    device.say(f"shopwarden/{DEVICE}/availability", "online", retain=True)
    reader.until(f"shopwarden/{DEVICE}/availability", "online")
    device.say(topic, event(0))
    reader.until(topic, event(0))
    centre.end(kill=True)
    for seq in range(1, 201):
        device.say(topic, event(seq))
    device.leave()
    harbour.end()
    harbour.start()
    device = Party(harbour, DEVICE)
    for seq in range(201, 301):
        device.say(topic, event(seq))
    centre.start()
    heard: list[int] = []
    while not heard or heard[-1] < 300:
        where, payload = reader.heard.get(timeout=PATIENCE_S)
        if where == topic and (seq := json.loads(payload)["seq"]) not in [0, *heard]:
            heard.append(seq)
    assert heard == list(range(1, 301))
    device.leave()
    reader.leave()


def test_a_centre_sees_that_a_shop_is_gone(brokers: tuple[Broker, Broker]) -> None:
    """By the line's last will, while what its devices said last still stands; and that it is back."""
    harbour, centre = brokers
    reader = Party(centre, READER, "shopwarden/#", "shopwarden-shops/#")
    reader.until(LINE, "1")
    harbour.end(kill=True)
    reader.until(LINE, "0")
    harbour.start()
    reader.until(LINE, "1")
    reader.leave()


def test_nobody_speaks_for_another(brokers: tuple[Broker, Broker]) -> None:
    """Not a device for its neighbour, not a shop for one that is not its own, and no picture leaves the shop."""
    harbour, centre = brokers
    device, till = Party(harbour, DEVICE), Party(harbour, "harbour-till")
    foreign = Party(centre, SHOP)
    reader = Party(centre, READER, "shopwarden/#", "shopwarden-shops/#")
    reader.until(LINE, "1")
    device.say("shopwarden/harbour-till/event", "not mine")
    device.say(f"shopwarden/{DEVICE}/aisle/snapshot", "a picture")
    foreign.say("shopwarden/other-aisle/event", "not ours")
    # The way of the device's words and that of the shop's are two: the last of each says that all before it are there.
    foreign.say(f"shopwarden/{DEVICE}/command/disarm", "the shop's own")
    till.say("shopwarden/harbour-till/event", "mine")
    seen: list[Any] = []
    while ("shopwarden/harbour-till/event", "mine") not in seen or (
        f"shopwarden/{DEVICE}/command/disarm",
        "the shop's own",
    ) not in seen:
        seen.append(reader.heard.get(timeout=PATIENCE_S))
    said = {payload for _, payload in seen}
    assert not said & {"not mine", "a picture", "not ours"}
    for party in (device, till, foreign, reader):
        party.leave()
