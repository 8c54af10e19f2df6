"""The rule about concealment on real clips, by the example that is shipped; skipped where there are none."""

import json
import os
from pathlib import Path

import pytest

from device.config.load import load_config
from device.replay import ReplayOptions, replay

ROOT = Path(__file__).resolve().parents[2]
_DEV_DATA = os.environ.get("SHOPWARDEN_DEV_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(_DEV_DATA is None, reason="needs SHOPWARDEN_DEV_DATA"),
]


def _highest(name: str, out: Path) -> tuple[float, set[str]]:
    """The highest confidence of a clip, and the priorities of all that was told."""
    video = Path(str(_DEV_DATA)) / "staged_theft" / name
    replay(load_config(ROOT / "docs" / "examples" / "table.toml"), ReplayOptions(video=video, out=out))
    events = [json.loads(line) for line in (out / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    told = [event["confidence"] for event in events if event["kind"] == "concealment"]
    return max(told, default=0.0), {event["priority"] for event in events}


def test_a_theft_ranks_over_a_clip_without_one(tmp_path: Path) -> None:
    """Three seconds that begin in mid-action, a bag; somebody who only looks at goods, and a table with nobody near."""
    pocket, _ = _highest("shoplifting/shoplifting_093.mp4", tmp_path / "pocket")
    bag, worth = _highest("shoplifting/shoplifting_122.mp4", tmp_path / "bag")
    normal, _ = _highest("normal/normal_061.mp4", tmp_path / "normal")
    nobody, _ = _highest("normal/normal_015.mp4", tmp_path / "nobody")

    assert min(pocket, bag) > 0.4 > max(normal, nobody)
    assert bag > 0.7
    assert worth <= {"notice", "info"}


def test_two_replays_of_one_clip_give_the_same_bytes(tmp_path: Path) -> None:
    """With both networks of the second look, too."""
    _highest("shoplifting/shoplifting_093.mp4", tmp_path / "a")
    _highest("shoplifting/shoplifting_093.mp4", tmp_path / "b")

    assert (tmp_path / "a" / "events.jsonl").read_bytes() == (tmp_path / "b" / "events.jsonl").read_bytes()
