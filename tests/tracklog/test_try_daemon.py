"""The service keeps what its rules saw, and ``try`` gives what it told."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from device.cli import main
from device.config import load_config
from device.store.store import Store
from device.tracklog.log import Damage, read_tracks
from device.tracklog.try_rules import over, track_folder
from tests.device.daemon import Daemon
from tests.device.drawn import write_config, write_scene


@pytest.mark.slow
def test_what_the_service_told_is_told_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each event of its rules, in order, with its times and figures; the command says how many."""
    file = write_config(tmp_path, source=write_scene(tmp_path))
    with Daemon(file) as daemon:
        daemon.ready().until(lambda: daemon.out().count("person_in_zone ") >= 4, "events")
        assert daemon.end() == 0
    config = load_config(file)
    moments = list(read_tracks(track_folder(config.device.state_dir), "aisle", 0.0, Damage()))
    tried = over(config, config.cameras[0], moments, "away")
    with closing(Store.open(config.device.state_dir)) as store:
        events = sorted(store.events(limit=1000), key=lambda event: event.seq or 0)
    stopped = "the guard was stopped"
    by_rules = [event for event in events if event.camera == "aisle" and stopped not in event.reasons]

    assert tried.untried == {}
    assert len(by_rules) >= 4
    assert [
        (
            it.draft.kind,
            it.draft.state,
            round(it.draft.t_emitted, 6),
            it.draft.confidence,
            it.draft.reasons,
            it.draft.data,
        )
        for it in tried.told
    ] == [(it.kind, it.state, it.t_emitted, it.confidence, it.reasons, it.data) for it in by_rules]
    assert main(["try", "--config", str(file)]) == 0
    starts = sum(event.state == "start" and event.kind == "person_in_zone" for event in by_rules)
    assert re.search(rf"^person_in_zone-floor: {starts}$", capsys.readouterr().out, re.MULTILINE)
