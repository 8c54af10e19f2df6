"""The service and a real broker: asked, obeyed, shown, and found by Home Assistant."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from device.core.home_assistant import config_topic
from device.guard.codes import Codes
from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene
from tests.sinks.broker import PASSWORD, USER, Listener, Mosquitto

pytestmark = [
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed"),
]

BASE = "shopwarden/shop-1"
DISCOVERY = config_topic("homeassistant", "shop-1")
SIREN = '[pins]\nfactory = "mock"\noutputs = [{{ id = "siren", pin = 17 }}]\n'
MQTT = SIREN + '[mqtt]\nport = {port}\nusername = "{user}"\npassword_file = "{password}"\n'


def write(folder: Path, broker: Mosquitto) -> Path:
    """A configuration with that broker, and a PIN."""
    password = folder / "mqtt.password"
    password.write_text(PASSWORD)
    more = MQTT.format(port=broker.port, user=USER, password=password)
    (folder / "state").mkdir(exist_ok=True)
    Codes(folder / "state" / "panel-pins").set("anna", "4711")
    return write_config(folder, source=write_scene(folder), more=more)


class Ears:
    """The newest message of each topic, and every answer."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.newest: dict[str, str] = {}
        self.answers: list[dict[str, Any]] = []

    def until(self, true: Callable[[], Any], what: str) -> None:
        """Listen until something is true."""
        while not true():
            try:
                topic, payload, _ = self.listener.next()
            except Exception as error:
                raise AssertionError(f"no {what}; last: {self.newest}; answers: {self.answers}") from error
            self.newest[topic] = payload
            if topic == f"{BASE}/answer":
                self.answers.append(json.loads(payload))

    def state(self) -> dict[str, Any]:
        """How the guard stands, as the broker knows it."""
        state: dict[str, Any] = json.loads(self.newest.get(f"{BASE}/state", "{}"))
        return state

    def ask(self, verb: str, payload: str) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        before = len(self.answers)
        self.listener.publish(f"{BASE}/command/{verb}", payload)
        self.until(lambda: len(self.answers) > before, f"answer to {verb}")
        assert self.answers[-1]["command"] == verb
        return self.answers[-1]


def test_it_is_asked_and_shown(tmp_path: Path) -> None:
    """Armed by anybody, disarmed by the PIN alone; a rule off and on, help cried for, states beside it all."""
    broker = Mosquitto(tmp_path).start()
    listener = Listener(broker.port)
    ears = Ears(listener)
    try:
        with Daemon(write(tmp_path, broker)) as daemon:
            daemon.ready()
            ears.until(lambda: ears.state().get("panel") in {"armed_away", "triggered"}, "state")
            assert ears.ask("disarm", "1234")["done"] is False
            assert ears.ask("disarm", "4711") == {"command": "disarm", "done": True, "text": "disarmed"}
            ears.until(lambda: ears.state()["panel"] == "disarmed", "disarmed")
            rule = next(iter(ears.state()["rules"]))
            assert ears.ask("rule", json.dumps({"rule": rule, "on": "OFF"}))["text"] == "this needs the PIN"
            assert ears.ask("rule", json.dumps({"rule": rule, "on": "OFF", "pin": "4711"}))["done"] is True
            ears.until(lambda: ears.state()["rules"][rule] == "OFF", "the rule off")
            assert ears.ask("panel", '{"action": "ARM_AWAY", "pin": ""}')["done"] is True
            ears.until(lambda: ears.state()["panel"] == "armed_away", "armed")
            assert ears.ask("siren", "ON")["done"] is True
            ears.until(lambda: ears.state()["siren"] == "ON", "the siren")
            assert ears.state()["panel"] == "triggered"
            assert ears.ask("arm", '{"stand": "away"}')["text"].startswith("arm: unknown key 'stand'")
            assert "4711" not in daemon.log() + daemon.out()
            assert daemon.end() == 0
        ears.until(lambda: ears.newest.get(f"{BASE}/availability") == "offline", "offline")
    finally:
        listener.close()
        broker.kill()


def test_home_assistant_finds_what_is_there_now(tmp_path: Path) -> None:
    """An introduction is retained; one from before that named more is taken back; its birth brings it again."""
    broker = Mosquitto(tmp_path).start()
    listener = Listener(broker.port)
    ears = Ears(listener)
    try:
        old = {"components": {"zone_gone": {"platform": "binary_sensor"}}}
        listener.publish(DISCOVERY, json.dumps(old), retain=True)
        with Daemon(write(tmp_path, broker)) as daemon:
            daemon.ready()

            def removed() -> bool:
                return '"zone_gone":{"platform":"binary_sensor"}' in ears.newest.get(DISCOVERY, "")

            ears.until(removed, "removal")
            ears.until(lambda: not removed(), "introduction")
            found = json.loads(ears.newest[DISCOVERY])["components"]
            assert {"panel", "siren", "event", "camera_aisle", "zone_aisle_floor"} <= set(found)
            late_comer = Listener(broker.port)
            later = Ears(late_comer)
            later.until(lambda: DISCOVERY in later.newest, "retained introduction")
            assert "zone_gone" not in later.newest[DISCOVERY]
            late_comer.close()
            del ears.newest[DISCOVERY]
            listener.publish("homeassistant/status", "online")
            ears.until(lambda: DISCOVERY in ears.newest, "introduction after a birth")
            assert daemon.end() == 0
    finally:
        listener.close()
        broker.kill()
