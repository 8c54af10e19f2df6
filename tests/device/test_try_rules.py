"""Tracks that are kept, and rules that are tried on them."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device import track_log
from device.cli import main
from device.config.model import Config
from device.core.detections import no_detections
from device.core.frame import Frame
from device.core.track import Track
from device.errors import StoreError
from device.pipeline import Step
from device.track_log import TrackLog, read_tracks
from device.track_row import Moment, decode_moments, encode_moment
from device.try_rules import over, track_folder
from tests.builders import make_motion

WALL = 1_790_000_000.0
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
    return Step(frame, make_motion(), no_detections(("person",), (4, 4)), tracks, ())


def stay(until_s: float) -> list[Moment]:
    """Somebody stays, and is gone for a while."""
    there = [Moment(WALL + t, t, True, (person(t),)) for t in np.arange(0.0, until_s, 0.2).tolist()]
    return there + [Moment(WALL + t, t, True, ()) for t in np.arange(until_s, until_s + 4.0, 0.2).tolist()]


def test_a_moment_comes_back_as_it_was() -> None:
    """But for the last digits of box and score; what was cut off is left out."""
    moments = [Moment(WALL, 5.0, True, (person(5.0), replace(person(5.0), id=7, seen=False, moved=False)))]
    content = encode_moment(moments[0]) + encode_moment(Moment(WALL + 1, 6.0, False, ()))
    first, second = decode_moments(content)
    assert [(track.id, track.seen, track.moved, track.confirmed) for track in first.tracks] == [
        (1, True, True, True), (7, False, False, True),
    ]  # fmt: skip
    assert first.tracks[0].box == pytest.approx((0.4, 0.3, 0.6, 0.9), abs=1e-4)
    assert (second.looked, second.tracks) == (False, ())
    for cut in range(1, len(content)):
        assert len(list(decode_moments(content[:cut]))) < 2


def test_tracks_are_kept_while_somebody_is_there_and_shortly_after(tmp_path: Path) -> None:
    """An empty room costs nothing."""
    log = TrackLog(tmp_path)
    log.note("aisle", step(0.0))
    for n in range(10):
        log.note("aisle", step(1.0 + n / 5, person(1.0 + n / 5)))
    for n in range(100):
        log.note("aisle", step(3.0 + n / 5))
    log.look()
    kept = list(read_tracks(tmp_path, "aisle", 0.0))
    assert kept[0].t == 1.0
    assert kept[-1].t == pytest.approx(2.8 + track_log.AFTERWARDS_S, abs=0.25)
    assert next(read_tracks(tmp_path, "aisle", WALL + 2.0)).t >= 2.0
    assert list(read_tracks(tmp_path, "yard", 0.0)) == []


def test_the_log_is_bounded_in_bytes_and_in_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes first."""
    monkeypatch.setattr(track_log, "MAX_BYTES", 8000)
    monkeypatch.setattr(track_log, "MAX_SEGMENT_BYTES", 1000)
    log = TrackLog(tmp_path)
    for n in range(1000):
        log.note("aisle", step(n / 5, person(n / 5)))
        if n % 10 == 0:
            log.look()
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.tracks")) <= 8500
    assert next(read_tracks(tmp_path, "aisle", 0.0)).t > 100.0
    log.note("aisle", step(200_000.0, person(200_000.0)))
    log.look()
    assert [moment.t for moment in read_tracks(tmp_path, "aisle", 0.0)] == [200_000.0]


def test_what_a_disk_does_not_take_waits_and_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is written once it does."""
    monkeypatch.setattr(track_log, "MAX_PENDING", 20)
    (tmp_path / "aisle").write_text("in the way")
    log = TrackLog(tmp_path)
    for n in range(50):
        log.note("aisle", step(n / 5, person(n / 5)))
    with pytest.raises(StoreError, match="cannot be kept"):
        log.look()
    (tmp_path / "aisle").unlink()
    log.look()
    assert 20 <= len(list(read_tracks(tmp_path, "aisle", 0.0))) <= 50


def test_a_changed_rule_is_tried_on_the_past() -> None:
    """What it would have told, and which rules need pictures."""

    def tried(after: float) -> dict[str, int]:
        config = Config.model_validate(tomllib_of(after))
        done = over(config, config.cameras[0], stay(20.0), "away")
        assert set(done.untried) >= {"object_left-counter", "tamper_dark"}
        return dict(done.counts)

    assert tried(10.0) == {"loitering-counter": 1}
    assert tried(30.0) == {}


def tomllib_of(after: float) -> dict[str, object]:
    """The file as tables."""
    return tomllib.loads(FILE.format(state="out", after=after))


def test_a_gap_in_the_log_ends_what_lasted() -> None:
    """The guard was off: nobody knows what was between."""
    config = Config.model_validate(tomllib_of(5.0))
    later = [replace(moment, wall=moment.wall + 1000, t=moment.t + 1000) for moment in stay(3.0)]
    done = over(config, config.cameras[0], [*stay(8.0)[:35], *later], "away")
    assert [line for line in done.lines if "the log has a gap" in line]
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
    assert "not tried" in said
    assert call("--since", "yesterday") == 2
    assert call("--since", "2026-01-31T12:00:00") == 2
    assert call("--since", "2099-01-31T12:00:00Z") == 2
