"""The panel in the service as a process: killed, started again, told by a key."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from device.core.arming.standing import Phase, Saved
from device.core.event import ArmedState
from device.store.store import Store
from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene

pytestmark = pytest.mark.slow

SIREN = '[pins]\nfactory = "mock"\noutputs = [{ id = "siren", pin = 17 }]\n'


def stands(folder: Path) -> tuple[str, str]:
    """How the guard stands, on disk."""
    with closing(sqlite3.connect(folder / "state" / "shopwarden.db")) as db:
        row: tuple[str, str] = db.execute("select armed, phase from panel").fetchone()
        return row


def save(folder: Path, armed: ArmedState, phase: Phase = "ready") -> None:
    """As a service before this one left it."""
    with closing(Store.open(folder / "state", outbox=False)) as store:
        store.save_panel(Saved(armed, phase), (store.load_panel() or (None, 0))[1] + 1)


def test_an_alarm_goes_on_after_a_kill(tmp_path: Path) -> None:
    """Killed while it sounds, the next start sounds at once; what is on disk is whole."""
    config = write_config(tmp_path, source=write_scene(tmp_path), more=SIREN)
    with Daemon(config) as daemon:
        daemon.ready().until(lambda: "output_on" in daemon.log(), "the siren")
        daemon.until(lambda: stands(tmp_path) == ("away", "triggered"), "the alarm on disk")
        daemon.process.kill()
        daemon.process.wait()
    with closing(Store.open(tmp_path / "state")) as store:
        assert store.check() == []
    with Daemon(config) as daemon:
        daemon.until(lambda: "the guard starts, triggered" in daemon.out(), "the alarm")
        daemon.until(lambda: daemon.log().count('"output_on"') == 2, "the siren again")
        assert daemon.ready().end() == 0
        assert '"output_off"' in daemon.log()


def test_a_disarmed_guard_stays_disarmed(tmp_path: Path) -> None:
    """Whatever the configuration starts with; people in the zone are a notice then."""
    save(tmp_path, "disarmed")
    with Daemon(write_config(tmp_path, source=write_scene(tmp_path), more=SIREN)) as daemon:
        daemon.ready().until(lambda: "notice   person_in_zone" in daemon.out(), "somebody")
        assert '"armed": "disarmed"' in daemon.log()
        assert daemon.end() == 0
        assert "output_on" not in daemon.log()
    assert stands(tmp_path) == ("disarmed", "ready")
