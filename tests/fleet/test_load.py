"""The load test itself, with few devices: it hears everything, and would say what is lost."""

import shutil
from pathlib import Path

import pytest

from bench.fleet import Fleet, Reader, connect_all, heard, measure
from tests.fleet.brokers import shop

pytestmark = [
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed"),
]


def test_it_measures(tmp_path: Path) -> None:
    """All parts, through a broker that is killed."""
    text = measure(tmp_path, 12, 2.0, 0.5)
    assert "each of 120 events at the reader" in text


def test_it_notices_a_gap(tmp_path: Path) -> None:
    """An event that never arrives is no figure but an error."""
    broker = shop(tmp_path / "broker", ["shop-0"])
    broker.start()
    fleet, reader = Fleet(broker, ["shop-0"]), Reader(broker)
    try:
        connect_all(fleet, reader, spread_s=0.0)
        (device,) = fleet.devices
        device.event()
        device.say(device.event())
        with pytest.raises(AssertionError, match="2 after 0"):
            heard(fleet, reader)
    finally:
        reader.client.loop_stop()
        broker.end()
