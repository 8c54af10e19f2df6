"""Tracks that are kept, and rules that are tried on them."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.cli import main
from device.config.model import Config
from device.core.detections import no_detections
from device.core.frame import Frame
from device.core.rules.senses import Seen
from device.core.track import Track
from device.errors import StoreError
from device.pipeline import Step
from device.tracklog import log as log_module
from device.tracklog.log import Damage, TrackLog, read_tracks
from device.tracklog.row import Moment
from device.tracklog.try_rules import over, told, track_folder
from tests.builders import make_motion

WALL = 1_790_000_000.0
SEEN = Seen(frozenset({"label-person"}))
FILE = """
[device]
id = "shop-1"
state_dir = "{state}"

[[cameras]]
id = "aisle"
source = "synthetic:"

  [[cameras.zones]]
  id = "counter"
  polygon = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]

  [[cameras.rules]]
  kind = "loitering"
  zone = "counter"
  after_s = {after}

  [[cameras.rules]]
  kind = "object_left"
  zone = "counter"
"""


def person(t: float, id_: int = 1) -> Track:
    """Somebody in the zone since 0 s."""
    return Track(id_, "person", (0.4, 0.3, 0.6, 0.9), 0.8, True, True, True, 0.0, t)


def step(t: float, *tracks: Track) -> Step:
    """What the pipeline made of a picture."""
    frame = Frame(0, t, WALL + t, np.zeros((6, 4), np.uint8))
    return Step(frame, make_motion(), no_detections(("person",), (4, 4)), tracks, (), seen=SEEN)


def stay(until_s: float) -> list[Moment]:
    """Somebody stays, and is gone for a while."""
    there = [Moment(WALL + t, t, True, (person(t),), SEEN, (), "one") for t in np.arange(0.0, until_s, 0.2).tolist()]
    return there + [
        Moment(WALL + t, t, True, (), SEEN, (), "one") for t in np.arange(until_s, until_s + 4.0, 0.2).tolist()
    ]


def test_tracks_are_kept_while_somebody_is_there_and_shortly_after(tmp_path: Path) -> None:
    """Of an empty room a picture a second is kept."""
    log = TrackLog(tmp_path)
    log.note("aisle", step(0.0))
    for n in range(10):
        log.note("aisle", step(1.0 + n / 5, person(1.0 + n / 5)))
    for n in range(100):
        log.note("aisle", step(3.0 + n / 5))
    log.look()
    kept = list(read_tracks(tmp_path, "aisle", 0.0, Damage()))
    assert kept[0].t == 0.0
    assert [moment.t for moment in kept[1:11]] == pytest.approx([1.0 + n / 5 for n in range(10)])
    busy = [moment.t for moment in kept if moment.t <= 2.8 + log_module.AFTERWARDS_S]
    assert np.diff(busy[1:]).max() == pytest.approx(0.2)
    quiet = [moment.t for moment in kept if moment.t > 2.8 + log_module.AFTERWARDS_S]
    assert np.diff(quiet).min() == pytest.approx(log_module.QUIET_S)
    assert next(read_tracks(tmp_path, "aisle", WALL + 2.0, Damage())).t >= 2.0
    assert list(read_tracks(tmp_path, "yard", 0.0, Damage())) == []


def test_what_a_disk_does_not_take_waits_and_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is written once it does: the newest of it."""
    monkeypatch.setattr(log_module, "MAX_PENDING", 2000)
    (tmp_path / "aisle").write_text("in the way")
    log = TrackLog(tmp_path)
    for n in range(50):
        log.note("aisle", step(n / 5, person(n / 5)))
        if n % 7 == 0:
            with pytest.raises(StoreError, match="cannot be kept"):
                log.look()
    (tmp_path / "aisle").unlink()
    log.look()
    kept = [moment.t for moment in read_tracks(tmp_path, "aisle", 0.0, Damage())]
    assert 10 <= len(kept) < 50
    assert kept == pytest.approx([(50 - len(kept) + n) / 5 for n in range(len(kept))])


def test_in_place_of_a_disk_nothing_is_kept(tmp_path: Path) -> None:
    """A stand-in lies in memory, which is for better use."""
    log = TrackLog(tmp_path / "tracks", keeps=False)
    log.note("aisle", step(0.0, person(0.0)))
    log.stop()
    assert list(tmp_path.iterdir()) == []


def test_one_camera_that_cannot_be_written_holds_up_no_other(tmp_path: Path) -> None:
    """Each has its own folder."""
    (tmp_path / "aisle").write_text("in the way")
    log = TrackLog(tmp_path)
    for camera in ("aisle", "yard"):
        log.note(camera, step(1.0, person(1.0)))
    with pytest.raises(StoreError):
        log.look()
    assert len(list(read_tracks(tmp_path, "yard", 0.0, Damage()))) == 1


