"""Secrets that systemd hands to the service."""

from pathlib import Path

import pytest

from device.secret_file import secret_path
from device.sinks.mqtt_session import read_password


def test_a_secret_that_was_handed_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name of its file; without one, or outside the service, the file itself is read."""
    own, handed = tmp_path / "mqtt.password", tmp_path / "handed"
    handed.mkdir()
    own.write_text("from the file\n")
    assert secret_path(own, {}) == own
    assert secret_path(own, {"CREDENTIALS_DIRECTORY": str(handed)}) == own
    (handed / "secrets_mqtt.password").write_text("from systemd\n")
    assert secret_path(own, {"CREDENTIALS_DIRECTORY": str(handed)}) == handed / "secrets_mqtt.password"
    own.unlink()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    assert read_password(own) == "from systemd"
