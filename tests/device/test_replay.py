"""The pipeline over recordings: files that come out the same every time, and what they promise."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from device.config import Config, load_config, parse_config
from device.core.event import decode
from device.core.geometry import iou
from device.core.ids import unix_ms_of
from device.demo import shipped_clip
from device.detect.scripted import ScriptedDetector
from device.errors import CameraError, ShopwardenError, UsageError
from device.replay import ReplayOptions, ReplayResult, replay, summary
from tests.device.drawn import CONFIG, truth_detector, write_clip, write_config

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "event.schema.json"
FILES = ("events.jsonl", "tracks.txt")
TWO_CAMERAS = """
[[cameras]]
id = "yard"
source = "synthetic:"
  [[cameras.zones]]
  id = "gate"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
"""


@pytest.fixture(scope="module")
def drawn_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody walks through a room."""
    return write_clip(tmp_path_factory.mktemp("clip") / "walk.mp4")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """One camera with a zone and a line."""
    return load_config(write_config(tmp_path))


Run = Callable[..., ReplayResult]


@pytest.fixture
def run(tmp_path: Path, drawn_clip: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Replay the walk with a detector that sees the truth."""

    def run_it(
        out: str = "out", *, config: Config = config, detector: ScriptedDetector | None = None, **options: Any
    ) -> ReplayResult:
        monkeypatch.setattr("device.replay.build_detector", lambda _: detector or truth_detector())
        return replay(config, ReplayOptions(**({"video": drawn_clip, "out": tmp_path / out} | options)))

    return run_it


def documents(folder: Path) -> list[dict[str, Any]]:
    """Every line of ``events.jsonl``, each held against the schema."""
    validator = jsonschema.Draft202012Validator(
        json.loads(SCHEMA.read_text(encoding="utf-8")), format_checker=jsonschema.FormatChecker()
    )
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    read = [json.loads(line) for line in lines]
    for document, line in zip(read, lines, strict=True):
        validator.validate(document)
        assert decode(line).seq == document["seq"]
    return read


def same(folder: Path, other: Path) -> bool:
    """Whether two replays wrote the same bytes."""
    return all((folder / name).read_bytes() == (other / name).read_bytes() for name in FILES)


def test_twice_the_same_bytes_on_a_real_clip(tmp_path: Path, config: Config) -> None:
    """With the shipped model: nothing depends on the clock, on chance or on how threads fall."""
    try:
        clip = shipped_clip()
    except UsageError:
        pytest.skip("the package with the clip is not installed")
    for out in "ab":
        replay(config, ReplayOptions(video=clip, out=tmp_path / out))
    assert same(tmp_path / "a", tmp_path / "b")
    assert documents(tmp_path / "a")


def test_twice_the_same_bytes_on_a_drawn_scene_with_the_shipped_model(
    tmp_path: Path, drawn_clip: Path, config: Config
) -> None:
    """The drawn person is found by the real detector, and is one alarm of each kind."""
    results = [replay(config, ReplayOptions(video=drawn_clip, out=tmp_path / out)) for out in "ab"]
    assert same(tmp_path / "a", tmp_path / "b")
    assert results[0].events == results[1].events
    assert summary(results[0])["events"] == {"person_in_zone": 1, "line_crossed": 1}
    assert len(documents(tmp_path / "a")) == 3


def test_events_keep_the_contract(tmp_path: Path, run: Run) -> None:
    """Numbered from 1 without a gap, of no boot, on media time; alarms in state away."""
    result = run()
    written = documents(tmp_path / "out")

    assert [document["seq"] for document in written] == list(range(1, len(written) + 1))
    assert {document["boot_id"] for document in written} == {"00000000-0000-0000-0000-000000000000"}
    assert {document["priority"] for document in written} == {"alarm"}
    assert all(document["time"].startswith("2000-01-01T12:00:0") for document in written)
    assert all(0.0 <= document["t_start"] <= document["t_emitted"] <= 7.0 for document in written)
    assert summary(result) == {
        "frames": 70, "looked": result.looked, "damaged": 0, "events": {"person_in_zone": 1, "line_crossed": 1},
    }  # fmt: skip


def test_disarmed_makes_no_alarm(tmp_path: Path, run: Run) -> None:
    """The same happenings are told, and none of them is an alarm: customers walk there by day."""
    run("away")
    run("disarmed", armed="disarmed")
    away, disarmed = documents(tmp_path / "away"), documents(tmp_path / "disarmed")
    assert {document["priority"] for document in disarmed} == {"notice"}
    assert [document["kind"] for document in disarmed] == [document["kind"] for document in away]


def test_start_moves_wall_time_and_names(tmp_path: Path, run: Run) -> None:
    """Media time stays; labels and the time inside the ids move along."""
    run("a")
    run("b", start=datetime.fromisoformat("2026-03-01T08:00:00+01:00"))
    first, second = documents(tmp_path / "a"), documents(tmp_path / "b")
    assert second[0]["time"].startswith("2026-03-01T07:00:0")
    assert [document["t_start"] for document in first] == [document["t_start"] for document in second]
    assert not {document["id"] for document in first} & {document["id"] for document in second}
    moved_ms = unix_ms_of(second[0]["id"]) - unix_ms_of(first[0]["id"])
    assert moved_ms == 1000 * (datetime.fromisoformat("2026-03-01T07:00:00Z").timestamp() - 946_728_000)


def test_ids_follow_from_configuration_and_clip(tmp_path: Path, run: Run, config: Config, drawn_clip: Path) -> None:
    """Another file of the same pictures, or another configuration, makes other names for the same happenings."""
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(drawn_clip.read_bytes() + b"\0")
    other = config.model_copy(update={"device": config.device.model_copy(update={"id": "shop-2"})})
    names = set()
    for out, changes in (("a", {}), ("b", {"video": copy}), ("c", {"config": other})):
        run(out, **changes)
        names |= {document["id"] for document in documents(tmp_path / out)}
    assert len(names) == 9


def test_another_camera_has_other_rules(tmp_path: Path, run: Run) -> None:
    """Without a word it is the first one; a name that is not there is an error that lists those that are."""
    config = parse_config(CONFIG.format(state_dir=tmp_path, source="synthetic:") + TWO_CAMERAS, "two")
    run("yard", config=config, camera="yard")
    found = documents(tmp_path / "yard")
    assert {(document["camera"], document["zone"]) for document in found} == {("yard", "gate")}
    with pytest.raises(UsageError, match="no camera 'roof'; there are: aisle, yard"):
        run("roof", config=config, camera="roof")


def test_candidates_below_the_threshold_are_no_more_than_info(tmp_path: Path, run: Run) -> None:
    """They are written, so that a threshold can be chosen, with the confidence that they were given."""
    for score, priority in ((0.3, "info"), (0.38, "info"), (0.42, "alarm")):
        run(str(score), detector=truth_detector(score=score, fade_s=2.2))
        written = [document for document in documents(tmp_path / str(score)) if document["kind"] == "person_in_zone"]
        assert {document["priority"] for document in written} == {priority}
        assert [document["confidence"] for document in written] == [pytest.approx(score)] * len(written)


def test_tracks_are_those_of_people_in_pixels_of_the_source(tmp_path: Path, run: Run) -> None:
    """Each row is the true box of the picture of its number, counted from 1; the car that stands by has none."""
    car = ("car", 0.9, (0.7, 0.5, 0.95, 0.7))
    run(detector=truth_detector(every=(car,)), every_frame=True)
    rows = [line.split(",") for line in (tmp_path / "out" / "tracks.txt").read_text().splitlines()]
    truth = truth_detector()

    assert len({row[1] for row in rows}) == 1
    assert len(rows) >= 40
    assert [row[7:] for row in rows] == [["-1", "-1", "-1"]] * len(rows)
    numbers = [int(row[0]) for row in rows]
    assert numbers == sorted(set(numbers))
    for row in rows:
        ((label, score, (x1, y1, x2, y2)),) = truth._script[int(row[0]) - 1]
        x, y, width, height = (float(value) for value in row[2:6])
        # The tracker evens boxes out; what it reports is still the thing that was detected.
        assert iou((x / 320, y / 240, (x + width) / 320, (y + height) / 240), (x1, y1, x2, y2)) > 0.8
        assert (label, float(row[6])) == ("person", score)


def test_timings_tell_what_each_stage_cost(tmp_path: Path, run: Run) -> None:
    """Per stage its count, median and 95th percentile of wall time and its CPU time; and the totals."""
    result = run(every_frame=True)
    timings = json.loads((tmp_path / "out" / "timings.json").read_text(encoding="utf-8"))

    assert set(timings) == {"stages", "frames_read", "frames_detected", "cpu_s", "peak_rss_bytes"}
    assert set(timings["stages"]) == {"gate", "detector", "appearance", "tracker", "rules", "health"}
    for stage in timings["stages"].values():
        assert set(stage) == {"count", "median_ms", "p95_ms", "cpu_s"}
        assert stage["count"] == 70
        assert 0.0 <= stage["median_ms"] <= stage["p95_ms"]
    assert (timings["frames_read"], timings["frames_detected"]) == (result.frames, result.looked) == (70, 70)
    assert timings["cpu_s"] > 0.0
    assert timings["peak_rss_bytes"] > 10_000_000


def test_the_detector_looks_at_its_pace_or_always(run: Run, config: Config) -> None:
    """Sparing without a word, thorough when asked."""
    slow = config.model_copy(update={"detector": config.detector.model_copy(update={"max_per_s": 2.0})})
    assert 5 < run("a", config=slow).looked <= 15
    assert run("b", config=slow, every_frame=True).looked == 70


def blind_detector() -> ScriptedDetector:
    """A detector that never sees anything."""
    return ScriptedDetector({}, ("person",))


def test_explain_says_of_each_rule_why(run: Run) -> None:
    """Why it spoke, and of each track why it did not."""
    car = ("person", 0.9, (0.72, 0.5, 0.78, 0.7))
    text = run(detector=truth_detector(every=(car,)), every_frame=True, explain=True).explanation

    assert text.count("rule ") == 2 + 4
    assert "rule tamper_moved (tamper_moved)\n  no event: the camera saw its scene" in text
    assert "rule person_in_zone-floor (person_in_zone about person, zone floor)" in text
    assert "start, alarm: person" in text
    assert "direction out" in text
    assert "a part of the scenery" in text
    low = run("low", detector=truth_detector(score=0.3, fade_s=2.2), explain=True).explanation
    assert "start, info: " in low
    assert run("none", detector=blind_detector(), explain=True).explanation.count("nothing that it is") == 2
    assert run("quiet").explanation == ""


def test_annotate_draws_a_clip(tmp_path: Path, run: Run) -> None:
    """As many pictures as the recording has, and boxes in colour where the recording has none."""
    av = pytest.importorskip("av")
    target = tmp_path / "drawn here.mp4"
    run(annotate=target)
    with av.open(str(target)) as container:
        pictures = [picture.to_ndarray(format="bgr24") for picture in container.decode(video=0)]
    assert len(pictures) == 70
    spread = [int((picture.max(axis=2).astype(int) - picture.min(axis=2)).max()) for picture in pictures]
    assert max(spread) > 100


@pytest.mark.parametrize("name", ["a?loop=1", "a b?x=1.mp4", "file:a.mp4", "ü 'ä\".mp4", "q?", "%41.mp4", "-a.mp4"])
def test_any_name_of_a_file_is_just_a_name(tmp_path: Path, run: Run, drawn_clip: Path, name: str) -> None:
    """A question mark asks for nothing, a colon chooses no protocol."""
    video = tmp_path / name
    video.write_bytes(drawn_clip.read_bytes())
    assert run(video=video).frames == 70


def test_a_recording_that_was_cut_is_played_as_far_as_it_goes(tmp_path: Path, run: Run, drawn_clip: Path) -> None:
    """And the summary says how many pictures are missing."""
    data, video = drawn_clip.read_bytes(), tmp_path / "cut.mp4"
    video.write_bytes(data[: len(data) * 6 // 10])
    result = run(video=video)
    assert 0 < result.frames < 70
    assert result.frames + result.damaged == 70
    assert documents(tmp_path / "out")


def test_a_recording_that_cannot_be_read(tmp_path: Path, run: Run) -> None:
    """One line: what, where, what to do; no half-made clip stays behind."""
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("not a video\n" * 1000, encoding="utf-8")
    for name, kind in (("nowhere.mp4", UsageError), ("", UsageError), ("empty.mp4", CameraError)):
        with pytest.raises(kind, match=r"; (give|save)"):
            run(video=tmp_path / name)
    clip = tmp_path / "annotated.mp4"
    with pytest.raises(CameraError, match=r"text\.mp4"):
        run(video=tmp_path / "text.mp4", annotate=clip)
    assert not clip.exists()


@pytest.mark.parametrize("option", ["out", "annotate"])
def test_a_place_that_cannot_be_written(tmp_path: Path, run: Run, option: str) -> None:
    """The message names it."""
    (tmp_path / "file").touch()
    with pytest.raises(ShopwardenError, match=r"file/below.*cannot be written \(Not a directory\); name another"):
        run(**{option: tmp_path / "file" / "below"})


def test_a_replay_leaves_no_state(tmp_path: Path, run: Run, config: Config) -> None:
    """Pins, broker and store stay out of it."""
    with_pins = config.model_copy(update={"device": config.device.model_copy(update={"state_dir": Path("/proc/no")})})
    run(config=with_pins)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["events.jsonl", "timings.json", "tracks.txt"]
    assert not (tmp_path / "state").exists()