def test_a_fault_in_keeping_ends_no_guard(tmp_path: Path) -> None:
    """It is counted and told."""
    log = TrackLog(tmp_path)
    strange = replace(person(0.0), id=-1)
    assert log.note("aisle", step(0.0, strange)) is not None
    assert log.stats().bugs == 1
    log.note("aisle", step(1.0, person(1.0)))
    log.look()
    assert [moment.t for moment in read_tracks(tmp_path, "aisle", 0.0, Damage())] == [1.0]


def test_pictures_that_show_nothing_new_are_left_out(tmp_path: Path) -> None:
    """Of somebody who stands still between two looks; but never the one before something new."""
    log = TrackLog(tmp_path)
    for n in range(10):
        between = replace(
            step(n / 50, replace(person(0.0), seen=n == 0)), detections=no_detections((), (4, 4)) if n == 0 else None
        )
        log.note("aisle", between)
    log.note("aisle", step(10 / 50, replace(person(0.2), box=(0.1, 0.3, 0.3, 0.9))))
    log.look()
    kept = [moment.t for moment in read_tracks(tmp_path, "aisle", 0.0, Damage())]
    assert kept == pytest.approx([0.0, 0.18, 0.2])


def test_a_changed_rule_is_tried_on_the_past() -> None:
    """What it would have told, and which rules need pictures."""

    def tried(after: float) -> dict[str, int]:
        config = Config.model_validate(tomllib_of(after))
        done = over(config, config.cameras[0], stay(20.0), "away")
        assert set(done.untried) >= {"object_left-counter", "tamper_dark"}
        assert "loitering-counter" not in done.untried
        return dict(done.counts)

    assert tried(10.0) == {"loitering-counter": 1}
    assert tried(30.0) == {}


def tomllib_of(after: float) -> dict[str, object]:
    """The file as tables."""
    return tomllib.loads(FILE.format(state="out", after=after))


def test_a_gap_in_the_log_ends_what_lasted() -> None:
    """The guard began anew: nobody knows what was between."""
    config = Config.model_validate(tomllib_of(5.0))
    later = [replace(moment, wall=moment.wall + 1000, t=moment.t + 1000, run="two") for moment in stay(3.0)]
    done = over(config, config.cameras[0], [*stay(8.0)[:35], *later], "away")
    assert [line for line in told(done) if "the log has a gap" in line]
    assert done.counts["loitering-counter"] == 1


def test_the_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And is refused where nothing is kept, or the time cannot be read."""
    file = tmp_path / "changed.toml"
    file.write_text(FILE.format(state=tmp_path.as_posix(), after=10.0), encoding="utf-8")
    call: Callable[..., int] = lambda *more: main(["try", "--config", str(file), *more])  # noqa: E731 - one call, many ends
    assert call() == 2
    assert "nothing is kept of camera aisle" in capsys.readouterr().err
    log = TrackLog(track_folder(tmp_path))
    for moment in stay(20.0):
        log.note("aisle", step(moment.t, *moment.tracks))
    log.look()
    assert call() == 0
    said = capsys.readouterr().out
    assert "loitering-counter: 1" in said
    assert call("--rule", "object_left-counter", "--rule", "tamper_dark") == 0
    assert "loitering-counter: 1" not in capsys.readouterr().out
    assert "not tried: object_left-counter: no rule watched the floor of zone counter" in said
    (newest,) = (track_folder(tmp_path) / "aisle").iterdir()
    newest.write_bytes(newest.read_bytes() * 2 + b"torn")
    assert call() == 0
    assert "1 damaged stretches of the log were passed over" in capsys.readouterr().out
    newest.write_bytes(b"torn")
    assert call() == 2
    assert "1 damaged stretches cannot be read" in capsys.readouterr().err
    assert call("--since", "yesterday") == 2
    assert call("--rule", "loitering-count") == 2
    assert "has no rule 'loitering-count'; it has: loitering-counter" in capsys.readouterr().err
    assert call("--since", "2026-01-31T12:00:00") == 2
    assert call("--since", "2099-01-31T12:00:00Z") == 2


def test_a_clock_that_is_set_back_while_it_runs_takes_nothing_away(tmp_path: Path) -> None:
    """Rules go by the run's clock; the other one is a label, before and after."""
    log, wall = TrackLog(tmp_path), WALL
    for n, moment in enumerate(stay(20.0)):
        wall += {30: -20_000.0, 60: 18_000.0, 80: -3600.0}.get(n, 0.0)
        one = step(moment.t, *moment.tracks)
        log.note("aisle", replace(one, frame=replace(one.frame, wall=wall + moment.t)))
        if n == 70:
            log.look()
    log.stop()
    config = Config.model_validate(tomllib_of(10.0))
    kept = list(read_tracks(tmp_path, "aisle", 0.0, Damage()))
    assert [moment.t for moment in kept] == pytest.approx([moment.t for moment in stay(20.0)])
    assert dict(over(config, config.cameras[0], kept, "away").counts) == {"loitering-counter": 1}
    assert dict(over(config, config.cameras[0], kept, "away", only=("object_left-counter",)).counts) == {}
