"""The shipped flow in a real Node-RED, where there is one: each alarm that begins, once, also after it was away."""

import json
import os
import queue
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paho.mqtt.publish
import pytest

from device.core.event import encode
from tests.events import make_event
from tests.fleet.brokers import EXAMPLES, READER, SHOP, WORD, Broker, central

NODE_RED = os.environ.get("SHOPWARDEN_NODE_RED", "")
"""The command, as ``npm install node-red`` leaves it in ``node_modules/.bin``."""
PATIENCE_S = 120.0

pytestmark = [
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not NODE_RED, reason="SHOPWARDEN_NODE_RED names no Node-RED"),
]


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Broker]:
    """A central broker."""
    made = central(tmp_path / "centre")
    made.start()
    yield made
    made.end()


def prepare(folder: Path, broker: Broker) -> None:
    """The shipped flow, with this broker's place and what a person would enter: a user and a password."""
    flow = json.loads((EXAMPLES / "node-red.json").read_text(encoding="utf-8"))
    for node in flow:
        match node["id"]:
            case "shopwarden-broker":
                node |= {"broker": "localhost", "port": str(broker.port)}
            case "shopwarden-tls":
                node["ca"] = str(broker.ca)
            case "shopwarden-out":
                # Where a mail would go out, its text is printed.
                node["console"] = True
    folder.mkdir()
    (folder / "flows.json").write_text(json.dumps(flow), encoding="utf-8")
    secret = {"shopwarden-broker": {"user": READER, "password": WORD}}
    (folder / "flows_cred.json").write_text(json.dumps(secret), encoding="utf-8")
    settings = 'flowFile: "flows.json", credentialSecret: false, httpAdminRoot: false, uiHost: "127.0.0.1"'
    (folder / "settings.js").write_text(f"module.exports = {{{settings}}}", encoding="utf-8")


@contextmanager
def node_red(folder: Path) -> Iterator["queue.Queue[str]"]:
    """It runs, and is connected; what it would send, line by line."""
    said: queue.Queue[str] = queue.Queue()
    connected = threading.Event()
    command = [NODE_RED, "--userDir", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def read() -> None:
        wanted = False
        for line in process.stdout or ():
            if "Connected to broker" in line:
                connected.set()
            if wanted:
                said.put(line.strip())
            found = re.search(r"\[debug:[^]]*\](.*)", line)
            wanted = found is not None and not found[1].strip()
            if found is not None and found[1].strip():
                said.put(found[1].strip())

    reader = threading.Thread(target=read)
    with process:
        reader.start()
        try:
            assert connected.wait(PATIENCE_S)
            yield said
        finally:
            process.terminate()
            reader.join(30)


def tell(broker: Broker, topic: str, *payloads: str) -> None:
    """As a shop's bridge says it."""
    paho.mqtt.publish.multiple(
        [{"topic": topic, "payload": it, "qos": 1} for it in payloads],
        hostname="localhost",
        port=broker.port,
        auth={"username": SHOP, "password": WORD},
        tls={"ca_certs": str(broker.ca)},
    )


def test_each_alarm_that_begins_once(tmp_path: Path, centre: Broker) -> None:
    """Neither what is no alarm, nor an end, nor a repetition; and what came while it was away, once it is back."""
    topic = "shopwarden/harbour-aisle/event"
    prepare(tmp_path / "flow", centre)
    alarm = make_event(device="harbour-aisle", priority="alarm", kind="person_in_zone", zone="floor")
    other = replace(alarm, id=alarm.id[:-1] + ("0" if alarm.id[-1] != "0" else "1"), zone="yard")
    with node_red(tmp_path / "flow") as said:
        calm = [encode(replace(alarm, priority="notice")), encode(replace(alarm, state="end", t_end=alarm.t_emitted))]
        tell(centre, topic, *calm)
        tell(centre, topic, encode(other), encode(other))
        assert "harbour-aisle" in (line := said.get(timeout=PATIENCE_S))
        assert "person_in_zone yard at" in line
        tell(centre, f"shopwarden-shops/{SHOP}", "0")
        assert said.get(timeout=PATIENCE_S) == "0"
        assert said.empty()
    late = replace(other, id=other.id[:-2] + "ff", zone="door", late=True)
    tell(centre, topic, encode(late))
    with node_red(tmp_path / "flow") as said:
        assert "(late)" in said.get(timeout=PATIENCE_S)
