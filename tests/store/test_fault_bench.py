"""What judges faults finds what is broken: a bench that cannot fail proves nothing."""

from pathlib import Path

from bench.fault_watch import Clips, Said, faults_of
from device.store.store import Store
from tests.events import make_event


def test_a_lost_event_is_found(tmp_path: Path) -> None:
    """Told and not there, or there under another number."""
    store = Store.open(tmp_path / "state")
    kept = store.commit(make_event())
    store.close()

    assert faults_of(tmp_path / "state", {kept.id: 1}, tmp_path / "copy") == []
    assert len(faults_of(tmp_path / "state", {kept.id: 2, "nobody": 3}, tmp_path / "copy")) == 2


def test_a_clip_that_does_not_play_is_found(tmp_path: Path) -> None:
    """Finished and no movie; cut short with too much missing; never begun."""
    for name in ("whole", "cut"):
        (tmp_path / "evidence" / name).mkdir(parents=True)
        (tmp_path / "evidence" / name / "clip.mp4").write_bytes(b"nothing")
    (tmp_path / "evidence" / "cut" / "clip.mp4.begun").touch()
    clips = Clips()
    clips.look(tmp_path, Said(packet=60, clips={"cut": (0.0, 30.0), "never": (0.0, 30.0)}))

    assert len(clips.broken) == 3
