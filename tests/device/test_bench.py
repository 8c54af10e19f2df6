"""What the benchmark prints and writes; its figures are this machine's affair."""

import json
from pathlib import Path

import pytest

from device.bench import bench
from device.errors import ShopwardenError, UsageError
from device.memory_bench import daemon_memory
from device.stopwatch import StageTimes, cpu_now_s, peak_rss_bytes
from tests.detect.models import GENERAL_320
from tests.device.drawn import write_clip


@pytest.fixture
def _no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is measured elsewhere."""
    memory = {"daemon_rss_mib": 1.0, "all_pss_mib": 2.0}
    monkeypatch.setattr("device.bench.daemon_memory", lambda model: memory)  # noqa: ARG005 - which one is all the same


@pytest.mark.usefixtures("_no_daemon")
def test_both_sides_of_each_budget(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table names every stage, and the file has the same figures, with the ratio of the two sides."""
    clip = write_clip(tmp_path / "what? a clip.mp4")
    target = tmp_path / "new" / "bench.json"
    assert bench(model="general-320", clip=clip, frames=12, threads=1, json_file=target) == 0
    figures = json.loads(target.read_text(encoding="utf-8"))
    said = capsys.readouterr().out

    assert set(figures["stages"]) == {"gate", "detector", "appearance", "tracker", "rules", "health"}
    assert {stage["count"] for stage in figures["stages"].values()} == {12}
    assert (figures["pictures"], figures["threads"], figures["size"]) == (12, 1, [320, 240])
    assert figures["pipeline_cpu_ms"] > figures["invoke_cpu_ms"] > 0.0
    assert figures["ratio"] > 1.0
    assert figures["second_look"]["looks"] == 12
    assert figures["second_look"]["look_cpu_ms"] > figures["second_look"]["rule_cpu_ms"] > 0.0
    assert figures["memory"]["daemon_rss_mib"] == 1.0
    for word in ("general-320", "ratio", "budget 1.30", "budget 200", "second look", "concealment", *figures["stages"]):
        assert word in said


@pytest.mark.parametrize(("frames", "threads"), [(9, 1), (1001, 1), (10, 0), (10, 9)])
def test_a_call_that_measures_nothing(frames: int, threads: int) -> None:
    """Told before anything is measured."""
    with pytest.raises(UsageError, match="from "):
        bench(model="general-320", clip=None, frames=frames, threads=threads, json_file=None)


def test_a_clip_that_is_too_short(tmp_path: Path) -> None:
    """The message names it."""
    clip = tmp_path / "cut.mp4"
    clip.write_bytes(write_clip(tmp_path / "whole.mp4").read_bytes()[:8000])
    with pytest.raises(ShopwardenError, match=r"cut\.mp4: "):
        bench(model="general-320", clip=clip, frames=10, threads=1, json_file=None)


@pytest.mark.usefixtures("_no_daemon")
def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """One line, which names it."""
    (tmp_path / "file").touch()
    with pytest.raises(ShopwardenError, match=r"file/bench\.json: cannot be written"):
        bench(model="general-320", clip=None, frames=10, threads=1, json_file=tmp_path / "file" / "bench.json")


def test_memory_of_a_real_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than Python alone, less than the budget; with its camera's process it is no less than a part of that."""
    monkeypatch.setattr("device.memory_bench.RUN_S", 3.0)
    figures = daemon_memory(GENERAL_320)
    assert 20.0 < figures["daemon_rss_mib"] <= 200.0
    assert figures["all_pss_mib"] > 20.0


def test_a_daemon_that_ends_is_no_measurement(tmp_path: Path) -> None:
    """A model that does not load, say."""
    with pytest.raises(ShopwardenError, match="the daemon ended with status 2"):
        daemon_memory(tmp_path / "none.tflite")


def test_the_stopwatch_hands_through_and_counts() -> None:
    """What the work returns comes back, also through a failure the stage is not lost."""
    times = StageTimes()
    assert [times("stage", lambda: 7) for _ in range(3)] == [7, 7, 7]
    assert times.table()["stage"]["count"] == 3
    assert cpu_now_s() > 0.0
    assert peak_rss_bytes() > 1_000_000
