"""``shopwarden db retention``: what the guard does each minute, where there is none."""

from contextlib import closing
from pathlib import Path

import pytest

from device.cli import main
from device.control import CONTROL_NAME, ControlSocket, service_answers
from device.evidence.ledger import read_chain
from device.store.store import Store
from tests.device.drawn import write_config
from tests.pins.waiting import soon
from tests.recorder.test_retention import EVENTS, left, recorded


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A device that may keep next to nothing and has two events and a piece of continuous recording."""
    config = write_config(tmp_path, more="\n[retention]\nmax_gib = 0.000001\nmin_free_mib = 64\n")
    with closing(Store.open(tmp_path / "state")):
        pass
    for number in range(2):
        recorded(tmp_path / "state", f"evidence/{EVENTS[number]}/clip.mp4", EVENTS[number], 100.0 + number)
    recorded(tmp_path / "state", "ambient/aisle/0.mp4", None, 200.0)
    return config


def test_what_may_not_be_kept_goes(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a link in the chain for each event, as the service makes it; a second call finds nothing to do."""
    assert main(["db", "retention", "--config", str(config)]) == 0
    assert "2 recordings deleted" in capsys.readouterr().out
    state = config.parent / "state"
    assert left(state) == {f"evidence/{EVENTS[1]}/clip.mp4"}
    assert [it.link.event_id for it in read_chain(state / "chain.jsonl") if it.link.kind == "deleted"] == [EVENTS[0]]
    assert main(["db", "retention", "--config", str(config)]) == 0
    assert "0 recordings deleted" in capsys.readouterr().out


def test_never_beside_the_guard(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two would write one chain."""
    path = config.parent / "state" / CONTROL_NAME
    control = ControlSocket(path)
    try:
        with control.serving({}):
            assert soon(lambda: service_answers(path.parent))
            before = left(config.parent / "state")
            assert main(["db", "retention", "--config", str(config)]) == 0
            assert "the running guard sees to it" in capsys.readouterr().out
            assert left(config.parent / "state") == before
            for option in ("--lights-off", "--report=.", "--walk=5"):
                assert main(["selftest", option, "--config", str(config)]) == 2
            assert "stop the service" in capsys.readouterr().err
            main(["selftest", "--config", str(config)])
            assert "skipped  camera aisle         the running guard has it" in capsys.readouterr().out
    finally:
        control.stop(2.0)


def test_a_device_that_never_ran(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is made."""
    config = write_config(tmp_path)
    assert main(["db", "retention", "--config", str(config)]) == 0
    assert "nothing is kept yet" in capsys.readouterr().out
    assert not (tmp_path / "state").exists()
