"""What the shipped list of topics lets a device do, by a real broker."""

import shutil
from pathlib import Path

import pytest

from device.core.home_assistant import config_topic
from tests.sinks.broker import USER, Listener, Mosquitto

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed"),
]
SHIPPED = Path(__file__).parents[2] / "systemd" / "mosquitto.acl"
DISCOVERY = config_topic("homeassistant", USER)
OWN = [
    f"shopwarden/{USER}/{name}"
    for name in ("event", "availability", "state", "diagnostics", "aisle/snapshot", "answer")
]


def test_a_device_may_say_and_hear_its_own_and_nothing_else(tmp_path: Path) -> None:
    """Its topics and its introduction to Home Assistant, which it reads back to take away what is gone; no other's."""
    acl = tmp_path / "acl"
    acl.write_text(SHIPPED.read_text(encoding="utf-8").replace("@DEVICE@", USER), encoding="utf-8")
    broker = Mosquitto(tmp_path, acl=acl).start()
    try:
        listener = Listener(broker.port)
        for topic in (*OWN, DISCOVERY):
            for others in ("shopwarden/other/command/disarm", config_topic("homeassistant", "other")):
                listener.publish(others, "not mine")
            listener.publish(topic, "mine", retain=True)
            assert listener.next() == (topic, "mine", False)
        late_comer = Listener(broker.port)
        assert {late_comer.next()[0] for _ in (*OWN, DISCOVERY)} == {*OWN, DISCOVERY}
        for it in (listener, late_comer):
            it.close()
    finally:
        broker.kill()
